//! The advanced settings: what the watershed made is parted again, by its shape or by an image.

use crate::image_processing::read_element;
use crate::{Need, RunError, Workspace};
use algorithms::gaussian::{Boundary, gaussian_filter_volume};
use algorithms::marker_watershed::{Flooding, watershed_with};
use algorithms::numpy::Real;
use algorithms::rgb_to_grey::{rgb_to_grey_f32, rgb_to_grey_f64};
use algorithms::spaced_peaks::{Peaks, spaced_peaks};
use algorithms::structuring_element::StructuringElement;
use algorithms::volume_components::label_volume;
use algorithms::volume_distances::volume_distances;
use cppipe::Settings;
use pixels::{Array, Image, Pixels, Shape};

const REFERENCE: &str = "Reference Image";

/// How objects are parted.
#[derive(Debug, PartialEq)]
pub(super) struct Declump {
    /// The image whose dark lines part objects; their shape does without.
    reference: Option<String>,
    /// The deviation of the Gaussian that smooths what is flooded.
    sigma: f64,
    peaks: Peaks,
    /// What each peak grows to before the flood.
    seed: StructuringElement,
}

impl Declump {
    /// Reads the settings from the method on.
    pub(super) fn read(s: &mut Settings<'_>) -> Self {
        let by_image = s.choice("Declump method", &[("Shape", false), ("Intensity", true)]);
        let reference = s.text(REFERENCE);
        let sigma = s.number("Segmentation distance transform smoothing factor");
        let spacing = s.number_within(0.., 1);
        let least = Some(s.number_within(0.0.., 0.0));
        let border = s.number_within(0.., 0);
        let most = Some(s.number("Maximum number of seeds")).filter(|&most| most != -1);
        let seed = read_element(s);
        let peaks = Peaks { spacing, floor: None, least, border, most };
        Self { reference: by_image.then_some(reference), sigma, peaks, seed }
    }

    /// Returns the image that is needed.
    pub(super) fn need(&self) -> Option<Need> {
        self.reference.as_ref().map(|name| Need::image(name, REFERENCE))
    }

    /// Parts `parts` within `inside`; returns other numbers.
    ///
    /// # Errors
    /// When the seeds' element has other dimensions, or the image another size.
    pub(super) fn part(
        &self,
        workspace: &Workspace<'_>,
        parts: &Array<u32>,
        inside: &Array<bool>,
        connectivity: usize,
    ) -> Result<Array<u32>, RunError> {
        if self.seed.is_volume() != (parts.shape().depth > 1) {
            return Err(RunError::Refused(
                "the structuring element of the seeds does not have the dimensions of the objects".into(),
            ));
        }
        if self.sigma < 0.0 {
            return Err(RunError::Refused("the smoothing factor must not be below 0".into()));
        }
        let depths = volume_distances(&parts.map(|&part| part > 0));
        let basins = match &self.reference {
            None => {
                let deepest = depths.data().iter().copied().fold(0.0, f64::max);
                smoothed(&depths.map(|depth| -depth + deepest), self.sigma)
            }
            Some(name) => self.dark(&*workspace.image(name)?, name)?,
        };
        if basins.shape() != inside.shape() {
            return Err(RunError::Refused("the reference image is not of the size of the image".into()));
        }
        let seeds = self.seed.dilate_mask(&spaced_peaks(&depths, self.peaks));
        let seeds = label_volume(&seeds, 1, false);
        let numbers = seeds.data().iter().copied().max().unwrap_or(0);
        if numbers > u32::from(u16::MAX) {
            return Err(RunError::NotNative(format!("a watershed from {numbers} seeds")));
        }
        let flooding = Flooding { connectivity, compactness: 0.0, lines: false };
        Ok(watershed_with(&basins, &seeds, inside, flooding))
    }

    /// Returns an image turned over, so that what is bright is low, smoothed.
    fn dark(&self, image: &Image, name: &str) -> Result<Array<f64>, RunError> {
        let shape = image.shape();
        let grey = Shape { channels: 1, ..shape };
        let colors = match shape {
            Shape { channels: 1, .. } => false,
            Shape { depth: 1, channels: 3, .. } => true,
            _ => return Err(RunError::NotNative(format!("a watershed by the colours of `{name}`"))),
        };
        Ok(match &image.pixels {
            Pixels::F32(array) => {
                let least = array.data().iter().copied().fold(f32::INFINITY, f32::min);
                let dark = array.data().iter().map(|v| 1.0 - (v - least)).collect::<Vec<_>>();
                let dark = if colors { rgb_to_grey_f32(&dark) } else { dark };
                smoothed(&Array::from_vec(grey, dark), self.sigma).map(|&v| f64::from(v))
            }
            Pixels::Int(_) => {
                return Err(RunError::NotNative(format!("a watershed by the whole numbers of `{name}`")));
            }
            pixels => {
                let array = pixels.to_f64();
                let least = array.data().iter().copied().fold(f64::INFINITY, f64::min);
                let dark = array.data().iter().map(|v| 1.0 - (v - least)).collect::<Vec<_>>();
                let dark = if colors { rgb_to_grey_f64(&dark) } else { dark };
                smoothed(&Array::from_vec(grey, dark), self.sigma)
            }
        })
    }
}

fn smoothed<T: Real>(values: &Array<T>, sigma: f64) -> Array<T> {
    let along_z = if values.shape().depth > 1 { sigma } else { 0.0 };
    gaussian_filter_volume(values, [along_z, sigma, sigma], Boundary::Nearest)
}
