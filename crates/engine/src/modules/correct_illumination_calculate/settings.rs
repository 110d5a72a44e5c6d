use super::function::{FilterSize, Method, Smoothing, Source};
use super::{Basis, CorrectIlluminationCalculate, IMAGE};
use crate::Module;
use algorithms::illumination::Scaling;
use algorithms::spline_background::{Background, SplineFit};
use cppipe::{Problem, Settings};
use std::sync::Arc;

const FUNCTION: &str = "Name the output image";
const INTENSITY: &str = "Select how the illumination function is calculated";
const DILATE: &str = "Dilate objects in the final averaged image?";
const BLOCK: &str = "Block size";
const RESCALE: &str = "Rescale the illumination function?";
const BASIS: &str = "Calculate function for each image individually, or based on all images?";
const SMOOTHING: &str = "Smoothing method";
const SIZE_METHOD: &str = "Method to calculate smoothing filter size";
const DIAMETER: &str = "Approximate object diameter";
const SIZE: &str = "Smoothing filter size";
const KEEP_AVERAGE: &str = "Retain the averaged image?";
const AVERAGE: &str = "Name the averaged image";
const KEEP_DILATED: &str = "Retain the dilated image?";
const DILATED: &str = "Name the dilated image";
const AUTOMATIC_SPLINES: &str = "Automatically calculate spline parameters?";
const MODE: &str = "Background mode";
const POINTS: &str = "Number of spline points";
const RESAMPLING: &str = "Image resampling factor";

#[derive(Clone, Copy)]
enum SizeMethod {
    Automatic,
    Objects,
    Manual,
}

#[derive(Clone, Copy, PartialEq)]
enum SmoothingMethod {
    No,
    ConvexHull,
    Polynomial,
    Median,
    Gaussian,
    ToAverage,
    Splines,
}

pub(super) fn read(module: &cppipe::Module) -> Result<Box<dyn Module>, Vec<Problem>> {
    let mut values: Vec<_> = module.settings.iter().map(|s| s.value.clone()).collect();
    if module.revision <= 1 {
        values.extend(["Yes", "auto", "5", "2", "2", "40", "0.001"].map(String::from));
    }
    let mut settings = Settings::upgraded(module, values);
    let (image, function) = (settings.text(IMAGE), settings.text(FUNCTION));
    let background = settings.choice(INTENSITY, &[("Regular", false), ("Background", true)]);
    let (dilates, radius) = (settings.yes(DILATE), settings.number_within(0.., 1));
    let block: usize = settings.number_within(1.., 60);
    let scaling = settings.choice(
        RESCALE,
        &[("Yes", Some(Scaling::RobustMinimum)), ("No", None), ("Median", Some(Scaling::Median))],
    );
    let basis = settings.choice(
        BASIS,
        &[
            ("Each", Basis::Each),
            ("All: First cycle", Basis::FirstCycle),
            ("All: Across cycles", Basis::AcrossCycles),
            ("All", Basis::All),
        ],
    );
    let smoothing = settings.choice(
        SMOOTHING,
        &[
            ("No smoothing", SmoothingMethod::No),
            ("Convex Hull", SmoothingMethod::ConvexHull),
            ("Fit Polynomial", SmoothingMethod::Polynomial),
            ("Median Filter", SmoothingMethod::Median),
            ("Gaussian Filter", SmoothingMethod::Gaussian),
            ("Smooth to Average", SmoothingMethod::ToAverage),
            ("Splines", SmoothingMethod::Splines),
        ],
    );
    let size = filter_size(&mut settings);
    let (keeps_average, average) = (settings.yes(KEEP_AVERAGE), settings.text(AVERAGE));
    let (keeps_dilated, dilated) = (settings.yes(KEEP_DILATED), settings.text(DILATED));
    let fit = spline_fit(&mut settings);
    // Splines find the background themselves.
    let blocks = background && smoothing != SmoothingMethod::Splines;
    if blocks && block == 0 {
        settings.problem(BLOCK, "`0` is not a size: blocks are 1 pixel at the least".into(), None);
    }
    let smoothing = match smoothing {
        SmoothingMethod::No => Smoothing::No,
        SmoothingMethod::Polynomial => Smoothing::Polynomial,
        SmoothingMethod::Median => Smoothing::Median(size),
        SmoothingMethod::Gaussian => Smoothing::Gaussian(size),
        SmoothingMethod::ToAverage => Smoothing::ToAverage,
        SmoothingMethod::ConvexHull => Smoothing::ConvexHull,
        SmoothingMethod::Splines => Smoothing::Splines(fit),
    };
    let method = Method {
        source: if blocks { Source::Background(block) } else { Source::Regular },
        dilation: dilates.then_some(radius),
        smoothing,
        scaling,
    };
    Ok(Box::new(settings.finish(CorrectIlluminationCalculate {
        image,
        function,
        average: keeps_average.then_some(average),
        dilated: keeps_dilated.then_some(dilated),
        basis,
        method: Arc::new(method),
    })?))
}

fn filter_size(settings: &mut Settings<'_>) -> FilterSize {
    let method = settings.choice(
        SIZE_METHOD,
        &[
            ("Automatic", SizeMethod::Automatic),
            ("Object size", SizeMethod::Objects),
            ("Manually", SizeMethod::Manual),
        ],
    );
    let (diameter, size): (i32, i32) = (settings.number(DIAMETER), settings.number(SIZE));
    match method {
        SizeMethod::Automatic => FilterSize::Automatic,
        SizeMethod::Objects => FilterSize::Objects(diameter.into()),
        SizeMethod::Manual => FilterSize::Pixels(size.into()),
    }
}

/// Reads how splines are fitted; `None` is automatically.
fn spline_fit(settings: &mut Settings<'_>) -> Option<SplineFit> {
    let automatic = settings.yes(AUTOMATIC_SPLINES);
    let background = settings.choice(
        MODE,
        &[
            ("auto", Background::Automatic),
            ("dark", Background::Dark),
            ("bright", Background::Bright),
            ("gray", Background::Gray),
        ],
    );
    let points: usize = settings.number_within(4.., 5);
    let threshold = settings.number_within(0.1..=5.0, 2.0);
    let scale: f64 = settings.number_within(1.0.., 2.0);
    let iterations = settings.number_within(1.., 40);
    let convergence = settings.number_within(1e-05..=0.1, 0.001);
    if !automatic && points < 4 {
        settings.problem(POINTS, format!("`{points}` is too few: splines need 4 points at the least"), None);
    }
    if !automatic && scale < 1.0 {
        settings.problem(RESAMPLING, format!("`{scale}` is less than 1"), None);
    }
    (!automatic).then_some(SplineFit { background, threshold, points, scale, iterations, convergence })
}
