use super::function::Step;
use crate::RunError;
use pixels::{Array, Pixels, Plane};

/// The sum of a group's images, and how many of them each pixel is the sum of.
///
/// Sums are in the images' type, image after image: an f32 sum depends on their order.
#[derive(Clone, Debug, Default)]
pub(super) struct Total(Option<Sum>);

#[derive(Clone, Debug)]
struct Sum {
    pixels: Pixels,
    counts: Counts,
}

#[derive(Clone, Debug)]
enum Counts {
    /// No image had a mask.
    Everywhere(u32),
    EachPixel(Plane<u32>),
}

impl Total {
    /// Adds an image where its mask holds.
    pub(super) fn add(&mut self, image: Step) -> Result<(), RunError> {
        let Step { pixels, mask } = image;
        let shape = pixels.shape();
        let Some(sum) = &mut self.0 else {
            // Zeros plus the image: a negative zero becomes a positive one.
            let (pixels, counts) = match (pixels, mask) {
                (Pixels::F64(array), mask) => (Pixels::F64(first(&array, mask.as_ref())), of_first(mask)),
                (pixels, mask) => (Pixels::F32(first(&pixels.to_f32(), mask.as_ref())), of_first(mask)),
            };
            self.0 = Some(Sum { pixels, counts });
            return Ok(());
        };
        let other = sum.pixels.shape();
        if shape != other {
            return Err(RunError::Refused(format!(
                "an image of {}×{}×{} cannot be averaged with those before it, of {}×{}×{}",
                shape.height, shape.width, shape.channels, other.height, other.width, other.channels
            )));
        }
        match (&mut sum.pixels, &pixels) {
            (Pixels::F32(total), Pixels::F32(image)) => add(total, image, mask.as_ref(), |a, b| a + b),
            (Pixels::F64(total), image) => add(total, &image.to_f64(), mask.as_ref(), |a, b| a + b),
            (total, image) => {
                let mut widened = total.to_f64().into_owned();
                add(&mut widened, &image.to_f64(), mask.as_ref(), |a, b| a + b);
                *total = Pixels::F64(widened);
            }
        }
        sum.counts.add(mask, (shape.height, shape.width));
        Ok(())
    }

    /// Returns the average, with a mask of the pixels that any image had; `None` when there was no image.
    pub(super) fn average(&self) -> Option<Step> {
        let Sum { pixels, counts } = self.0.as_ref()?;
        let channels = pixels.shape().channels;
        let count = |at: usize| match counts {
            Counts::Everywhere(n) => *n,
            Counts::EachPixel(plane) => plane.data()[at / channels],
        };
        let quotient = |at: usize, v: f64| match count(at) {
            0 => 0.0,
            n => (v / f64::from(n)) as f32,
        };
        let array = match pixels {
            Pixels::F64(array) => divided(array, quotient),
            other => divided(&other.to_f32(), |at, v| quotient(at, v.into())),
        };
        let pixels = Pixels::F32(array);
        let shape = pixels.shape();
        let mask = match counts {
            Counts::Everywhere(n) => Plane::filled(shape.height, shape.width, *n > 0),
            Counts::EachPixel(plane) => plane.map(|&n| n > 0),
        };
        Some(Step { pixels, mask: Some(mask) })
    }
}

impl Counts {
    fn add(&mut self, mask: Option<Plane<bool>>, (height, width): (usize, usize)) {
        match (&mut *self, mask) {
            (Self::Everywhere(n), None) => *n += 1,
            (Self::Everywhere(n), Some(mask)) => {
                *self = Self::EachPixel(Plane::filled(height, width, *n));
                self.add(Some(mask), (height, width));
            }
            (Self::EachPixel(counts), None) => counts.data_mut().iter_mut().for_each(|n| *n += 1),
            (Self::EachPixel(counts), Some(mask)) => {
                counts.data_mut().iter_mut().zip(mask.data()).for_each(|(n, &m)| *n += u32::from(m));
            }
        }
    }
}

fn of_first(mask: Option<Plane<bool>>) -> Counts {
    match mask {
        None => Counts::Everywhere(1),
        Some(mask) => Counts::EachPixel(mask.map(|&m| u32::from(m))),
    }
}

fn first<T: Copy + Default + std::ops::Add<Output = T>>(
    image: &Array<T>,
    mask: Option<&Plane<bool>>,
) -> Array<T> {
    let mut total = image.map(|_| T::default());
    add(&mut total, image, mask, |a, b| a + b);
    total
}

fn add<T: Copy>(
    total: &mut Array<T>,
    image: &Array<T>,
    mask: Option<&Plane<bool>>,
    plus: impl Fn(T, T) -> T,
) {
    let channels = image.shape().channels;
    let Some(mask) = mask else {
        total.data_mut().iter_mut().zip(image.data()).for_each(|(t, &v)| *t = plus(*t, v));
        return;
    };
    let pairs = total.data_mut().chunks_exact_mut(channels).zip(image.data().chunks_exact(channels));
    for ((total, image), _) in pairs.zip(mask.data()).filter(|(_, m)| **m) {
        total.iter_mut().zip(image).for_each(|(t, &v)| *t = plus(*t, v));
    }
}

fn divided<T: Copy>(array: &Array<T>, quotient: impl Fn(usize, T) -> f32) -> Array<f32> {
    let data = array.data().iter().enumerate().map(|(at, &v)| quotient(at, v)).collect();
    Array::from_vec(array.shape(), data)
}
