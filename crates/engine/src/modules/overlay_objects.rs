//! OverlayObjects: lays objects over an image, each in a colour.
//!
//! CellProfiler deals its colours out by chance, another way in each run; here the same chance each time.

use crate::colored::default_colormap;
use crate::identified::dense;
use crate::image_processing::InOut;
use crate::{Declaration, Kind, Module, Need, RunError, Upstream, Workspace};
use algorithms::random::RandomState;
use algorithms::relabel::present;
use algorithms::rgb_to_grey::{rgb_to_grey_f32, rgb_to_grey_f64};
use cppipe::{Problem, Settings};
use pixels::{Array, Image, Pixels, Plane, Shape};

/// What the engine knows of this module.
pub const KIND: Kind = Kind {
    name: "OverlayObjects",
    former_names: &[],
    newest_revision: 1,
    summary: "lays objects over an image, each in a colour",
    read,
};

const OBJECTS: &str = "Objects";

#[derive(Debug, PartialEq)]
struct OverlayObjects {
    names: InOut,
    objects: String,
    opacity: f64,
}

fn read(module: &cppipe::Module) -> Result<Box<dyn Module>, Vec<Problem>> {
    let mut s = Settings::new(module);
    let names = InOut::read(&mut s);
    let objects = s.text(OBJECTS);
    let opacity = s.number_within(0.0..=1.0, 0.3);
    Ok(Box::new(s.finish(OverlayObjects { names, objects, opacity })?))
}

impl Module for OverlayObjects {
    fn declare(&self, _upstream: &Upstream) -> Declaration {
        let mut declaration = self.names.declaration();
        declaration.needs.push(Need::objects(&self.objects, OBJECTS));
        declaration
    }

    fn run(&self, workspace: &mut Workspace<'_>) -> Result<(), RunError> {
        let set = workspace.objects(&self.objects)?;
        let labels = dense(&set, &self.objects)?;
        let colors = match labels.shape().depth {
            1 => colors_in_turn(labels.rows()),
            _ => dealt_colors(labels.rows()),
        };
        self.names.run(workspace, |image| {
            let below = dimmed(image, self.opacity)?;
            let shape = image.shape();
            if (Shape { channels: 1, ..shape }) != labels.shape() {
                return Err(RunError::Refused(format!(
                    "image `{}` and `{}` must be of one size",
                    self.names.input, self.objects
                )));
            }
            let mixed = below
                .iter()
                .zip(labels.data())
                .flat_map(|(&grey, &label)| colors[label as usize].map(|color| color * self.opacity + grey));
            let shape = Shape { channels: 3, ..shape };
            Ok(match image.volumetric {
                true => Pixels::F32(Array::from_vec(shape, mixed.map(|v| v as f32).collect())),
                false => Pixels::F64(Array::from_vec(shape, mixed.collect())),
            })
        })
    }
}

/// Returns the colour of each label of a flat image; background is black. Labels that are there take the colours in
/// turn, of which there are as many as the greatest label says.
fn colors_in_turn(labels: &Plane<u32>) -> Vec<[f64; 3]> {
    let mut next = dealt_colors(labels).into_iter().skip(1);
    let color = |there: bool| if there { next.next().unwrap_or_default() } else { [0.0; 3] };
    present(labels).into_iter().map(color).collect()
}

/// Returns the colour of each label up to the greatest (of a volume, its own); background is black.
fn dealt_colors(labels: &Plane<u32>) -> Vec<[f64; 3]> {
    let numbers: Vec<f64> = (1..present(labels).len()).map(|n| n as f64).collect();
    let mut dealt: Vec<[f64; 3]> = default_colormap().scaled(&numbers).collect();
    RandomState::new(0).shuffle(&mut dealt);
    dealt.insert(0, [0.0; 3]);
    dealt
}

/// Returns the grey values of an image, weakened by the opacity of what is laid over it.
fn dimmed(image: &Image, opacity: f64) -> Result<Vec<f64>, RunError> {
    let shape = image.shape();
    if !matches!(shape.channels, 1 | 3) {
        return Err(RunError::NotNative("laying objects over an image of other colours".into()));
    }
    let single = |values: &[f32]| {
        let weight = (1.0 - opacity) as f32;
        values.iter().map(|&v| f64::from(v * weight)).collect()
    };
    let double = |values: &[f64]| values.iter().map(|&v| v * (1.0 - opacity)).collect();
    Ok(match (&image.pixels, shape.channels) {
        (Pixels::Int(_), _) => {
            return Err(RunError::NotNative("laying objects over an image of whole numbers".into()));
        }
        (Pixels::F32(array), 3) => single(&rgb_to_grey_f32(array.data())),
        (Pixels::F32(array), _) => single(array.data()),
        (pixels, 3) => double(&rgb_to_grey_f64(pixels.to_f64().data())),
        (pixels, _) => double(pixels.to_f64().data()),
    })
}
