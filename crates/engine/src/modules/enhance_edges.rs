//! EnhanceEdges: finds edges in a grey image.

use crate::grey::Grey;
use crate::image_processing::InOut;
use crate::{Declaration, Kind, Module, RunError, Upstream, Workspace};
use algorithms::edges::{
    Canny, Direction, canny, kirsch, laplacian_of_gaussian, otsu3, prewitt, roberts, sobel,
};
use algorithms::introsort::Sortable;
use algorithms::numpy::Real;
use cppipe::{Problem, Settings};
use pixels::{Pixels, Plane};

/// What the engine knows of this module.
pub const KIND: Kind = Kind {
    name: "EnhanceEdges",
    former_names: &[],
    newest_revision: 2,
    summary: "finds edges in a grey image",
    read,
};

const AUTOMATIC_HIGH: &str = "Automatically calculate the threshold?";
const ADJUSTMENT: &str = "Threshold adjustment factor";
const METHOD: &str = "Select an edge-finding method";
const DIRECTION: &str = "Select edge direction to enhance";
const AUTOMATIC_SIGMA: &str = "Calculate Gaussian's sigma automatically?";
const SIGMA: &str = "Gaussian's sigma value";
const AUTOMATIC_LOW: &str = "Calculate value for low threshold automatically?";

#[derive(Debug, PartialEq)]
struct EnhanceEdges {
    names: InOut,
    method: Method,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Method {
    Sobel(Direction),
    Prewitt(Direction),
    Roberts,
    /// The deviation of the Gaussian.
    LaplacianOfGaussian(f64),
    Canny(Thresholds),
    Kirsch,
}

/// What Canny's method goes by; a threshold that is not given is found, and adjusted by the factor.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Thresholds {
    sigma: f64,
    low: Option<f64>,
    high: Option<f64>,
    adjustment: f64,
}

fn read(module: &cppipe::Module) -> Result<Box<dyn Module>, Vec<Problem>> {
    let mut values: Vec<String> = module.settings.iter().map(|s| s.value.clone()).collect();
    if module.revision == 1 && values.len() > 6 {
        values.remove(6);
    }
    let mut settings = Settings::upgraded(module, values);
    let names = InOut::read(&mut settings);
    let automatic_high = settings.yes(AUTOMATIC_HIGH);
    let high = settings.number_within(0.0..=1.0, 0.2);
    let adjustment = settings.number(ADJUSTMENT);
    let methods = [
        ("Sobel", Method::Sobel(Direction::All)),
        ("Prewitt", Method::Prewitt(Direction::All)),
        ("Roberts", Method::Roberts),
        ("LoG", Method::LaplacianOfGaussian(0.0)),
        ("Canny", Method::Canny(Thresholds::default())),
        ("Kirsch", Method::Kirsch),
    ];
    let method = settings.choice(METHOD, &methods);
    let directions =
        [("All", Direction::All), ("Horizontal", Direction::Horizontal), ("Vertical", Direction::Vertical)];
    let direction = settings.choice(DIRECTION, &directions);
    let automatic_sigma = settings.yes(AUTOMATIC_SIGMA);
    let sigma = settings.number(SIGMA);
    let automatic_low = settings.yes(AUTOMATIC_LOW);
    let low = settings.number_within(0.0..=1.0, 0.1);
    let sigma = |automatic: f64| if automatic_sigma { automatic } else { sigma };
    let method = match method {
        Method::Sobel(_) => Method::Sobel(direction),
        Method::Prewitt(_) => Method::Prewitt(direction),
        Method::LaplacianOfGaussian(_) => Method::LaplacianOfGaussian(sigma(2.0)),
        Method::Canny(_) => Method::Canny(Thresholds {
            sigma: sigma(1.0),
            low: (!automatic_low).then_some(low),
            high: (!automatic_high).then_some(high),
            adjustment,
        }),
        other => other,
    };
    Ok(Box::new(settings.finish(EnhanceEdges { names, method })?))
}

impl Module for EnhanceEdges {
    fn declare(&self, _upstream: &Upstream) -> Declaration {
        self.names.declaration()
    }

    fn run(&self, workspace: &mut Workspace<'_>) -> Result<(), RunError> {
        let image = workspace.image(&self.names.input)?;
        let mask = workspace.mask_array_of(&image)?;
        let mask = mask.as_deref().and_then(|mask| mask.as_plane());
        let pixels = match Grey::of(&image, &self.names.input)? {
            Grey::F32(plane) => self.method.edges(&plane, mask)?,
            Grey::F64(plane) => self.method.edges(&plane, mask)?,
        };
        let made = workspace.derived_image(&image, pixels)?;
        workspace.add_image(&self.names.output, made);
        Ok(())
    }
}

impl Method {
    fn edges<T: Real + Sortable>(
        &self,
        image: &Plane<T>,
        mask: Option<&Plane<bool>>,
    ) -> Result<Pixels, RunError> {
        let all = Plane::filled(image.height(), image.width(), true);
        let mask = mask.unwrap_or(&all);
        let found = match *self {
            Self::Sobel(direction) => sobel(image, mask, direction),
            // CellProfiler does not give the mask to this one.
            Self::Prewitt(Direction::All) => prewitt(image, &all, Direction::All),
            Self::Prewitt(direction) => prewitt(image, mask, direction),
            Self::Roberts => roberts(image, mask),
            Self::LaplacianOfGaussian(sigma) => {
                laplacian_of_gaussian(image, mask, (sigma * 4.0) as usize + 1, sigma)
            }
            Self::Kirsch => kirsch(image),
            Self::Canny(thresholds) => {
                let how = thresholds.settled(image, mask)?;
                return Ok(Pixels::Bool(canny(image, mask, how).into()));
            }
        };
        Ok(Pixels::F32(found.map(|&v| v.to_f64() as f32).into()))
    }
}

impl Thresholds {
    /// Returns the thresholds with those that are not given found in Sobel's gradient.
    fn settled<T: Real + Sortable>(&self, image: &Plane<T>, mask: &Plane<bool>) -> Result<Canny, RunError> {
        let (mut low, mut high) = (self.low, self.high);
        if low.is_none() || high.is_none() {
            let gradient = sobel(image, mask, Direction::All);
            let inside = gradient.data().iter().zip(mask.data()).filter(|(_, inside)| **inside);
            let values: Vec<T> = inside.map(|(v, _)| *v).collect();
            let found = otsu3(&values);
            let found =
                found.ok_or_else(|| RunError::Refused("no pixel counts to find thresholds with".into()))?;
            low = low.or(Some(found.0.to_f64() * self.adjustment));
            high = high.or(Some(found.1.to_f64() * self.adjustment));
        }
        Ok(Canny { sigma: self.sigma, low: low.unwrap_or_default(), high: high.unwrap_or_default() })
    }
}
