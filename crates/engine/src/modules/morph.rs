//! Morph: morphological operations, one after the other.

use crate::{Declaration, Kind, Module, Need, RunError, Upstream, Workspace};
use algorithms::binary_shrink::{remove_spurs, shrink_labels};
use algorithms::convex_hull_mask::convex_hull_mask;
use algorithms::distance_transform::distances;
use algorithms::neighbourhood::{Rule, thin};
use algorithms::numpy::Real;
use algorithms::open_lines::open_lines;
use algorithms::poisson_depth::poisson_depth;
use algorithms::skeletonize::skeletonize_by;
use cppipe::{Problem, Settings};
use pixels::{Array, Image, Pixels, Plane};

/// What the engine knows of this module.
pub const KIND: Kind = Kind {
    name: "Morph",
    former_names: &[],
    newest_revision: 6,
    summary: "applies morphological operations, one after the other",
    read,
};

const INPUT: &str = "Select the input image";

#[derive(Debug, PartialEq)]
struct Morph {
    input: String,
    output: String,
    steps: Vec<Step>,
}

#[derive(Clone, Debug, PartialEq)]
struct Step {
    operation: Operation,
    /// Repetitions, or the length of a line.
    count: usize,
    rescale: bool,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Operation {
    Rule(Rule),
    /// Rules that go on until nothing changes, whatever was asked for.
    Settled(Rule),
    ConvexHull,
    Distance,
    OpenLines,
    Shrink,
    Skelpe,
    Spur,
    Thin,
}

const OPERATIONS: [(&str, Operation); 18] = [
    ("branchpoints", Operation::Rule(Rule::Branchpoints)),
    ("bridge", Operation::Rule(Rule::Bridge)),
    ("clean", Operation::Rule(Rule::Clean)),
    ("convex hull", Operation::ConvexHull),
    ("diag", Operation::Rule(Rule::Diag)),
    ("distance", Operation::Distance),
    ("endpoints", Operation::Rule(Rule::Endpoints)),
    ("fill", Operation::Rule(Rule::Fill)),
    ("hbreak", Operation::Settled(Rule::HorizontalBreak)),
    ("majority", Operation::Rule(Rule::Majority)),
    ("openlines", Operation::OpenLines),
    ("remove", Operation::Settled(Rule::Remove)),
    ("shrink", Operation::Shrink),
    ("skelpe", Operation::Skelpe),
    ("spur", Operation::Spur),
    ("thicken", Operation::Rule(Rule::Thicken)),
    ("thin", Operation::Thin),
    ("vbreak", Operation::Settled(Rule::VerticalBreak)),
];

#[derive(Clone, Copy)]
enum Repeats {
    Once,
    Forever,
    Custom,
}

fn read(module: &cppipe::Module) -> Result<Box<dyn Module>, Vec<Problem>> {
    let values = module.settings.iter().map(|s| s.value.clone()).collect();
    let mut settings = Settings::upgraded(module, upgrade(values, module.revision));
    let (input, output) = (settings.text(INPUT), settings.text("Name the output image"));
    let mut steps = Vec::new();
    while settings.left() > 0 {
        let operation = settings.choice("Select the operation to perform", &OPERATIONS);
        let repeats = settings.choice(
            "Number of times to repeat operation",
            &[("Once", Repeats::Once), ("Forever", Repeats::Forever), ("Custom", Repeats::Custom)],
        );
        let custom = settings.number_within(1.., 2);
        let rescale = settings.yes("Rescale values from 0 to 1?");
        let count = match (operation, repeats) {
            (Operation::OpenLines, _) | (_, Repeats::Custom) => custom,
            (Operation::Rule(Rule::Branchpoints | Rule::Endpoints), _) | (_, Repeats::Once) => 1,
            (_, Repeats::Forever) => 10_000,
        };
        let count =
            if let Operation::Rule(Rule::Branchpoints | Rule::Endpoints) = operation { 1 } else { count };
        steps.push(Step { operation, count, rescale });
    }
    Ok(Box::new(settings.finish(Morph { input, output, steps })?))
}

/// Brings the answers into the newest revision's order.
fn upgrade(values: Vec<String>, revision: u32) -> Vec<String> {
    let each = match revision {
        0 | 1 => 3,
        2 => 4,
        3 => 11,
        4 => 12,
        _ => return values,
    };
    let (names, steps) = values.split_at(values.len().min(2));
    let mut new = names.to_vec();
    for step in steps.chunks(each) {
        // The structuring element of revisions 3 and 4 is gone; up to revision 3 distances were rescaled.
        new.extend(step.iter().take(3).cloned());
        new.push(step.get(11).cloned().unwrap_or_else(|| "Yes".into()));
    }
    new
}

/// What an image is between two operations.
enum State {
    Mask(Plane<bool>),
    F32(Plane<f32>),
    F64(Plane<f64>),
}

impl Module for Morph {
    fn declare(&self, _upstream: &Upstream) -> Declaration {
        Declaration {
            needs: vec![Need::image(&self.input, INPUT)],
            images: vec![self.output.clone()],
            ..Declaration::default()
        }
    }

