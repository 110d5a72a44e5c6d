//! The image whose grains are measured: sampled down, and without what is larger than its largest grain.

use crate::map_coordinates::{Order, Outside, map_grid, map_volume};
use crate::numpy::Real;
use crate::structuring_element::{Form, StructuringElement};
use pixels::{Array, Plane, Shape};

/// An image sampled down, with its mask; the planes of a volume lie below each other in both.
#[derive(Clone, Debug, PartialEq)]
pub struct Subsampled<T> {
    /// The pixels.
    pub pixels: Array<T>,
    /// Where they count; `None` is everywhere.
    pub mask: Option<Plane<bool>>,
    /// The depth, height and width that were aimed at, in parts of pixels; a flat image has a depth of 1.
    pub extent: [f64; 3],
    /// Whether this is a volume, be it of one plane.
    pub volume: bool,
    /// How many pixels there are for each of the image sampled, along every axis of it.
    factor: f64,
}

/// How the background is found.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Background {
    /// Size of the image it is looked for in, over the size of the image it is taken from; 1 or more is the same image.
    pub factor: f64,
    /// Radius of the disk or ball that the image is opened with.
    pub radius: usize,
}

/// Samples an image of `depth` planes, and its `mask`, at every 1/`factor` pixels; a factor of 1 or more leaves them as they
/// are. Of a flat image there is one plane; the planes of a volume lie below each other.
///
/// The mask is that of its cubic spline above 0.9.
pub fn subsample<T: Real + Into<f64>>(
    image: &Plane<T>,
    depth: usize,
    mask: Option<&Plane<bool>>,
    factor: f64,
) -> Subsampled<T> {
    let shape = Shape { depth, height: image.height() / depth, width: image.width(), channels: 1 };
    let extent = [shape.depth as f64, shape.height as f64, shape.width as f64];
    let volume = depth > 1;
    if factor >= 1.0 {
        let pixels = Array::from_vec(shape, image.data().to_vec());
        return Subsampled { pixels, mask: mask.cloned(), extent, volume, factor: 1.0 };
    }
    sample(image, shape, volume, mask, scaled(extent, factor, volume), factor)
}

/// Returns the extent of an image whose axes are scaled by `factor`.
fn scaled([depth, height, width]: [f64; 3], factor: f64, volume: bool) -> [f64; 3] {
    [if volume { depth * factor } else { depth }, height * factor, width * factor]
}

fn sample<T: Real + Into<f64>>(
    image: &Plane<T>,
    shape: Shape,
    volume: bool,
    mask: Option<&Plane<bool>>,
    extent: [f64; 3],
    factor: f64,
) -> Subsampled<T> {
    let places = |n: f64| -> Vec<f64> { (0..n.ceil() as usize).map(|i| i as f64 / factor).collect() };
    let grid = extent.map(places);
    let pixels = resampled(image, shape.depth, &grid, volume);
    let inside =
        |places: &[f64], n: usize| -> Vec<bool> { places.iter().map(|&p| p <= n as f64 - 1.0).collect() };
    let mask = match mask {
        None => {
            // The spline of a mask that is 1 everywhere is 1 wherever there is an image.
            let [planes, down, across] = [
                inside(&grid[0], shape.depth),
                inside(&grid[1], shape.height),
                inside(&grid[2], shape.width),
            ];
            let rows = planes.iter().flat_map(|&plane| down.iter().map(move |&down| plane && down));
            let all = rows.flat_map(|row| across.iter().map(move |&across| row && across));
            [&planes, &down, &across]
                .iter()
                .any(|axis| axis.contains(&false))
                .then(|| Plane::from_vec(planes.len() * down.len(), across.len(), all.collect()))
        }
        Some(mask) => {
            let weights = mask.map(|&inside| u8::from(inside));
            Some(mapped(&weights, shape.depth, &grid, volume, Order::Cubic).rows().map(|&v| v > 0.9))
        }
    };
    Subsampled { pixels, mask, extent, volume, factor }
}

fn resampled<T: Real + Into<f64>>(
    image: &Plane<T>,
    depth: usize,
    grid: &[Vec<f64>; 3],
    volume: bool,
) -> Array<T> {
    mapped(image, depth, grid, volume, Order::Linear).map(|&v| T::of(v))
}

fn mapped<T: Copy + Into<f64>>(
    image: &Plane<T>,
    depth: usize,
    [planes, rows, columns]: &[Vec<f64>; 3],
    volume: bool,
    order: Order,
) -> Array<f64> {
    let outside = Outside::Constant(0.0);
    match volume {
        true => map_volume(image, depth, [planes, rows, columns], order, outside),
        false => map_grid(image, rows, columns, order, outside).into(),
    }
}

/// Takes the background from an image: what is left of it when it is opened with a disk, a volume with a ball.
pub fn subtract_background<T: Real + Into<f64>>(image: &mut Subsampled<T>, background: Background) {
    let form = if image.volume { Form::Ball } else { Form::Disk };
    let element = StructuringElement { form, size: background.radius };
    let opened = |image: &Subsampled<T>| {
        let eroded = element.erode(&masked(&image.pixels, image.mask.as_ref()));
        element.dilate(&masked(&eroded, image.mask.as_ref()))
    };
    let below = if background.factor < 1.0 {
        let extent = scaled(image.extent, background.factor, image.volume);
        // CellProfiler looks for the background of a volume in a volume no smaller, sampled as the image was.
        let (sampled, factor) =
            if image.volume { (image.extent, image.factor) } else { (extent, background.factor) };
        let (rows, shape) = (image.pixels.rows(), image.pixels.shape());
        let small = opened(&sample(rows, shape, image.volume, image.mask.as_ref(), sampled, factor));
        let grid = [
            stretched(shape.depth, extent[0], image.extent[0]),
            stretched(shape.height, extent[1], image.extent[1]),
            stretched(shape.width, extent[2], image.extent[2]),
        ];
        resampled(small.rows(), small.shape().depth, &grid, image.volume)
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

fn masked<T: Real>(image: &Array<T>, mask: Option<&Plane<bool>>) -> Array<T> {
    let mut masked = image.clone();
    let mask = mask.into_iter().flat_map(Plane::data);
    masked.data_mut().iter_mut().zip(mask).filter(|(_, inside)| !**inside).for_each(|(v, _)| *v = T::ZERO);
    masked
}
