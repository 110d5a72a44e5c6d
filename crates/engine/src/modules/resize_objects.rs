//! ResizeObjects: makes the label image of objects smaller or larger.

use crate::identified::{children_feature, dense, note_labels, parent_feature};
use crate::object_processing::{processing_declaration, read_names};
use crate::{Declaration, Kind, Module, Need, Objects, RunError, Upstream, Workspace};
use algorithms::relabel::present;
use algorithms::zoom::zoom_volume_nearest;
use cppipe::{Problem, Settings};
use pixels::{Labels, Shape};

/// What the engine knows of this module.
pub const KIND: Kind = Kind {
    name: "ResizeObjects",
    former_names: &[],
    newest_revision: 3,
    summary: "makes the label image of objects smaller or larger",
    read,
};

const IMAGE: &str = "Select the image with the desired dimensions";

#[derive(Debug, PartialEq)]
struct ResizeObjects {
    objects: String,
    output: String,
    size: Size,
}

/// How large the label image becomes.
#[derive(Clone, Debug, PartialEq)]
enum Size {
    Factors { z: f64, y: f64, x: f64 },
    Pixels { planes: usize, height: usize, width: usize },
    Like(String),
}

#[derive(Clone, Copy)]
enum Method {
    Factors,
    Pixels,
    Like,
}

fn read(module: &cppipe::Module) -> Result<Box<dyn Module>, Vec<Problem>> {
    let mut values: Vec<String> = module.settings.iter().map(|s| s.value.clone()).collect();
    if module.revision == 1 {
        values.push("None".into());
    }
    if module.revision <= 2 && values.len() >= 6 {
        // One factor was that of both axes, and there were no planes.
        let factor = values[3].clone();
        values.insert(6, "10".into());
        values.splice(4..4, [factor, "1".into()]);
    }
    let mut s = Settings::upgraded(module, values);
    let (objects, output) = read_names(&mut s);
    let method = s.choice(
        "Method",
        &[("Factor", Method::Factors), ("Dimensions", Method::Pixels), ("Match Image", Method::Like)],
    );
    let (x, y) = (s.number_within(0.0.., 0.25), s.number_within(0.0.., 0.25));
    let z = s.number_within(0.0.., 1.0);
    let (width, height) = (s.number_within(1.., 100), s.number_within(1.., 100));
    let planes = s.number_within(1.., 10);
    let like = s.text(IMAGE);
    let size = match method {
        Method::Factors => Size::Factors { z, y, x },
        Method::Pixels => Size::Pixels { planes, height, width },
        Method::Like => Size::Like(like),
    };
    Ok(Box::new(s.finish(ResizeObjects { objects, output, size })?))
}

impl Module for ResizeObjects {
    fn declare(&self, _upstream: &Upstream) -> Declaration {
        let mut declaration = processing_declaration(&self.objects, &self.output);
        if let Size::Like(name) = &self.size {
            declaration.needs.push(Need::image(name, IMAGE));
        }
        declaration
    }

    fn run(&self, workspace: &mut Workspace<'_>) -> Result<(), RunError> {
        let set = workspace.objects(&self.objects)?;
        let labels = dense(&set, &self.objects)?;
        let from = labels.shape();
        let volume = from.depth > 1;
        let scaled = |n: usize, factor: f64| (n as f64 * factor).round_ties_even() as usize;
        // CellProfiler goes by factors in any case, and rounds what they give.
        let (depth, height, width) = match &self.size {
            Size::Factors { z, y, x } => {
                (scaled(from.depth, *z), scaled(from.height, *y), scaled(from.width, *x))
            }
            Size::Pixels { planes, height, width } => (*planes, *height, *width),
            Size::Like(name) => {
                let image = workspace.image(name)?;
                if image.volumetric != volume {
                    return Err(RunError::Refused(format!(
                        "`{}` and `{name}` do not have the same dimensions",
                        self.objects
                    )));
                }
                let shape = image.shape();
                (shape.depth, shape.height, shape.width)
            }
        };
        let depth = if volume { depth } else { 1 };
        if depth == 0 || height == 0 || width == 0 {
            return Err(RunError::Refused(format!(
                "`{}` cannot become {depth}×{height}×{width}",
                self.objects
            )));
        }
        if volume && depth == 1 {
            return Err(RunError::NotNative(format!(
                "a volume of one plane, as `{}` would become,",
                self.objects
            )));
        }
        let resized = zoom_volume_nearest(&labels, Shape { depth, height, width, channels: 1 });
        let parents: Vec<i64> =
            (0..).zip(present(resized.rows())).filter(|(_, there)| *there).map(|(label, _)| label).collect();
        let record = &mut workspace.record;
        note_labels(record, &self.output, &resized);
        record.object_integers(&self.objects, children_feature(&self.output), vec![1; parents.len()]);
        record.object_integers(&self.output, parent_feature(&self.objects), parents);
        workspace.add_objects(&self.output, Objects::new(Labels::Dense(resized)));
        Ok(())
    }
}