    fn run(&self, workspace: &mut Workspace<'_>) -> Result<(), RunError> {
        let image = workspace.image(&self.input)?;
        let mask = workspace.mask_of(&image)?;
        let mut state = start(&image, &self.input)?;
        for step in &self.steps {
            state = step.apply(state, mask.as_deref())?;
        }
        let pixels = match state {
            State::Mask(plane) => Pixels::Bool(plane.into()),
            State::F32(plane) => Pixels::F32(plane.into()),
            State::F64(plane) => Pixels::F32(plane.map(|&v| v as f32).into()),
        };
        let result = workspace.derived_image(&image, pixels)?;
        workspace.add_image(&self.output, result);
        Ok(())
    }
}

/// Returns the image to start from: the mean of the channels of a colour image.
fn start(image: &Image, name: &str) -> Result<State, RunError> {
    if image.volumetric {
        return Err(RunError::NotNative(format!("the volume `{name}`")));
    }
    Ok(match &image.pixels {
        Pixels::Bool(array) if array.shape().channels == 1 => State::Mask(array.plane(0, 0)),
        Pixels::F32(array) => State::F32(mean_of_channels(array)),
        Pixels::F64(array) => State::F64(mean_of_channels(array)),
        Pixels::Bool(_) => State::F64(mean_of_channels(&image.pixels.to_f64())),
        Pixels::Int(_) => {
            return Err(RunError::NotNative(format!("`{name}`, an image of whole numbers")));
        }
    })
}

fn mean_of_channels<T: Real>(array: &Array<T>) -> Plane<T> {
    let shape = array.shape();
    if shape.channels == 1 {
        return array.plane(0, 0);
    }
    let count = T::of(shape.channels as f64);
    let pixels = array.data().chunks_exact(shape.channels);
    let mean = |p: &[T]| p[1..].iter().fold(p[0], |sum, &v| sum + v) / count;
    Plane::from_vec(shape.height, shape.width, pixels.map(mean).collect())
}

impl Step {
    fn apply(&self, state: State, mask: Option<&Plane<bool>>) -> Result<State, RunError> {
        if self.operation == Operation::OpenLines {
            let length = self.count as f64;
            return match state {
                State::Mask(_) => {
                    Err(RunError::Refused("openlines cannot subtract binary images from each other".into()))
                }
                State::F32(plane) => Ok(State::F32(open_lines(&plane, length, mask))),
                State::F64(plane) => Ok(State::F64(open_lines(&plane, length, mask))),
            };
        }
        let on = match state {
            State::Mask(plane) => plane,
            State::F32(plane) => plane.map(|&v| v != 0.0),
            State::F64(plane) => plane.map(|&v| v != 0.0),
        };
        // What is masked counts as background, and stays as it was.
        let inside = |outside: bool| match mask {
            None => on.clone(),
            Some(mask) => on.zip(mask, |&on, &inside| if inside { on } else { outside }),
        };
        let kept = |result: Plane<bool>| match mask {
            None => result,
            Some(mask) => {
                let own = on.zip(mask, |&on, &inside| (on, inside));
                result.zip(&own, |&r, &(on, inside)| if inside { r } else { on })
            }
        };
        let times = Some(self.count);
        Ok(State::Mask(match self.operation {
            Operation::Rule(rule) => kept(rule.apply(&inside(rule == Rule::Fill), times)),
            Operation::Settled(rule) => kept(rule.apply(&inside(false), None)),
            Operation::ConvexHull => convex_hull_mask(&inside(false)),
            Operation::Distance => {
                let distance = distances(&on);
                let most = distance.data().iter().copied().fold(0.0, f64::max);
                return Ok(State::F64(if self.rescale { distance.map(|v| v / most) } else { distance }));
            }
            Operation::Shrink => shrink_labels(&on, times),
            Operation::Skelpe => {
                let ordering = distances(&on).zip(&poisson_depth(&on), |d, p| d * p);
                kept(skeletonize_by(&inside(false), &ordering))
            }
            Operation::Spur => kept(remove_spurs(&inside(false), self.count)),
            // What is masked is lost.
            Operation::Thin => thin(&inside(false), times),
            Operation::OpenLines => on,
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_four_answers_of_an_operation_are_left() {
        let old = ["In", "Out", "thin", "Once", "2", "3", "disk", "1", "1", "0", "3", "3", "1,1,1", "No"];
        assert_eq!(upgrade(old.map(String::from).to_vec(), 4)[2..], ["thin", "Once", "2", "No"]);
        assert_eq!(
            upgrade(old[..5].iter().map(ToString::to_string).collect(), 1)[2..],
            ["thin", "Once", "2", "Yes"]
        );
    }
}
