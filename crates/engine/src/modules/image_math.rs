//! ImageMath: arithmetic and logic on the pixels of images, and on measurements.

mod finish;
mod operands;
mod operation;

use crate::{Declaration, Kind, Module, Need, RunError, Upstream, Workspace};
use cppipe::{Problem, Settings};
use finish::Finish;
use measurements::IMAGE;
use operation::Operation;
use pixels::Image;

/// What the engine knows of this module.
pub const KIND: Kind = Kind {
    name: "ImageMath",
    former_names: &[],
    newest_revision: 5,
    summary: "adds, subtracts, multiplies, compares … the pixels of images",
    read,
};

const OPERATION: &str = "Operation";
const EXPONENT: &str = "Raise the power of the result by";
const AFTER_FACTOR: &str = "Multiply the result by";
const ADDEND: &str = "Add to result";
const TRUNCATE_LOW: &str = "Set values less than 0 equal to 0?";
const TRUNCATE_HIGH: &str = "Set values greater than 1 equal to 1?";
const REPLACE_NAN: &str = "Replace invalid values with 0?";
const IGNORE_MASK: &str = "Ignore the image masks?";
const OUTPUT: &str = "Name the output image";
const KIND_OF_OPERAND: &str = "Image or measurement?";
const INPUT: &str = "Select the image";
const FACTOR: &str = "Multiply the image by";
const MEASUREMENT: &str = "Measurement";

#[derive(Debug, PartialEq)]
struct ImageMath {
    operation: Operation,
    finish: Finish,
    ignore_mask: bool,
    output: String,
    operands: Vec<Operand>,
}

/// An image or a measurement, and what it is multiplied by.
#[derive(Debug, PartialEq)]
struct Operand {
    source: Source,
    factor: f64,
}

#[derive(Debug, PartialEq)]
enum Source {
    Image(String),
    Measurement(String),
}

fn read(module: &cppipe::Module) -> Result<Box<dyn Module>, Vec<Problem>> {
    let values = module.settings.iter().map(|s| s.value.clone()).collect();
    let mut settings = Settings::upgraded(module, upgrade(values, module.revision));
    let operation = settings.choice(OPERATION, &Operation::CHOICES);
    let finish = Finish {
        exponent: settings.number(EXPONENT),
        factor: settings.number(AFTER_FACTOR),
        addend: settings.number(ADDEND),
        truncate_low: settings.yes(TRUNCATE_LOW),
        truncate_high: settings.yes(TRUNCATE_HIGH),
        replace_nan: settings.yes(REPLACE_NAN),
    };
    let ignore_mask = settings.yes(IGNORE_MASK);
    let output = settings.text(OUTPUT);
    let mut operands = Vec::new();
    while settings.left() > 0 {
        let is_image = settings.choice(KIND_OF_OPERAND, &[("Image", true), ("Measurement", false)]);
        let image = settings.text(INPUT);
        let factor = settings.number(FACTOR);
        let measurement = settings.text(MEASUREMENT);
        let source = if is_image { Source::Image(image) } else { Source::Measurement(measurement) };
        operands.push(Operand { source, factor });
    }
    if operation.is_unary() {
        // What the operation does not take counts for nothing, but for the first image, wherever it stands.
        let first = operands.iter().position(|o| matches!(o.source, Source::Image(_)));
        if first != Some(0) {
            settings.problem(KIND_OF_OPERAND, "the one operand must be an image".into(), None);
        }
        operands.truncate(1);
    } else if operands.len() < 2 {
        settings.problem(INPUT, "this operation takes two images or more".into(), None);
    } else if !operands.iter().any(|o| matches!(o.source, Source::Image(_))) {
        settings.problem(KIND_OF_OPERAND, "one of the operands at least must be an image".into(), None);
    }
    Ok(Box::new(settings.finish(ImageMath { operation, finish, ignore_mask, output, operands })?))
}

/// Brings the answers into the newest revision's order.
fn upgrade(mut values: Vec<String>, revision: u32) -> Vec<String> {
    let text = |s: &str| s.to_string();
    if revision <= 1 && values.len() >= 8 {
        let images = values.split_off(8);
        for image in images.chunks(2) {
            values.push(text("Image"));
            values.extend(image.iter().cloned());
            values.push(String::new());
        }
    }
    if revision <= 2 && values.len() >= 6 {
        values.insert(6, text("No"));
    }
    if revision <= 3 && values.first().is_some_and(|v| v == "Log transform (base 2)") {
        values[0] = text("Log transform (legacy)");
    }
    if revision <= 4 && values.len() >= 6 {
        values.insert(6, text("Yes"));
    }
    values
}

impl Module for ImageMath {
    fn declare(&self, _upstream: &Upstream) -> Declaration {
        let need = |operand: &Operand| match &operand.source {
            Source::Image(name) => Need::image(name, INPUT),
            Source::Measurement(feature) => Need::measurement(IMAGE, feature, MEASUREMENT),
        };
        Declaration {
            needs: self.operands.iter().map(need).collect(),
            images: vec![self.output.clone()],
            ..Declaration::default()
        }
    }

    fn run(&self, workspace: &mut Workspace<'_>) -> Result<(), RunError> {
        let gathered = operands::gather(workspace, &self.operands)?;
        let mut values = gathered.values;
        if !self.operation.is_logical() {
            for (value, operand) in values.iter_mut().zip(&self.operands) {
                value.multiply(operand.factor);
            }
        }
        let divisor = self.operands.iter().map(|operand| operand.factor).sum();
        let mut pixels = self.operation.apply(&values, divisor)?;
        let mask = if self.ignore_mask {
            gathered.masks.into_iter().next().flatten()
        } else {
            operands::common(self.operation, gathered.masks)?
        };
        if !self.operation.is_logical() {
            self.finish.apply(&mut pixels)?;
        }
        if let Some(mask) = mask.as_ref().filter(|_| !self.ignore_mask) {
            operands::multiply_by_mask(&mut pixels, mask)?;
        }
        let image = Image {
            multichannel: pixels.shape().channels > 1 || gathered.first.multichannel,
            pixels,
            mask,
            crop: workspace.crop_array_of(&gathered.smallest)?,
            masking_objects: gathered.smallest.masking_objects.clone(),
            volumetric: gathered.first.volumetric,
            spacing: gathered.first.spacing,
            scale: gathered.first.scale,
            source: gathered.first.source.clone(),
            parent: None,
        };
        let image = operands::with_mask_of_parent(workspace, image, &gathered.first)?;
        workspace.add_image(&self.output, image);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_revision_comes_to_the_newest() {
        let third =
            ["Log transform (base 2)", "1", "2", "0", "Yes", "No", "No", "Out", "Image", "A", "1", ""];
        let new = upgrade(third.map(String::from).to_vec(), 3);
        assert_eq!(new[..9], ["Log transform (legacy)", "1", "2", "0", "Yes", "No", "Yes", "No", "Out"]);
        let fourth =
            ["Log transform (base 2)", "1", "1", "0", "Yes", "No", "Yes", "Out", "Image", "A", "1", ""];
        let new = upgrade(fourth.map(String::from).to_vec(), 4);
        assert_eq!(new[..9], ["Log transform (base 2)", "1", "1", "0", "Yes", "No", "Yes", "Yes", "Out"]);
    }
}
