//! What CellProfiler's modules that only show measurements have in common: without a window they show nothing.

use crate::{Declaration, Module, Need, RunError, Upstream, Workspace};
use measurements::IMAGE;

/// A module that shows measurements, which it asks for even where there is no window.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Shown {
    measurements: Vec<Need>,
}

impl Shown {
    /// Adds a measurement of `object` that the setting `question` names.
    pub(crate) fn add(&mut self, object: &str, feature: &str, question: &str) {
        self.measurements.push(Need::measurement(object, feature, question));
    }
}

impl Module for Shown {
    fn declare(&self, _upstream: &Upstream) -> Declaration {
        Declaration { needs: self.measurements.clone(), ..Declaration::default() }
    }

    fn run(&self, workspace: &mut Workspace<'_>) -> Result<(), RunError> {
        let (mut of_image, mut none_of_objects) = (false, false);
        for need in &self.measurements {
            let Need::Measurement { object, feature, .. } = need else { continue };
            let record = &workspace.record;
            let there = if object == IMAGE {
                of_image = true;
                record.image.contains_key(feature)
            } else {
                let values = record.object(object, feature);
                none_of_objects |= values.is_some_and(measurements::Values::is_empty);
                values.is_some()
            };
            if !there {
                return Err(RunError::Refused(format!("`{object}` has no measurement `{feature}`")));
            }
        }
        // An image's value is repeated for each object, and CellProfiler cannot take apart a list of none.
        if of_image && none_of_objects {
            return Err(RunError::Refused(
                "there are no objects to plot a measurement of the image for".into(),
            ));
        }
        Ok(())
    }
}
