//! Threshold: makes a binary image of what is as bright as a threshold or brighter.

use crate::grey::Grey;
use crate::threshold::ThresholdSettings;
use crate::{Declaration, Kind, Module, Need, RunError, Upstream, Workspace};
use cppipe::{Problem, Settings};
use pixels::Pixels;

/// What the engine knows of this module.
pub const KIND: Kind = Kind {
    name: "Threshold",
    former_names: &["ApplyThreshold"],
    newest_revision: 12,
    summary: "makes a binary image of what reaches a threshold",
    read,
};

const INPUT: &str = "Select the input image";
const OUTPUT: &str = "Name the output image";

#[derive(Debug, PartialEq)]
struct Threshold {
    input: String,
    output: String,
    threshold: ThresholdSettings,
}

fn read(module: &cppipe::Module) -> Result<Box<dyn Module>, Vec<Problem>> {
    let mut settings = Settings::new(module);
    let (input, output) = (settings.text(INPUT), settings.text(OUTPUT));
    let threshold = ThresholdSettings::read_revision(&mut settings, module.revision);
    Ok(Box::new(settings.finish(Threshold { input, output, threshold })?))
}

impl Module for Threshold {
    fn declare(&self, _upstream: &Upstream) -> Declaration {
        let mut needs = vec![Need::image(&self.input, INPUT)];
        needs.extend(self.threshold.needs());
        Declaration {
            needs,
            images: vec![self.output.clone()],
            columns: self.threshold.columns(&self.output),
            ..Declaration::default()
        }
    }

    fn run(&self, workspace: &mut Workspace<'_>) -> Result<(), RunError> {
        let image = workspace.image(&self.input)?;
        let mask = workspace.mask_of(&image)?;
        let grey = Grey::of(&image, &self.input)?;
        let thresholded = self.threshold.apply(&grey, mask.as_deref(), &workspace.record)?;
        self.threshold.measure(&mut workspace.record, &self.output, &thresholded);
        let binary = workspace.derived_image(&image, Pixels::Bool(thresholded.foreground.into()))?;
        workspace.add_image(&self.output, binary);
        Ok(())
    }
}
