//! Smooth: takes noise or artefacts out of an image, or all but its course at large.

use crate::grey::Grey;
use crate::image_processing::InOut;
use crate::{Declaration, Kind, Module, RunError, Upstream, Workspace};
use algorithms::bilateral::denoise_bilateral;
use algorithms::circular_average::circular_average;
use algorithms::gaussian;
use algorithms::introsort::Sortable;
use algorithms::numpy::{self, Real};
use algorithms::octagon_median::octagon_median;
use algorithms::polynomial_surface;
use cppipe::{Problem, Settings};
use pixels::{Pixels, Plane};

/// What the engine knows of this module.
pub const KIND: Kind = Kind {
    name: "Smooth",
    former_names: &[],
    newest_revision: 2,
    summary: "smooths an image: Gaussian, median, keeping edges, by a polynomial …",
    read,
};

const METHOD: &str = "Select smoothing method";
const AUTOMATIC: &str = "Calculate artifact diameter automatically?";
const SIZE: &str = "Typical artifact diameter";
const EDGE: &str = "Edge intensity difference";
const CLIP: &str = "Clip intensities to 0 and 1?";

#[derive(Debug, PartialEq)]
struct Smooth {
    names: InOut,
    method: Method,
    /// Diameter of what is to go, in pixels; `None` is by the image's size.
    size: Option<f64>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Method {
    Polynomial {
        clip: bool,
    },
    Gaussian,
    Median,
    /// Difference in brightness that is an edge.
    KeepingEdges(f64),
    CircularAverage,
    Average,
}

fn read(module: &cppipe::Module) -> Result<Box<dyn Module>, Vec<Problem>> {
    let mut values: Vec<String> = module.settings.iter().map(|s| s.value.clone()).collect();
    if module.revision == 1 {
        values.push("Yes".to_string());
    }
    let mut settings = Settings::upgraded(module, values);
    let names = InOut::read(&mut settings);
    let methods = [
        ("Fit Polynomial", Method::Polynomial { clip: true }),
        ("Gaussian Filter", Method::Gaussian),
        ("Median Filter", Method::Median),
        ("Smooth Keeping Edges", Method::KeepingEdges(0.0)),
        ("Circular Average Filter", Method::CircularAverage),
        ("Smooth to Average", Method::Average),
    ];
    let method = settings.choice(METHOD, &methods);
    let automatic = settings.yes(AUTOMATIC);
    let size = settings.number(SIZE);
    let edge = settings.number(EDGE);
    let clip = settings.yes(CLIP);
    let method = match method {
        Method::Polynomial { .. } => Method::Polynomial { clip },
        Method::KeepingEdges(_) => Method::KeepingEdges(edge),
        other => other,
    };
    let size = (!automatic).then_some(size);
    Ok(Box::new(settings.finish(Smooth { names, method, size })?))
}

impl Module for Smooth {
    fn declare(&self, _upstream: &Upstream) -> Declaration {
        self.names.declaration()
    }

    fn run(&self, workspace: &mut Workspace<'_>) -> Result<(), RunError> {
        let image = workspace.image(&self.names.input)?;
        let colored = image.shape().channels > 1;
        let mask = workspace.mask_array_of(&image)?;
        let mask = mask.as_deref().and_then(|mask| mask.as_plane());
        let pixels = match Grey::of(&image, &self.names.input)? {
            Grey::F32(plane) => self.smoothed(&plane, mask, colored)?,
            Grey::F64(plane) => self.smoothed(&plane, mask, colored)?,
        };
        let made = workspace.derived_image(&image, Pixels::F32(pixels.into()))?;
        workspace.add_image(&self.names.output, made);
        Ok(())
    }
}

impl Smooth {
    /// Returns the diameter of artefacts in an image of this shape.
    fn size(&self, (height, width): (usize, usize)) -> f64 {
        let mean = (height + width) as f64 / 2.0;
        self.size.unwrap_or_else(|| (mean / 40.0).clamp(1.0, 30.0))
    }

    fn smoothed<T: Real + Sortable>(
        &self,
        plane: &Plane<T>,
        mask: Option<&Plane<bool>>,
        colored: bool,
    ) -> Result<Plane<f32>, RunError> {
        let size = self.size(plane.shape());
        let all = || Plane::filled(plane.height(), plane.width(), true);
        let single = |plane: Plane<f64>| plane.map(|&v| v as f32);
        Ok(match self.method {
            Method::Gaussian => single(gaussian::smooth(plane, mask, size / 2.35)),
            Method::Median => {
                let all = all();
                octagon_median(plane, mask.unwrap_or(&all), size / 2.0 + 1.0).map(|&v| v.to_f64() as f32)
            }
            Method::KeepingEdges(difference) => {
                if colored {
                    return Err(RunError::Refused(
                        "CellProfiler keeps no edges of grey images in colour".into(),
                    ));
                }
                let smoothed = denoise_bilateral(&plane.map(|&v| v.to_f64()), difference, size / 2.35);
                single(smoothed.ok_or_else(|| {
                    RunError::Refused("an image to smooth keeping edges must have no negative pixels".into())
                })?)
            }
            Method::Polynomial { clip } => {
                let all = all();
                let fitted = polynomial_surface::fit_polynomial(plane, mask.unwrap_or(&all), clip);
                single(fitted)
            }
            Method::CircularAverage => {
                let all = all();
                let plane = plane.map(|&v| v.to_f64());
                single(circular_average(&plane, mask.unwrap_or(&all), size / 2.0 + 1.0))
            }
            Method::Average => {
                let mean = match mask {
                    Some(mask) => {
                        let pixels = plane.data().iter().zip(mask.data()).filter(|(_, inside)| **inside);
                        numpy::mean(&pixels.map(|(v, _)| *v).collect::<Vec<T>>())
                    }
                    None => numpy::mean(plane.data()),
                };
                plane.map(|_| mean.to_f64() as f32)
            }
        })
    }
}
