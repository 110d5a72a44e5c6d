//! Images that show a measurement in its place.

use crate::colored::colored;
use crate::{RunError, Workspace};
use algorithms::colormap::Colormap;
use algorithms::radial_distribution::{Rays, Ring, Rings};
use pixels::{Image, Pixels, Plane};

/// A heatmap: what it shows, and how.
#[derive(Debug, PartialEq)]
pub(super) struct Heatmap {
    pub(super) image: String,
    pub(super) objects: String,
    pub(super) bins: usize,
    pub(super) feature: &'static str,
    /// `None` shows the numbers themselves.
    pub(super) colormap: Option<Colormap>,
    /// The name of the image, if one is made.
    pub(super) output: Option<String>,
}

/// The measurement of each pixel; 0 where there is none.
pub(super) type Shown = Plane<f64>;

impl Heatmap {
    /// Returns whether this shows an image in an object set by so many bins.
    pub(super) fn shows(&self, image: &str, objects: &str, bins: usize) -> bool {
        self.image == image && self.objects == objects && self.bins == bins
    }

    /// Returns the image of what is shown.
    pub(super) fn draw(&self, workspace: &Workspace<'_>, shown: &Shown) -> Result<Image, RunError> {
        let parent = workspace.image(&self.image)?;
        let pixels = match &self.colormap {
            None => Pixels::F32(shown.map(|&v| v as f32).into()),
            Some(colormap) => {
                let objects = workspace.objects(&self.objects)?;
                let labels = objects.flat(&self.objects)?;
                if labels.shape() != shown.shape() {
                    return Err(RunError::Refused(format!(
                        "objects `{}` and image `{}` differ in size",
                        self.objects, self.image
                    )));
                }
                colored(colormap, shown, |at| labels.data()[at] != 0).pixels
            }
        };
        workspace.derived_image(&parent, pixels)
    }
}

/// Gives each pixel that counts the value of its ring and object.
pub(super) fn paint(
    shown: &mut Shown,
    rays: &Rays,
    rings: &Rings,
    labels: &Plane<u32>,
    measured: &[Ring],
    value: fn(&Ring) -> &Vec<f64>,
) {
    for (place, ring) in rings.of_pixels(rays) {
        if let Some(ring) = measured.get(ring) {
            shown.data_mut()[place] = value(ring)[labels.data()[place] as usize - 1];
        }
    }
}
