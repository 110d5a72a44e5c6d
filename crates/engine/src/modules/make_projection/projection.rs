//! What is kept of the images that have come, and what is made of it.

use crate::RunError;
use algorithms::numpy::{self, Real};
use pixels::{Array, Image, Pixels, Plane, Shape};

/// How images are put together.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Method {
    Average,
    Maximum,
    Minimum,
    Sum,
    Variance,
    /// The power at a frequency: so many images a turn.
    Power(f64),
    Brightfield,
    Mask,
}

/// The images so far.
pub(super) struct Projection {
    method: Method,
    /// How many images count at each pixel.
    counts: Plane<u32>,
    state: State,
}

enum State {
    Single(Kept<f32>),
    Double(Kept<f64>),
    Binary(Array<bool>),
}

/// What is kept of images of one type.
struct Kept<T> {
    /// Sums, or greatest or least values.
    values: Array<T>,
    /// Sums of squares, for the variance.
    squares: Vec<f64>,
    /// Sums of values turned on the circle, and of the turns where pixels count, for the power.
    turned: Vec<[f64; 2]>,
    turns: Vec<[f64; 2]>,
    /// Images that have come.
    images: usize,
    /// The least values, and the mean of the first image, for bright fields.
    least: Array<T>,
    mean: T,
}

impl Projection {
    /// Starts with the first image.
    pub(super) fn start(
        method: Method,
        pixels: &Pixels,
        mask: Option<Plane<bool>>,
    ) -> Result<Self, RunError> {
        let shape = pixels.shape();
        let inside = mask.unwrap_or_else(|| Plane::filled(shape.height, shape.width, true));
        let state = match (method, pixels) {
            (Method::Mask, _) => State::Binary(inside.clone().into()),
            (_, Pixels::F32(array)) => State::Single(Kept::start(method, array, &inside)),
            (_, Pixels::F64(array)) => State::Double(Kept::start(method, array, &inside)),
            (Method::Average | Method::Sum | Method::Maximum | Method::Minimum, Pixels::Bool(array)) => {
                let mut values = Pixels::Bool(array.clone());
                if method == Method::Minimum {
                    State::Binary(outside_true(array, &inside))
                } else {
                    values.zero_outside(&inside.clone().into());
                    let Pixels::Bool(values) = values else { return Err(mixed()) };
                    State::Binary(values)
                }
            }
            _ => return Err(RunError::NotNative("this projection of binary images or whole numbers".into())),
        };
        Ok(Self { method, counts: inside.map(|&inside| u32::from(inside)), state })
    }

    /// Adds another image.
    pub(super) fn add(&mut self, pixels: &Pixels, mask: Option<Plane<bool>>) -> Result<(), RunError> {
        let shape = pixels.shape();
        let inside = mask.unwrap_or_else(|| Plane::filled(shape.height, shape.width, true));
        if inside.shape() != self.counts.shape() {
            return Err(RunError::Refused("the images to project are of different sizes".into()));
        }
        match &mut self.state {
            State::Binary(so_far) if self.method == Method::Mask => {
                so_far.data_mut().iter_mut().zip(inside.data()).for_each(|(s, &i)| *s &= i);
            }
            State::Binary(so_far) => {
                let Pixels::Bool(array) = pixels else { return Err(mixed()) };
                same(so_far.shape(), array.shape())?;
                let least = self.method == Method::Minimum;
                let channels = shape.channels;
                let pixels =
                    so_far.data_mut().chunks_exact_mut(channels).zip(array.data().chunks_exact(channels));
                for ((so_far, pixel), _) in pixels.zip(inside.data()).filter(|(_, inside)| **inside) {
                    for (s, &v) in so_far.iter_mut().zip(pixel) {
                        *s = if least { *s && v } else { *s || v };
                    }
                }
            }
            State::Single(kept) => {
                let Pixels::F32(array) = pixels else { return Err(mixed()) };
                kept.add(self.method, array, &inside)?;
            }
            State::Double(kept) => kept.add(self.method, &pixels.to_f64(), &inside)?,
        }
        self.counts.data_mut().iter_mut().zip(inside.data()).for_each(|(c, &i)| *c += u32::from(i));
        Ok(())
    }

