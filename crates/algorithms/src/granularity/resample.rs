//! The image whose grains are measured: sampled down, and without what is larger than its largest grain.

use crate::map_coordinates::{Order, Outside, map_grid};
use crate::morphology::{dilate, disk, erode};
use crate::numpy::Real;
use pixels::Plane;

/// An image sampled down, with its mask.
#[derive(Clone, Debug, PartialEq)]
pub struct Subsampled<T> {
    /// The pixels.
    pub pixels: Plane<T>,
    /// Where they count; `None` is everywhere.
    pub mask: Option<Plane<bool>>,
    /// The height and width that were aimed at, in parts of pixels.
    pub extent: (f64, f64),
}

/// How the background is found.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Background {
    /// Size of the image it is looked for in, over the size of the image it is taken from; 1 or more is the same image.
    pub factor: f64,
    /// Radius of the disk that the image is opened with.
    pub radius: usize,
}

/// Samples `image` and `mask` (H×W) at every 1/`factor` pixels; a factor of 1 or more leaves them as they are.
///
/// The mask is that of its cubic spline above 0.9.
pub fn subsample<T: Real + Into<f64>>(
    image: &Plane<T>,
    mask: Option<&Plane<bool>>,
    factor: f64,
) -> Subsampled<T> {
    let extent = (image.height() as f64, image.width() as f64);
    if factor >= 1.0 {
        return Subsampled { pixels: image.clone(), mask: mask.cloned(), extent };
    }
    sample(image, mask, (extent.0 * factor, extent.1 * factor), factor)
}

fn sample<T: Real + Into<f64>>(
    image: &Plane<T>,
    mask: Option<&Plane<bool>>,
    extent: (f64, f64),
    factor: f64,
) -> Subsampled<T> {
    let places = |n: f64| -> Vec<f64> { (0..n.ceil() as usize).map(|i| i as f64 / factor).collect() };
    let (rows, columns) = (places(extent.0), places(extent.1));
    let pixels = resampled(image, &rows, &columns);
    let inside =
        |places: &[f64], n: usize| -> Vec<bool> { places.iter().map(|&p| p <= n as f64 - 1.0).collect() };
    let mask = match mask {
        None => {
            // The spline of a mask that is 1 everywhere is 1 wherever there is an image.
            let (down, across) = (inside(&rows, image.height()), inside(&columns, image.width()));
            let both = down.iter().flat_map(|&down| across.iter().map(move |&across| down && across));
            (down.contains(&false) || across.contains(&false))
                .then(|| Plane::from_vec(down.len(), across.len(), both.collect()))
        }
        Some(mask) => {
            let weights = mask.map(|&inside| u8::from(inside));
            let sampled = map_grid(&weights, &rows, &columns, Order::Cubic, Outside::Constant(0.0));
            Some(sampled.map(|&v| v > 0.9))
        }
    };
    Subsampled { pixels, mask, extent }
}

fn resampled<T: Real + Into<f64>>(image: &Plane<T>, rows: &[f64], columns: &[f64]) -> Plane<T> {
    map_grid(image, rows, columns, Order::Linear, Outside::Constant(0.0)).map(|&v| T::of(v))
}

/// Takes the background from an image: what is left of it when it is opened with a disk.
pub fn subtract_background<T: Real + Into<f64>>(image: &mut Subsampled<T>, background: Background) {
    let disk = disk(background.radius as f64);
    let opened = |image: &Subsampled<T>| {
        let eroded = erode(&masked(&image.pixels, image.mask.as_ref()), &disk);
        dilate(&masked(&eroded, image.mask.as_ref()), &disk)
    };
    let below = if background.factor < 1.0 {
        let extent = (image.extent.0 * background.factor, image.extent.1 * background.factor);
        let small = opened(&sample(&image.pixels, image.mask.as_ref(), extent, background.factor));
        let places = |n: usize, small: f64, large: f64| stretched(n, small, large);
        let rows = places(image.pixels.height(), extent.0, image.extent.0);
        let columns = places(image.pixels.width(), extent.1, image.extent.1);
        resampled(&small, &rows, &columns)
    } else {
        opened(image)
    };
    for (pixel, &below) in image.pixels.data_mut().iter_mut().zip(below.data()) {
        *pixel = *pixel - below;
        if *pixel < T::ZERO {
            *pixel = T::ZERO;
        }
    }
}

/// Returns the coordinates of `n` pixels in an image of another extent, so that first and last meet.
pub(super) fn stretched(n: usize, to: f64, from: f64) -> Vec<f64> {
    let ratio = (to - 1.0) / (from - 1.0);
    (0..n).map(|i| i as f64 * ratio).collect()
}

fn masked<T: Real>(image: &Plane<T>, mask: Option<&Plane<bool>>) -> Plane<T> {
    match mask {
        None => image.clone(),
        Some(mask) => image.zip(mask, |&v, &inside| if inside { v } else { T::ZERO }),
    }
}
