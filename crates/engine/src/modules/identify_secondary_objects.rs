//! IdentifySecondaryObjects: grows objects, such as cells, from the objects they hold, such as nuclei.

use crate::grey::Grey;
use crate::identified::{
    family_columns, flat, note_family, note_objects, note_relationship, object_columns, pairs_of, plane_of,
    refuse_older, relate_and_note,
};
use crate::threshold::{ThresholdSettings, Use};
use crate::{Declaration, Kind, Module, Need, Objects, RunError, Upstream, Workspace};
use algorithms::expand_labels::expand_labels;
use algorithms::fill_holes::fill_background_holes;
use algorithms::morphology::erode_cross;
use algorithms::overlap::{greatest_within, relate};
use algorithms::propagate::propagate_up_to;
use algorithms::relabel::{keep_labels, rewrite};
use algorithms::sobel::sobel_along_rows;
use algorithms::watershed::watershed;
use cppipe::{Problem, Settings};
use pixels::Plane;

/// What the engine knows of this module.
pub const KIND: Kind = Kind {
    name: "IdentifySecondaryObjects",
    former_names: &[],
    newest_revision: 10,
    summary: "grows objects, such as cells, from the objects they hold, such as nuclei",
    read,
};

#[derive(Debug, PartialEq)]
struct IdentifySecondaryObjects {
    seeds: String,
    objects: String,
    image: String,
    method: Method,
    discard_at_border: bool,
    /// The name of the seeds whose objects do not touch the border.
    new_seeds: Option<String>,
    fill: bool,
    threshold: ThresholdSettings,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Method {
    /// By distance and change of intensity.
    Propagation { regularization: f64 },
    /// Watershed of the gradient.
    Gradient,
    /// Watershed of the inverted image.
    Intensity,
    /// So many pixels outwards.
    Distance { pixels: f64 },
    /// So many pixels outwards inside the thresholded foreground.
    DistanceInForeground { pixels: f64 },
}

#[derive(Clone, Copy, PartialEq)]
enum Answer {
    Propagation,
    Gradient,
    Intensity,
    DistanceN,
    DistanceB,
}

const SEEDS: &str = "Select the input objects";
const IMAGE: &str = "Select the input image";

fn read(module: &cppipe::Module) -> Result<Box<dyn Module>, Vec<Problem>> {
    refuse_older(module, 9)?;
    let mut values: Vec<String> = module.settings.iter().map(|s| s.value.clone()).collect();
    if module.revision == 9 && values.len() > 13 {
        values = [&values[..6], &values[8..11], &values[13..]].concat();
    }
    let mut s = Settings::upgraded(module, values);
    let seeds = s.text(SEEDS);
    let objects = s.text("Name the objects to be identified");
    let answer = s.choice(
        "Select the method to identify the secondary objects",
        &[
            ("Propagation", Answer::Propagation),
            ("Watershed - Gradient", Answer::Gradient),
            ("Watershed - Image", Answer::Intensity),
            ("Distance - N", Answer::DistanceN),
            ("Distance - B", Answer::DistanceB),
        ],
    );
    let image = s.text(IMAGE);
    let pixels = f64::from(s.number_within(1.., 10));
    let regularization = s.number_within(0.0.., 0.05);
    let method = match answer {
        Answer::Propagation => Method::Propagation { regularization },
        Answer::Gradient => Method::Gradient,
        Answer::Intensity => Method::Intensity,
        Answer::DistanceN => Method::Distance { pixels },
        Answer::DistanceB => Method::DistanceInForeground { pixels },
    };
    let discard_at_border = s.yes("Discard secondary objects touching the border of the image?");
    let discard_seeds = s.yes("Discard the associated primary objects?");
    let new_seeds = s.text("Name the new primary objects");
    let fill = s.yes("Fill holes in identified objects?");
    let used = if answer == Answer::DistanceN { Use::Never } else { Use::Advanced };
    let threshold = ThresholdSettings::read(&mut s, used);
    Ok(Box::new(s.finish(IdentifySecondaryObjects {
        seeds,
        objects,
        image,
        method,
        discard_at_border,
        new_seeds: (discard_at_border && discard_seeds).then_some(new_seeds),
        fill,
        threshold,
    })?))
}

impl Module for IdentifySecondaryObjects {
    fn declare(&self, _upstream: &Upstream) -> Declaration {
        let mut needs = vec![Need::objects(&self.seeds, SEEDS), Need::image(&self.image, IMAGE)];
        let mut objects = vec![self.objects.clone()];
        let mut columns = object_columns(&self.objects);
        columns.extend(family_columns(&self.seeds, &self.objects));
        if let Some(new) = &self.new_seeds {
            objects.push(new.clone());
            columns.extend(object_columns(new));
            columns.extend(family_columns(&self.seeds, new));
            columns.extend(family_columns(new, &self.objects));
        }
        if !matches!(self.method, Method::Distance { .. }) {
            needs.extend(self.threshold.needs());
            columns.extend(self.threshold.columns(&self.objects));
        }
        Declaration { needs, objects, columns, ..Declaration::default() }
    }

