//! ExpandOrShrinkObjects: grows, shrinks, thins or divides objects.

use crate::identified::{flat, flat_object_columns, note_flat_objects, plane_of};
use crate::{Declaration, Kind, Module, Need, Objects, RunError, Upstream, Workspace};
use algorithms::binary_shrink::{remove_spurs, shrink_labels};
use algorithms::expand_labels::{add_dividing_lines, expand_labels};
use algorithms::fill_holes::fill_labeled_holes;
use algorithms::skeletonize_labels::skeletonize_labels;
use cppipe::{Problem, Settings};
use measurements::{IMAGE, Value};
use pixels::{Labels, Plane};

/// What the engine knows of this module.
pub const KIND: Kind = Kind {
    name: "ExpandOrShrinkObjects",
    former_names: &[],
    newest_revision: 2,
    summary: "grows, shrinks, thins or divides objects",
    read,
};

const OBJECTS: &str = "Select the input objects";
const MEASUREMENT: &str = "Expand or shrink measurement";

#[derive(Debug, PartialEq)]
struct ExpandOrShrinkObjects {
    objects: String,
    output: String,
    operation: Operation,
}

#[derive(Clone, Debug, PartialEq)]
enum Operation {
    ShrinkToPoint { fill: bool },
    ExpandUntilTouching,
    Divide,
    Shrink { fill: bool, by: Amount },
    Expand { by: Amount },
    Skeletonize,
    Despur { rounds: i64 },
}

/// A number of pixels.
#[derive(Clone, Debug, PartialEq)]
enum Amount {
    Pixels(i64),
    /// A measurement of the image.
    Measured(String),
}

#[derive(Clone, Copy)]
enum Choice {
    ShrinkToPoint,
    ExpandUntilTouching,
    Divide,
    Shrink,
    ShrinkByMeasurement,
    Expand,
    ExpandByMeasurement,
    Skeletonize,
    Despur,
}

fn read(module: &cppipe::Module) -> Result<Box<dyn Module>, Vec<Problem>> {
    let mut values: Vec<String> = module.settings.iter().map(|s| s.value.clone()).collect();
    if module.revision == 1 {
        // Whether outlines are kept, and what they are called.
        values.truncate(values.len().saturating_sub(2));
    }
    let mut s = Settings::upgraded(module, values);
    let (objects, output) = (s.text(OBJECTS), s.text("Name the output objects"));
    let choice = s.choice(
        "Select the operation",
        &[
            ("Shrink objects to a point", Choice::ShrinkToPoint),
            ("Expand objects until touching", Choice::ExpandUntilTouching),
            ("Add partial dividing lines between objects", Choice::Divide),
            ("Shrink objects by a specified number of pixels", Choice::Shrink),
            ("Shrink objects by a previous measurement", Choice::ShrinkByMeasurement),
            ("Expand objects by a specified number of pixels", Choice::Expand),
            ("Expand objects by a previous measurement", Choice::ExpandByMeasurement),
            ("Skeletonize each object", Choice::Skeletonize),
            ("Remove spurs", Choice::Despur),
        ],
    );
    let pixels = s.number_within(1.., 1);
    let fill = s.yes("Fill holes in objects so that all objects shrink to a single point?");
    let measured = if s.left() > 0 { s.text(MEASUREMENT) } else { String::new() };
    let operation = match choice {
        Choice::ShrinkToPoint => Operation::ShrinkToPoint { fill },
        Choice::ExpandUntilTouching => Operation::ExpandUntilTouching,
        Choice::Divide => Operation::Divide,
        Choice::Shrink => Operation::Shrink { fill, by: Amount::Pixels(pixels) },
        Choice::ShrinkByMeasurement => Operation::Shrink { fill, by: Amount::Measured(measured) },
        Choice::Expand => Operation::Expand { by: Amount::Pixels(pixels) },
        Choice::ExpandByMeasurement => Operation::Expand { by: Amount::Measured(measured) },
        Choice::Skeletonize => Operation::Skeletonize,
        Choice::Despur => Operation::Despur { rounds: pixels },
    };
    Ok(Box::new(s.finish(ExpandOrShrinkObjects { objects, output, operation })?))
}

impl Module for ExpandOrShrinkObjects {
    fn declare(&self, _upstream: &Upstream) -> Declaration {
        let mut needs = vec![Need::objects(&self.objects, OBJECTS)];
        if let Operation::Shrink { by: Amount::Measured(feature), .. }
        | Operation::Expand { by: Amount::Measured(feature) } = &self.operation
        {
            needs.push(Need::measurement(IMAGE, feature, MEASUREMENT));
        }
        Declaration {
            needs,
            objects: vec![self.output.clone()],
            columns: flat_object_columns(&self.output),
            ..Declaration::default()
        }
    }

