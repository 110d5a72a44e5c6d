use crate::RunError;
use algorithms::convex_hull_transform::convex_hull_background;
use algorithms::gaussian;
use algorithms::illumination::{self, Scaling};
use algorithms::numpy::{self, Real};
use algorithms::polynomial_surface::fit_polynomial;
use algorithms::spline_background::SplineFit;
use pixels::{Array, Image, Pixels, Plane};
use std::sync::Arc;

/// How the function is made of an image.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Method {
    pub(super) source: Source,
    /// Radius of the cells to dilate, if they are.
    pub(super) dilation: Option<usize>,
    pub(super) smoothing: Smoothing,
    pub(super) scaling: Option<Scaling>,
}

/// What of an image counts.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Source {
    /// Its pixels.
    Regular,
    /// The least pixel of blocks of this side.
    Background(usize),
}

/// How the average is smoothed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Smoothing {
    No,
    Polynomial,
    Median(FilterSize),
    Gaussian(FilterSize),
    ToAverage,
    ConvexHull,
    /// `None` fits as suits the image's size.
    Splines(Option<SplineFit>),
}

/// How wide the smoothing filter is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum FilterSize {
    Automatic,
    /// For objects of this diameter.
    Objects(f64),
    Pixels(f64),
}

impl FilterSize {
    /// Returns the Gaussian's deviation for an image of this size, the size being its width at half height.
    fn sigma(self, (height, width): (usize, usize)) -> f64 {
        let size = match self {
            Self::Automatic => (height.max(width) as f64 / 40.0).min(30.0),
            Self::Objects(diameter) => diameter * 2.35 / 3.5,
            Self::Pixels(pixels) => pixels,
        };
        size / 2.35
    }
}

/// An image on its way to the function.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Step {
    pub(super) pixels: Pixels,
    /// `None` is an image without a mask.
    pub(super) mask: Option<Plane<bool>>,
}

impl Step {
    /// Returns the image as others see it.
    pub(super) fn image(step: &Arc<Self>) -> Arc<Image> {
        let mask = step.mask.clone().map(Into::into);
        Arc::new(Image { mask, ..Image::new(step.pixels.clone()) })
    }
}

/// The function, and what it was made through.
#[derive(Debug)]
pub(super) struct Function<T> {
    pub(super) average: T,
    pub(super) dilated: T,
    pub(super) scaled: T,
}

impl<T> Function<T> {
    pub(super) fn map<U>(&self, f: impl Fn(&T) -> U) -> Function<U> {
        Function { average: f(&self.average), dilated: f(&self.dilated), scaled: f(&self.scaled) }
    }
}

impl Method {
    /// Returns whether preparing an image blackens it outside its mask.
    pub(super) fn blackens(&self) -> bool {
        self.source == Source::Regular
    }

    /// Returns `image` with what counts of it for averaging.
    pub(super) fn prepared(
        &self,
        image: &Image,
        mask: Option<Plane<bool>>,
        name: &str,
    ) -> Result<Step, RunError> {
        if image.volumetric {
            return Err(RunError::NotNative(format!("the illumination of the volume `{name}`")));
        }
        let pixels = match (self.source, &image.pixels) {
            (_, Pixels::Bool(_) | Pixels::Int(_)) => {
                let what = "the illumination of an image that is binary or of whole numbers";
                return Err(RunError::NotNative(format!("{what}, `{name}`,")));
            }
            (Source::Regular, pixels) if mask.is_some() => single(blackened(pixels, mask.as_ref())),
            (Source::Regular, pixels) => pixels.clone(),
            (Source::Background(side), pixels) => {
                let minima = |plane: &Plane<f32>| illumination::block_minima(plane, mask.as_ref(), side);
                // The least of values rounded is the least value rounded.
                Pixels::F32(channel_by_channel(&pixels.to_f32(), minima))
            }
        };
        Ok(Step { pixels, mask })
    }

    /// Returns the function made of an average. `each` says that it is of one image, whose mask all steps have.
    pub(super) fn function(
        &self,
        average: Step,
        each: bool,
        name: &str,
    ) -> Result<Function<Arc<Step>>, RunError> {
        let average = Arc::new(average);
        let next = |before: &Arc<Step>, pixels| {
            Arc::new(Step { pixels, mask: before.mask.clone().filter(|_| each) })
        };
        let dilated = match self.dilation {
            None => average.clone(),
            Some(radius) => next(&average, self.dilated(&average, radius)),
        };
        let smoothed = match self.smoothing {
            Smoothing::No => dilated.clone(),
            smoothing => next(&dilated, smoothing.smoothed(&dilated, name)?),
        };
        let scaled = match self.scaling {
            None => smoothed.clone(),
            Some(scaling) => next(&smoothed, scaled(&smoothed, scaling)),
        };
        Ok(Function { average, dilated, scaled })
    }

    fn dilated(&self, step: &Step, radius: usize) -> Pixels {
        let mask = step.mask_or_all();
        Pixels::F32(match &step.pixels {
            Pixels::F64(array) => {
                channel_by_channel(array, |p| rounded(&illumination::dilate(p, &mask, radius)))
            }
            other => {
                channel_by_channel(&other.to_f32(), |p| rounded(&illumination::dilate(p, &mask, radius)))
            }
        })
    }
}