    fn run(&self, workspace: &mut Workspace<'_>) -> Result<(), RunError> {
        let image = workspace.image(&self.image)?;
        let grey = Grey::of(&image, &self.image)?;
        let mask = workspace.mask_of(&image)?;
        let seeds = workspace.objects(&self.seeds)?;
        let segmented = flat(&seeds, &self.seeds)?;
        if segmented.shape() != grey.shape() {
            return Err(RunError::Refused(format!(
                "the image `{}` and the objects `{}` must be of one size, but they are {:?} and {:?}: resize \
                 or crop one of them",
                self.image,
                self.seeds,
                grey.shape(),
                segmented.shape()
            )));
        }
        let foreground = match self.method {
            Method::Distance { .. } => None,
            _ => {
                let thresholded = self.threshold.apply(&grey, mask.as_deref(), &workspace.record)?;
                self.threshold.measure(&mut workspace.record, &self.objects, &thresholded);
                Some(thresholded.foreground)
            }
        };
        let markers = markers(plane_of(seeds.unedited(), &self.seeds)?, segmented);
        let mut grown = self.grow(&grey, mask.as_deref(), &markers, foreground.as_ref());
        if self.fill {
            grown = fill_background_holes(&grown);
        }
        let mut found = as_seeds(&grown, segmented);
        let mut new_seeds = None;
        if self.discard_at_border {
            discard_at_border(&mut found, mask.as_deref());
            let numbers = numbers_of_kept(&found, segmented);
            let renumbered = |labels: &Plane<u32>| labels.map(|&l| numbers[l as usize]);
            new_seeds = Some(renumbered(segmented));
            found = renumbered(&found);
        }
        self.note(workspace, segmented, &found, new_seeds.as_ref());
        if let (Some(name), Some(labels)) = (&self.new_seeds, new_seeds) {
            let new = Objects {
                segmented: labels.into(),
                unedited: Some(seeds.unedited().clone()),
                small_removed: Some(seeds.small_removed().clone()),
                parent_image: seeds.parent_image.clone(),
            };
            workspace.add_objects(name, new);
        }
        workspace.add_objects(
            &self.objects,
            Objects {
                segmented: found.into(),
                unedited: Some(grown.clone().into()),
                small_removed: Some(grown.into()),
                parent_image: Some(self.image.clone()),
            },
        );
        Ok(())
    }
}

impl IdentifySecondaryObjects {
    fn grow(
        &self,
        grey: &Grey<'_>,
        mask: Option<&Plane<bool>>,
        markers: &Plane<u32>,
        foreground: Option<&Plane<bool>>,
    ) -> Plane<u32> {
        let everywhere;
        let foreground = match foreground {
            Some(foreground) => foreground,
            None => {
                everywhere = markers.map(|_| true);
                &everywhere
            }
        };
        let to_flood = || {
            let mut flooded = foreground.zip(markers, |&f, &m| f || m > 0);
            if let Some(mask) = mask {
                flooded = flooded.zip(mask, |&f, &m| f && m);
            }
            flooded
        };
        match self.method {
            Method::Propagation { regularization } => {
                spread(grey, markers, foreground, regularization, f64::INFINITY)
            }
            Method::DistanceInForeground { pixels } => spread(grey, markers, foreground, 1.0, pixels),
            Method::Distance { pixels } => expand_labels(markers, pixels),
            Method::Gradient => {
                let flooded = to_flood();
                match grey {
                    Grey::F32(i) => watershed(&sobel_along_rows(i).map(|v| v.abs()), markers, &flooded),
                    Grey::F64(i) => watershed(&sobel_along_rows(i).map(|v| v.abs()), markers, &flooded),
                }
            }
            Method::Intensity => match grey {
                Grey::F32(image) => watershed(&image.map(|&v| 1.0 - v), markers, &to_flood()),
                Grey::F64(image) => watershed(&image.map(|&v| 1.0 - v), markers, &to_flood()),
            },
        }
    }

