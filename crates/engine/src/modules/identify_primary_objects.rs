//! IdentifyPrimaryObjects: finds bright objects on a dark background, and separates those that touch.

use crate::grey::Grey;
use crate::identified::{note_objects, object_columns};
use crate::threshold::{ThresholdSettings, Use};
use crate::{Declaration, Kind, Module, Need, Objects, RunError, Upstream, Workspace};
use algorithms::connected_components::{Connectivity, label};
use algorithms::declump::{Declumping, Lines, Markers, declump};
use algorithms::fill_holes::{fill_labeled_holes, fill_mask_holes};
use algorithms::morphology::erode_cross;
use algorithms::relabel::{areas, keep_labels, relabel};
use cppipe::{Problem, Settings};
use pixels::Plane;
use std::borrow::Cow;

/// What the engine knows of this module.
pub const KIND: Kind = Kind {
    name: "IdentifyPrimaryObjects",
    former_names: &[],
    newest_revision: 15,
    summary: "finds bright objects on a dark background and separates those that touch",
    read,
};

#[derive(Debug, PartialEq)]
struct IdentifyPrimaryObjects {
    image: String,
    objects: String,
    diameters: (f64, f64),
    discard_by_size: bool,
    discard_at_border: bool,
    declumping: Option<Declumping>,
    fill: Fill,
    /// More objects than this are none at all.
    most: Option<usize>,
    threshold: ThresholdSettings,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fill {
    Never,
    ThresholdedAndDeclumped,
    Declumped,
}

#[derive(Clone, Copy)]
enum By {
    Intensity,
    Shape,
    Propagate,
    Nothing,
}

const IMAGE: &str = "Select the input image";
const SIZE: &str = "Typical diameter of objects, in pixel units (Min,Max)";
const FILL: &str = "Fill holes in identified objects?";
const EXCESS: &str = "Handling of objects if excessive number of objects identified";

fn read(module: &cppipe::Module) -> Result<Box<dyn Module>, Vec<Problem>> {
    crate::identified::refuse_older(module, 10)?;
    let mut s = Settings::upgraded(module, upgraded(module));
    let image = s.text(IMAGE);
    let objects = s.text("Name the primary objects to be identified");
    let (least, greatest): (i64, i64) = s.range(SIZE);
    let least = least.max(1);
    let discard_by_size = s.yes("Discard objects outside the diameter range?");
    let discard_at_border = s.yes("Discard objects touching the border of the image?");
    let markers = s.choice(
        "Method to distinguish clumped objects",
        &[("Intensity", By::Intensity), ("Shape", By::Shape), ("None", By::Nothing)],
    );
    let lines = s.choice(
        "Method to draw dividing lines between clumped objects",
        &[
            ("Intensity", By::Intensity),
            ("Shape", By::Shape),
            ("Propagate", By::Propagate),
            ("None", By::Nothing),
        ],
    );
    let smoothing: f64 = s.number("Size of smoothing filter");
    let suppression: f64 = s.number_within(0.0.., 7.0);
    let reduce = s.yes("Speed up by using lower-resolution image to find local maxima?");
    let fill = s.choice(
        FILL,
        &[
            ("Never", Fill::Never),
            ("After both thresholding and declumping", Fill::ThresholdedAndDeclumped),
            ("After declumping only", Fill::Declumped),
        ],
    );
    let automatic_smoothing = s.yes("Automatically calculate size of smoothing filter for declumping?");
    let automatic_suppression =
        s.yes("Automatically calculate minimum allowed distance between local maxima?");
    // Revision 11 turned "Truncate" into "None", which does what "Continue" does.
    let erase = s.choice(EXCESS, &[("Continue", false), ("None", false), ("Erase", true)]);
    let most: usize = s.number_within(2.., 500);
    let advanced = s.yes("Use advanced settings?");
    let threshold = ThresholdSettings::read(&mut s, if advanced { Use::Advanced } else { Use::Automatic });

    let (markers, lines) = if advanced { (markers, lines) } else { (By::Intensity, By::Intensity) };
    let fill = if advanced { fill } else { Fill::ThresholdedAndDeclumped };
    let least = least as f64;
    let (suppression, reduction) = suppression_and_reduction(
        least,
        if advanced && !automatic_suppression { Some(suppression.max(0.0)) } else { None },
        !advanced || reduce,
    );
    let declumping = match (markers, lines) {
        (By::Nothing, _) | (_, By::Nothing) => None,
        (markers, lines) => Some(Declumping {
            markers: match markers {
                By::Shape => Markers::Shape { fill: fill == Fill::Never },
                _ => Markers::Intensity,
            },
            lines: match lines {
                By::Shape => Lines::Shape,
                By::Propagate => Lines::Propagate,
                _ => Lines::Intensity,
            },
            // This holds without advanced settings too.
            smoothing: if automatic_smoothing { 2.35 * least / 3.5 } else { smoothing },
            suppression,
            reduction,
        }),
    };
    Ok(Box::new(s.finish(IdentifyPrimaryObjects {
        image,
        objects,
        diameters: (least, greatest as f64),
        discard_by_size,
        discard_at_border,
        declumping,
        fill,
        most: (advanced && erase).then_some(most),
        threshold,
    })?))
}

/// Returns the radius of suppression and how much the image is reduced to find maxima.
fn suppression_and_reduction(least: f64, chosen: Option<f64>, reduce: bool) -> (f64, f64) {
    if least > 10.0 && reduce {
        let reduction = 10.0 / least;
        (chosen.map_or(7.0, |c| c * reduction + 0.5), reduction)
    } else {
        (chosen.unwrap_or(least / 1.5), 1.0)
    }
}

/// Brings the answers into the order of revision 15.
fn upgraded(module: &cppipe::Module) -> Vec<String> {
    let mut v: Vec<String> = module.settings.iter().map(|s| s.value.clone()).collect();
    if module.revision == 10 {
        match v.get_mut(12) {
            Some(fill) if fill == "No" => *fill = "Never".into(),
            Some(fill) if fill == "Yes" => *fill = "After both thresholding and declumping".into(),
            _ => {}
        }
    }
    if matches!(module.revision, 10 | 11) && v.len() > 20 {
        if v[6] == "Laplacian of Gaussian" {
            v[6] = "Intensity".into();
        }
        if v[20] == "Truncate" {
            v[20] = "None".into();
        }
        v = [&v[..4], &v[5..11], &v[12..15], &v[20..]].concat();
    }
    if matches!(module.revision, 10..=12) && v.len() >= 15 {
        v.insert(15, "Yes".into());
    }
    // Revision 14 alone asked whether and how to display maxima.
    if module.revision == 14 && v.len() >= 17 {
        v.drain(15..17);
    }
    v
}

impl Module for IdentifyPrimaryObjects {
    fn declare(&self, _upstream: &Upstream) -> Declaration {
        let mut needs = vec![Need::image(&self.image, IMAGE)];
        needs.extend(self.threshold.needs());
        let mut columns = object_columns(&self.objects);
        columns.extend(self.threshold.columns(&self.objects));
        Declaration { needs, objects: vec![self.objects.clone()], columns, ..Declaration::default() }
    }