    /// Makes the image; it has a mask where no image counted at some pixel.
    pub(super) fn image(&self) -> Result<Image, RunError> {
        let channels = match &self.state {
            State::Single(kept) => kept.values.shape().channels,
            State::Double(kept) => kept.values.shape().channels,
            State::Binary(array) => array.shape().channels,
        };
        if matches!(self.method, Method::Power(_)) && channels > 1 {
            return Err(RunError::Refused("the power of images in colours is not defined".into()));
        }
        let pixels = match &self.state {
            State::Binary(array) if self.method == Method::Average => {
                let counts = self.counts.data();
                let mean = |(i, &v): (usize, &bool)| average(f64::from(u8::from(v)), counts[i / channels]);
                let data = array.data().iter().enumerate().map(mean).collect();
                Pixels::F32(Array::from_vec(array.shape(), data))
            }
            State::Binary(array) => Pixels::Bool(array.clone()),
            State::Single(kept) => Pixels::F32(kept.image(self.method, &self.counts)),
            State::Double(kept) => Pixels::F32(kept.image(self.method, &self.counts)),
        };
        let mut image = Image::new(pixels);
        let mask = Array::from(self.counts.map(|&count| count > 0));
        image.pixels.zero_outside(&mask);
        if self.method != Method::Mask && mask.data().contains(&false) {
            image.mask = Some(mask);
        }
        Ok(image)
    }
}

impl<T: Real> Kept<T> {
    fn start(method: Method, array: &Array<T>, inside: &Plane<bool>) -> Self {
        let shape = array.shape();
        let one = T::of(1.0);
        let outside = match method {
            Method::Minimum => Some(one),
            Method::Brightfield => None,
            _ => Some(T::ZERO),
        };
        let values = match outside {
            Some(outside) => by_pixel(array, inside, |v, inside| if inside { v } else { outside }),
            None => array.clone(),
        };
        let squares = match method {
            Method::Variance => values.data().iter().map(|v| v.to_f64() * v.to_f64()).collect(),
            _ => Vec::new(),
        };
        let (turned, turns) = match method {
            Method::Power(_) => (
                array.data().iter().map(|v| [v.to_f64(), 0.0]).collect(),
                inside.data().iter().map(|&i| [f64::from(u8::from(i)), 0.0]).collect(),
            ),
            _ => (Vec::new(), Vec::new()),
        };
        let (least, mean) = match method {
            Method::Brightfield => (array.clone(), numpy::mean(array.data())),
            _ => (Array::from_vec(Shape { height: 0, ..shape }, Vec::new()), T::ZERO),
        };
        Self { values, squares, turned, turns, images: 1, least, mean }
    }

    fn add(&mut self, method: Method, array: &Array<T>, inside: &Plane<bool>) -> Result<(), RunError> {
        same(self.values.shape(), array.shape())?;
        let channels = array.shape().channels;
        let inside = inside.data();
        match method {
            Method::Average | Method::Sum => self.each(array, inside, |so_far, v| so_far + v),
            Method::Maximum => self.each(array, inside, |s, v| if s.is_nan() || s > v { s } else { v }),
            Method::Minimum => self.each(array, inside, |s, v| if s.is_nan() || s < v { s } else { v }),
            Method::Variance => {
                self.each(array, inside, |so_far, v| so_far + v);
                for (i, (square, v)) in self.squares.iter_mut().zip(array.data()).enumerate() {
                    if inside[i / channels] {
                        *square += v.to_f64() * v.to_f64();
                    }
                }
            }
            Method::Power(frequency) => {
                self.each(array, inside, |so_far, v| so_far + v);
                let angle = 2.0 * std::f64::consts::PI * self.images as f64 / frequency;
                let turn = [angle.cos(), angle.sin()];
                // A turn times a pixel is in the pixels' type.
                let single = turn.map(T::of);
                for (i, (turned, &v)) in self.turned.iter_mut().zip(array.data()).enumerate() {
                    if inside[i / channels] {
                        turned[0] += (single[0] * v).to_f64();
                        turned[1] += (single[1] * v).to_f64();
                    }
                }
                for turns in self.turns.iter_mut().zip(inside).filter(|(_, i)| **i).map(|(t, _)| t) {
                    turns[0] += turn[0];
                    turns[1] += turn[1];
                }
            }
            Method::Brightfield => {
                if channels > 1 {
                    return Err(RunError::Refused("CellProfiler projects no bright fields in colour".into()));
                }
                let mean = numpy::mean(array.data());
                let extremes = self.least.data_mut().iter_mut().zip(self.values.data_mut());
                for (((least, greatest), &v), &inside) in extremes.zip(array.data()).zip(inside) {
                    let v = v * self.mean / mean;
                    let (above, below) = (*greatest < v && inside, *least > v && inside);
                    if below {
                        *least = v;
                    }
                    // A new greatest value forgets the least.
                    if above {
                        *greatest = v;
                        *least = v;
                    }
                }
            }
            Method::Mask => {}
        }
        self.images += 1;
        Ok(())
    }