    fn note(
        &self,
        workspace: &mut Workspace<'_>,
        seeds: &Plane<u32>,
        found: &Plane<u32>,
        new_seeds: Option<&Plane<u32>>,
    ) {
        let record = &mut workspace.record;
        note_objects(record, &self.objects, found);
        let related = relate_and_note(record, (&self.seeds, seeds), (&self.objects, found));
        if let (Some(name), Some(labels)) = (&self.new_seeds, new_seeds) {
            note_objects(record, name, labels);
            relate_and_note(record, (&self.seeds, seeds), (name, labels));
            note_family(record, name, &self.objects, &relate(labels, found));
        }
        note_relationship(workspace, "Parent", &self.seeds, &self.objects, pairs_of(&related.parents));
    }
}

fn spread(
    grey: &Grey<'_>,
    markers: &Plane<u32>,
    foreground: &Plane<bool>,
    weight: f64,
    limit: f64,
) -> Plane<u32> {
    match grey {
        Grey::F32(image) => propagate_up_to(image.as_ref(), markers, foreground, weight, limit),
        Grey::F64(image) => propagate_up_to(image.as_ref(), markers, foreground, weight, limit),
    }
}

/// Returns what grows: the seeds, and what was discarded but touches the image's edge, so that cells cut off
/// there do not run into their neighbours.
fn markers(unedited: &Plane<u32>, segmented: &Plane<u32>) -> Plane<u32> {
    let (height, width) = unedited.shape();
    let greatest = unedited.data().iter().copied().max().unwrap_or(0) as usize;
    let mut at_edge = vec![false; greatest + 1];
    for y in 0..height {
        let row = unedited.row(y);
        let whole = y == 0 || y + 1 == height;
        let edge = if whole { row } else { &[row[0], row[width - 1]] };
        edge.iter().for_each(|&l| at_edge[l as usize] = true);
    }
    unedited.zip(segmented, |&l, &kept| if kept == 0 && !at_edge[l as usize] { 0 } else { l })
}

/// Gives grown objects the numbers of their seeds; those of discarded seeds go.
fn as_seeds(grown: &Plane<u32>, seeds: &Plane<u32>) -> Plane<u32> {
    let numbers = greatest_within(seeds, grown);
    let mut found = grown.clone();
    rewrite(&mut found, |label| numbers[label as usize]);
    found
}

/// Takes away the objects at the image's edge, or at the edge of the mask if there is one.
fn discard_at_border(labels: &mut Plane<u32>, mask: Option<&Plane<bool>>) {
    let (height, width) = labels.shape();
    let rim = match mask {
        Some(mask) => mask.zip(&erode_cross(mask, false), |&m, &inside| m && !inside),
        None => {
            let edge = |i: usize| {
                let (y, x) = (i / width, i % width);
                y == 0 || x == 0 || y + 1 == height || x + 1 == width
            };
            Plane::from_vec(height, width, (0..height * width).map(edge).collect())
        }
    };
    let greatest = labels.data().iter().copied().max().unwrap_or(0);
    let mut touches = vec![false; greatest as usize + 1];
    for (&label, _) in labels.data().iter().zip(rim.data()).filter(|(_, r)| **r) {
        touches[label as usize] = true;
    }
    keep_labels(labels, |l| !touches[l as usize]);
}

/// Numbers anew, without gaps, the seeds whose objects are still there; 0 for the others.
fn numbers_of_kept(found: &Plane<u32>, seeds: &Plane<u32>) -> Vec<u32> {
    let mut numbers = greatest_within(found, seeds);
    let mut count = 0;
    for number in numbers.iter_mut().filter(|n| **n != 0) {
        count += 1;
        *number = count;
    }
    numbers
}
