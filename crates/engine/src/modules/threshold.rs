//! Threshold: makes a binary image of what is as bright as a threshold or brighter.

use crate::grey::{Grey, stacked};
use crate::threshold::ThresholdSettings;
use crate::{Declaration, Kind, Module, Need, RunError, Upstream, Workspace};
use cppipe::{Problem, Settings};
use pixels::{Array, Pixels, Shape};

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
        let shape = Shape { channels: 1, ..image.shape() };
        let thresholded = if image.volumetric {
            let grey = Grey::stacked(&image, &self.input)?;
            let mask = workspace.mask_array_of(&image)?.map(|mask| stacked(&mask));
            self.threshold.apply_volume(&grey, mask.as_ref(), shape.depth, &workspace.record)?
        } else {
            let mask = workspace.mask_of(&image)?;
            self.threshold.apply(&Grey::of(&image, &self.input)?, mask.as_deref(), &workspace.record)?
        };
        self.threshold.measure(&mut workspace.record, &self.output, &thresholded);
        let foreground = Array::from_vec(shape, thresholded.foreground.into_vec());
        let binary = workspace.derived_image(&image, Pixels::Bool(foreground))?;
        workspace.add_image(&self.output, binary);
        Ok(())
    }
}