    fn each(&mut self, array: &Array<T>, inside: &[bool], f: impl Fn(T, T) -> T) {
        let channels = array.shape().channels;
        let pixels =
            self.values.data_mut().chunks_exact_mut(channels).zip(array.data().chunks_exact(channels));
        for ((so_far, pixel), _) in pixels.zip(inside).filter(|(_, inside)| **inside) {
            so_far.iter_mut().zip(pixel).for_each(|(s, &v)| *s = f(*s, v));
        }
    }

    fn image(&self, method: Method, counts: &Plane<u32>) -> Array<f32> {
        let shape = self.values.shape();
        let values = self.values.data();
        let count = |i: usize| counts.data()[i / shape.channels];
        let data = (0..values.len()).map(|i| match method {
            Method::Average => average(values[i].to_f64(), count(i)),
            Method::Variance => {
                let n = f64::from(count(i));
                let mean_square = (self.squares[i] / n) as f32;
                (f64::from(mean_square) - (values[i] * values[i]).to_f64() / (n * n)) as f32
            }
            Method::Power(_) => {
                let share = values[i].to_f64();
                let turns = self.turns[i];
                let one = 1.0 / f64::from(count(i));
                let part = |k: usize| self.turned[i][k] - share * turns[k] * one;
                (part(0) * part(0) + part(1) * part(1)) as f32
            }
            Method::Brightfield => (values[i] - self.least.data()[i]).to_f64() as f32,
            _ => values[i].to_f64() as f32,
        });
        Array::from_vec(shape, data.collect())
    }
}

/// Returns a sum over a count, in f64, as f32.
fn average(sum: f64, count: u32) -> f32 {
    (sum / f64::from(count)) as f32
}

fn by_pixel<T: Copy>(array: &Array<T>, inside: &Plane<bool>, f: impl Fn(T, bool) -> T) -> Array<T> {
    let channels = array.shape().channels;
    let pixels = array.data().chunks_exact(channels).zip(inside.data());
    let data =
        pixels.flat_map(|(pixel, &inside)| pixel.iter().map(move |&v| (v, inside))).map(|(v, i)| f(v, i));
    Array::from_vec(array.shape(), data.collect())
}

fn outside_true(array: &Array<bool>, inside: &Plane<bool>) -> Array<bool> {
    by_pixel(array, inside, |v, inside| v || !inside)
}

fn same(a: Shape, b: Shape) -> Result<(), RunError> {
    if a == b {
        return Ok(());
    }
    Err(RunError::Refused("the images to project are of different shapes".into()))
}

fn mixed() -> RunError {
    RunError::NotNative("projecting images of different types".into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use pixels::Shape;

    #[test]
    fn power_is_that_of_grey_images_only() {
        let image = |channels| {
            let shape = Shape { channels, ..Shape::grey(2, 2) };
            let pixels = Pixels::F32(Array::from_vec(shape, vec![0.5; 4 * channels]));
            Projection::start(Method::Power(6.0), &pixels, None).unwrap().image()
        };
        assert!(image(1).is_ok());
        assert!(matches!(image(3), Err(RunError::Refused(_))));
    }
}