    fn run(&self, workspace: &mut Workspace<'_>) -> Result<(), RunError> {
        let image = workspace.image(&self.image)?;
        let grey = Grey::of(&image, &self.image)?;
        let mask = workspace.mask_of(&image)?;
        let thresholded = self.threshold.apply(&grey, mask.as_deref(), &workspace.record)?;
        self.threshold.measure(&mut workspace.record, &self.objects, &thresholded);
        let found = self.identify(&grey, mask.as_deref(), thresholded.foreground);
        note_objects(&mut workspace.record, &self.objects, &found.segmented);
        workspace.add_objects(
            &self.objects,
            Objects {
                segmented: found.segmented.into(),
                unedited: Some(found.unedited.into()),
                small_removed: Some(found.small_removed.into()),
                parent_image: Some(self.image.clone()),
            },
        );
        Ok(())
    }
}

struct Found {
    segmented: Plane<u32>,
    unedited: Plane<u32>,
    small_removed: Plane<u32>,
}

impl IdentifyPrimaryObjects {
    fn identify(&self, grey: &Grey<'_>, mask: Option<&Plane<bool>>, foreground: Plane<bool>) -> Found {
        let widest = self.diameters.1 * self.diameters.1;
        let foreground = match self.fill {
            Fill::ThresholdedAndDeclumped => fill_mask_holes(&foreground, |size| (size as f64) < widest),
            _ => foreground,
        };
        let (mut labels, mut count) = label(&foreground, Connectivity::Eight);
        if let Some(how) = &self.declumping {
            (labels, count) = match grey {
                Grey::F32(image) => declump(image, mask, &labels, how),
                Grey::F64(image) => declump(image, mask, &labels, how),
            };
        }
        let unedited = labels.clone();
        if self.discard_at_border {
            discard_at_border(&mut labels, mask);
        }
        let mut small_removed = None;
        if self.discard_by_size && count > 0 {
            let areas = areas(&labels);
            let area_of = |diameter: f64| std::f64::consts::PI * (diameter * diameter) / 4.0;
            let (least, greatest) = (area_of(self.diameters.0), area_of(self.diameters.1));
            keep_labels(&mut labels, |l| areas[l as usize] as f64 >= least);
            small_removed = Some(labels.clone());
            keep_labels(&mut labels, |l| areas[l as usize] as f64 <= greatest);
        }
        let small_removed = small_removed.unwrap_or_else(|| labels.clone());
        if self.fill != Fill::Never {
            labels = fill_labeled_holes(&labels, |_| true);
        }
        let (mut segmented, count) = relabel(&labels);
        if self.most.is_some_and(|most| count > most) {
            segmented = Plane::zeros(segmented.height(), segmented.width());
        }
        Found { segmented, unedited, small_removed }
    }
}

/// Takes away the objects at the image's edge. If there is none, takes away those at the edge of the mask: it is
/// then thought to be a well's.
fn discard_at_border(labels: &mut Plane<u32>, mask: Option<&Plane<bool>>) {
    let (height, width) = labels.shape();
    if labels.is_empty() {
        return;
    }
    let mut at_edge: Vec<u32> = [labels.row(0), labels.row(height - 1)].concat();
    for y in 0..height {
        at_edge.extend([labels[(y, 0)], labels[(y, width - 1)]]);
    }
    let mut touching: Cow<'_, [u32]> = at_edge.into();
    if touching.iter().all(|&l| l == 0) {
        let Some(mask) = mask else { return };
        let inside = erode_cross(mask, false);
        let rim = mask.zip(&inside, |&m, &i| m && !i);
        touching = labels.data().iter().zip(rim.data()).filter(|(_, r)| **r).map(|(&l, _)| l).collect();
    }
    let greatest = labels.data().iter().copied().max().unwrap_or(0);
    let mut touches = vec![false; greatest as usize + 1];
    touching.iter().for_each(|&l| touches[l as usize] = true);
    keep_labels(labels, |l| !touches[l as usize]);
}
