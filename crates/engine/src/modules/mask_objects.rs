//! MaskObjects: keeps of objects what lies within other objects or a binary image.

use crate::identified::{children_feature, parent_feature};
use crate::identified::{family_columns, flat, flat_object_columns, note_flat_objects};
use crate::{Declaration, Kind, Module, Need, Objects, RunError, Upstream, Workspace};
use algorithms::relabel::{areas, present};
use cppipe::{Problem, Settings};
use pixels::{Pixels, Plane};

/// What the engine knows of this module.
pub const KIND: Kind = Kind {
    name: "MaskObjects",
    former_names: &[],
    newest_revision: 3,
    summary: "keeps of objects what lies within other objects or a binary image",
    read,
};

const OBJECTS: &str = "Select objects to be masked";
const MASKING_OBJECTS: &str = "Select the masking object";
const MASKING_IMAGE: &str = "Select the masking image";

#[derive(Debug, PartialEq)]
struct MaskObjects {
    objects: String,
    output: String,
    by: Region,
    invert: bool,
    overlap: Overlap,
    renumber: bool,
}

/// Where objects are kept.
#[derive(Debug, PartialEq)]
enum Region {
    Objects(String),
    Image(String),
}

/// What becomes of objects that lie there in part.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Overlap {
    /// The part is kept.
    Cut,
    /// All is kept.
    Keep,
    /// All is removed.
    Remove,
    /// All is kept if at least this fraction of its pixels lies there.
    Fraction(f64),
}

fn read(module: &cppipe::Module) -> Result<Box<dyn Module>, Vec<Problem>> {
    let mut values: Vec<String> = module.settings.iter().map(|s| s.value.clone()).collect();
    if module.revision == 1 {
        values.push("No".into());
    }
    if module.revision <= 2 && values.len() >= 3 {
        // Whether outlines are kept, and what they are called.
        values.drain(values.len() - 3..values.len() - 1);
    }
    let mut s = Settings::upgraded(module, values);
    let objects = s.text(OBJECTS);
    let output = s.text("Name the masked objects");
    let by_image = s.choice(
        "Mask using a region defined by other objects or by binary image?",
        &[("Objects", false), ("Image", true)],
    );
    let masking_objects = s.text(MASKING_OBJECTS);
    let masking_image = s.text(MASKING_IMAGE);
    let overlap = s.choice(
        "Handling of objects that are partially masked",
        &[
            ("Keep overlapping region", Overlap::Cut),
            ("Keep", Overlap::Keep),
            ("Remove", Overlap::Remove),
            ("Remove depending on overlap", Overlap::Fraction(0.0)),
        ],
    );
    let fraction = s.number_within(0.0..=1.0, 0.5);
    let renumber = s.choice("Numbering of resulting objects", &[("Renumber", true), ("Retain", false)]);
    let invert = s.yes("Invert the mask?");
    let overlap = if matches!(overlap, Overlap::Fraction(_)) { Overlap::Fraction(fraction) } else { overlap };
    let by = if by_image { Region::Image(masking_image) } else { Region::Objects(masking_objects) };
    Ok(Box::new(s.finish(MaskObjects { objects, output, by, invert, overlap, renumber })?))
}

impl Module for MaskObjects {
    fn declare(&self, _upstream: &Upstream) -> Declaration {
        let region = match &self.by {
            Region::Objects(name) => Need::objects(name, MASKING_OBJECTS),
            Region::Image(name) => Need::image(name, MASKING_IMAGE),
        };
        let mut columns = flat_object_columns(&self.output);
        columns.extend(family_columns(&self.objects, &self.output));
        Declaration {
            needs: vec![Need::objects(&self.objects, OBJECTS), region],
            objects: vec![self.output.clone()],
            columns,
            ..Declaration::default()
        }
    }

    fn run(&self, workspace: &mut Workspace<'_>) -> Result<(), RunError> {
        let original_set = workspace.objects(&self.objects)?;
        let original = flat(&original_set, &self.objects)?;
        let region = self.region(workspace)?;
        let mut labels = self.masked(original, &region);
        let count = original_set.count();
        let there = present(&labels);
        let parents: Vec<u32> = if self.renumber {
            (1..).zip(&there[1..]).filter(|(_, there)| **there).map(|(label, _)| label).collect()
        } else {
            (1..=count as u32).collect()
        };
        let has_child = |label: usize| there.get(label).copied().unwrap_or(false);
        let children: Vec<i64> = (1..=count).map(|label| i64::from(has_child(label))).collect();
        if self.renumber {
            labels = algorithms::relabel::relabel(&labels).0;
        }
        let record = &mut workspace.record;
        note_flat_objects(record, &self.output, &labels);
        record.image_float(format!("Count_{}", self.output), parents.len() as f64);
        let parents = parents.into_iter().map(i64::from).collect();
        record.object_integers(&self.output, parent_feature(&self.objects), parents);
        record.object_integers(&self.objects, children_feature(&self.output), children);
        let unedited = Some(original_set.unedited().clone());
        workspace.add_objects(&self.output, Objects { unedited, ..Objects::new(labels) });
        Ok(())
    }
}

impl MaskObjects {
    /// Returns where objects are kept, before it is inverted.
    fn region(&self, workspace: &Workspace<'_>) -> Result<Plane<bool>, RunError> {
        match &self.by {
            Region::Objects(name) => Ok(flat(&*workspace.objects(name)?, name)?.map(|&l| l != 0)),
            Region::Image(name) => match &workspace.image(name)?.pixels {
                Pixels::Bool(array) if array.shape().depth > 1 => {
                    Err(RunError::NotNative(format!("masking by the volume `{name}`")))
                }
                Pixels::Bool(array) if array.shape().channels == 1 => Ok(array.plane(0, 0)),
                _ => Err(RunError::Refused(format!("image `{name}` must be binary"))),
            },
        }
    }

    /// Returns the labels that are left; outside a smaller region nothing is.
    fn masked(&self, original: &Plane<u32>, region: &Plane<bool>) -> Plane<u32> {
        let (height, width) = region.shape();
        let inside = |y: usize, x: usize| y < height && x < width && region[(y, x)] != self.invert;
        let mut cut = Plane::zeros(original.height(), original.width());
        for y in 0..original.height() {
            for (x, (new, &label)) in cut.row_mut(y).iter_mut().zip(original.row(y)).enumerate() {
                if label != 0 && inside(y, x) {
                    *new = label;
                }
            }
        }
        if self.overlap == Overlap::Cut {
            return cut;
        }
        let (total, mut within) = (areas(original), areas(&cut));
        within.resize(total.len(), 0);
        let keep = |label: &u32| {
            let (total, within) = (total[*label as usize], within[*label as usize]);
            match self.overlap {
                Overlap::Cut | Overlap::Keep => within > 0,
                Overlap::Remove => within == total,
                Overlap::Fraction(fraction) => within as f64 / total as f64 >= fraction,
            }
        };
        original.map(|label| if *label != 0 && keep(label) { *label } else { 0 })
    }
}