impl Step {
    fn mask_or_all(&self) -> Plane<bool> {
        let shape = self.pixels.shape();
        self.mask.clone().unwrap_or_else(|| Plane::filled(shape.height, shape.width, true))
    }
}

impl Smoothing {
    fn smoothed(self, step: &Step, name: &str) -> Result<Pixels, RunError> {
        let mask = step.mask_or_all();
        let channels = step.pixels.shape().channels > 1;
        let smoothed = match &step.pixels {
            Pixels::F64(array) => each_channel(array, |plane| self.plane(plane, &mask, channels)),
            other => each_channel(&other.to_f32(), |plane| self.plane(plane, &mask, channels)),
        };
        smoothed
            .map(Pixels::F32)
            .map_err(|why| RunError::Refused(format!("image `{name}` cannot be smoothed: {why}")))
    }

    /// Smooths one channel, or says why that cannot be done.
    fn plane<T: Real>(
        self,
        plane: &Plane<T>,
        mask: &Plane<bool>,
        colour: bool,
    ) -> Result<Plane<f32>, &'static str> {
        Ok(match self {
            Self::No => plane.map(|v| v.to_f64() as f32),
            Self::Polynomial => rounded(&fit_polynomial(plane, mask, true)),
            Self::Gaussian(size) => rounded(&gaussian::smooth(plane, Some(mask), size.sigma(plane.shape()))),
            Self::Median(size) => {
                let radius = ((size.sigma(plane.shape()) + 0.5) as usize).max(1);
                let median = illumination::median(plane, mask, radius);
                // CellProfiler puts the integers of a colour image's channels into an image of floats as they are.
                let unit = if colour { 1.0 } else { 65535.0 };
                median.map(|&v| f32::from(v) / unit)
            }
            Self::ToAverage => {
                let counted = plane.data().iter().zip(mask.data()).filter(|(_, m)| **m);
                let mean = numpy::mean(&counted.map(|(&v, _)| v).collect::<Vec<T>>());
                Plane::filled(plane.height(), plane.width(), mean.to_f64() as f32)
            }
            Self::ConvexHull => {
                let hulls = convex_hull_background(&plane.map(|v| v.to_f64()), mask);
                rounded(&hulls.ok_or("the convex hull of its brightest pixels is all of it")?)
            }
            Self::Splines(fit) => {
                let fit = fit.unwrap_or_else(|| SplineFit::automatic(plane.shape()));
                let surface = illumination::splines(plane, mask, fit);
                let surface = surface.ok_or("too few pixels, or none inside its mask, for splines")?;
                surface.map(|v| v.to_f64() as f32)
            }
        })
    }
}

fn scaled(step: &Step, scaling: Scaling) -> Pixels {
    let mask = step.mask.as_ref();
    Pixels::F32(match &step.pixels {
        Pixels::F64(array) => {
            channel_by_channel(array, |p| illumination::scale(p, mask, scaling).map(|&v| v as f32))
        }
        other => channel_by_channel(&other.to_f32(), |p| illumination::scale(p, mask, scaling)),
    })
}

/// Returns `pixels` with 0 outside the mask.
pub(super) fn blackened(pixels: &Pixels, mask: Option<&Plane<bool>>) -> Pixels {
    fn black<T: Copy + Default>(array: &Array<T>, mask: Option<&Plane<bool>>) -> Array<T> {
        let mut array = array.clone();
        let channels = array.shape().channels;
        for (pixel, _) in array
            .data_mut()
            .chunks_exact_mut(channels)
            .zip(mask.into_iter().flat_map(Plane::data))
            .filter(|(_, m)| !**m)
        {
            pixel.fill(T::default());
        }
        array
    }
    match pixels {
        Pixels::Bool(array) => Pixels::Bool(black(array, mask)),
        Pixels::F32(array) => Pixels::F32(black(array, mask)),
        Pixels::F64(array) => Pixels::F64(black(array, mask)),
        Pixels::Int(array) => Pixels::Int(black(array, mask)),
    }
}

/// Returns pixels as CellProfiler's `Image` takes them: in f32.
fn single(pixels: Pixels) -> Pixels {
    match pixels {
        Pixels::F64(array) => Pixels::F32(array.map(|&v| v as f32)),
        other => other,
    }
}

fn rounded(plane: &Plane<f64>) -> Plane<f32> {
    plane.map(|&v| v as f32)
}

/// Returns what `f` makes of each channel, together again.
fn each_channel<T: Copy, E>(
    array: &Array<T>,
    f: impl Fn(&Plane<T>) -> Result<Plane<f32>, E>,
) -> Result<Array<f32>, E> {
    if let Some(plane) = array.as_plane() {
        return f(plane).map(Into::into);
    }
    let shape = array.shape();
    let planes: Vec<_> = (0..shape.channels).map(|c| f(&array.plane(0, c))).collect::<Result<_, E>>()?;
    let pixels = 0..shape.height * shape.width;
    let data = pixels.flat_map(|at| planes.iter().map(move |p| p.data()[at])).collect();
    Ok(Array::from_vec(shape, data))
}

/// As [`each_channel`], where `f` cannot fail.
fn channel_by_channel<T: Copy>(array: &Array<T>, f: impl Fn(&Plane<T>) -> Plane<f32>) -> Array<f32> {
    match each_channel::<T, std::convert::Infallible>(array, |plane| Ok(f(plane))) {
        Ok(array) => array,
    }
}