    fn run(&self, workspace: &mut Workspace<'_>) -> Result<(), RunError> {
        let input = workspace.objects(&self.objects)?;
        let work = self.operation.settled(workspace)?;
        let before = flat(&input, &self.objects)?;
        let segmented = work.on(before);
        let (mut small_removed, mut unedited) = (None, None);
        if work.shrinks() {
            // What was edited away is shrunk as well, but under the objects lies what they became.
            let also = |labels: &Labels| {
                let shrunk = work.on(plane_of(labels, &self.objects)?);
                if shrunk.shape() != before.shape() {
                    return Err(RunError::Refused(format!(
                        "the unedited labels of `{}` have another size",
                        self.objects
                    )));
                }
                let mut merged = shrunk;
                for ((out, &old), &new) in
                    merged.data_mut().iter_mut().zip(before.data()).zip(segmented.data())
                {
                    if old != 0 {
                        *out = new;
                    }
                }
                Ok(Some(Labels::from(merged)))
            };
            small_removed = also(input.small_removed())?;
            unedited = also(input.unedited())?;
        }
        note_flat_objects(&mut workspace.record, &self.output, &segmented);
        let objects = Objects { segmented: segmented.into(), unedited, small_removed, parent_image: None };
        workspace.add_objects(&self.output, objects);
        Ok(())
    }
}

/// An operation with its amount looked up.
enum Work {
    Expand(f64),
    ExpandUntilTouching,
    Divide,
    /// Rounds of shrinking, or until nothing changes.
    Shrink(Option<usize>, bool),
    Skeletonize,
    Despur(usize),
}

impl Operation {
    fn settled(&self, workspace: &Workspace<'_>) -> Result<Work, RunError> {
        Ok(match self {
            Self::ShrinkToPoint { fill } => Work::Shrink(None, *fill),
            Self::ExpandUntilTouching => Work::ExpandUntilTouching,
            Self::Divide => Work::Divide,
            Self::Shrink { fill, by } => {
                let pixels = by.settled(workspace)?;
                if !pixels.is_finite() {
                    return Err(RunError::Refused(format!("objects cannot be shrunk by {pixels} pixels")));
                }
                // −1 is CellProfiler's word for "until nothing changes".
                let rounds = pixels.trunc();
                Work::Shrink((rounds != -1.0).then_some(rounds.max(0.0) as usize), *fill)
            }
            Self::Expand { by } => Work::Expand(by.settled(workspace)?),
            Self::Skeletonize => Work::Skeletonize,
            Self::Despur { rounds } => Work::Despur(usize::try_from(*rounds).unwrap_or(0)),
        })
    }
}

impl Amount {
    fn settled(&self, workspace: &Workspace<'_>) -> Result<f64, RunError> {
        let feature = match self {
            Self::Pixels(pixels) => return Ok(*pixels as f64),
            Self::Measured(feature) => feature,
        };
        match workspace.record.image.get(feature) {
            Some(Value::Integer(v)) => Ok(*v as f64),
            Some(Value::Float(v)) => Ok(*v),
            Some(Value::Text(v)) => {
                Err(RunError::Refused(format!("`{feature}` of the image is `{v}`, not a number")))
            }
            None => Err(RunError::Refused(format!("`{feature}` of the image was not measured"))),
        }
    }
}

impl Work {
    fn shrinks(&self) -> bool {
        !matches!(self, Self::Expand(_) | Self::ExpandUntilTouching | Self::Divide)
    }

    fn on(&self, labels: &Plane<u32>) -> Plane<u32> {
        match self {
            Self::Expand(distance) => expand_labels(labels, *distance),
            // It ends where the nearest object is further than the image is long.
            Self::ExpandUntilTouching => expand_labels(labels, labels.height().max(labels.width()) as f64),
            Self::Divide => add_dividing_lines(labels),
            Self::Shrink(rounds, true) => shrink_labels(&fill_labeled_holes(labels, |_| true), *rounds),
            Self::Shrink(rounds, false) => shrink_labels(labels, *rounds),
            Self::Skeletonize => skeletonize_labels(labels),
            Self::Despur(rounds) => remove_spurs(labels, *rounds),
        }
    }
}
