//! Two images side by side, and the objects they are measured in.

use crate::grey::Grey;
use crate::{Objects, RunError, Workspace};
use algorithms::colocalization::{
    Channel, CostesSearch, Metrics, ObjectPair, ObjectPixels, Sorted, Whole, costes_threshold,
    measure_object, measure_whole, ranks_within, summarize,
};
use algorithms::regions::Regions;
use pixels::{Labels, Plane};
use std::borrow::Cow;
use std::cell::OnceCell;

/// Something of an image, in the type its pixels have.
pub(super) enum Typed<F, D> {
    F32(F),
    F64(D),
}

/// Runs `$body` with `$x` and `$y`, whatever types the two have.
macro_rules! both {
    ($pair:expr, |$x:pat_param, $y:pat_param| $body:expr) => {
        match $pair {
            (Typed::F32($x), Typed::F32($y)) => $body,
            (Typed::F32($x), Typed::F64($y)) => $body,
            (Typed::F64($x), Typed::F32($y)) => $body,
            (Typed::F64($x), Typed::F64($y)) => $body,
        }
    };
}

/// Makes of `$a`, whatever its type, something of the same type.
macro_rules! each {
    ($a:expr, |$x:pat_param| $body:expr) => {
        match $a {
            Typed::F32($x) => Typed::F32($body),
            Typed::F64($x) => Typed::F64($body),
        }
    };
}

/// The pixels of an image, row by row.
type Values<'a> = Typed<Cow<'a, Plane<f32>>, Cow<'a, Plane<f64>>>;

impl<'a> Values<'a> {
    fn shape(&self) -> (usize, usize) {
        match self {
            Typed::F32(plane) => plane.shape(),
            Typed::F64(plane) => plane.shape(),
        }
    }

    fn borrowed(&'a self) -> Self {
        each!(self, |plane| Cow::Borrowed(plane.as_ref()))
    }
}

/// An image of the list, and its pixels in order once they are asked for.
pub(super) struct Image<'a> {
    name: &'a str,
    source: &'a pixels::Image,
    values: Values<'a>,
    mask: Option<Cow<'a, Plane<bool>>>,
    scale: Option<f64>,
    has_nan: bool,
    sorted: OnceCell<Typed<Sorted<f32>, Sorted<f64>>>,
    /// The rank of each pixel among those of all object sets, once they are asked for.
    shared_ranks: OnceCell<Vec<u32>>,
}

impl<'a> Image<'a> {
    pub(super) fn new(
        workspace: &Workspace<'_>,
        name: &'a str,
        source: &'a pixels::Image,
    ) -> Result<Self, RunError> {
        // A volume is measured as its planes below each other: only which pixels belong together counts.
        let grey = Grey::of_planes(source, name)?;
        let values = match grey {
            Grey::F32(plane) => Typed::F32(plane),
            Grey::F64(plane) => Typed::F64(plane),
        };
        let has_nan = match &values {
            Typed::F32(plane) => plane.data().iter().any(|v| v.is_nan()),
            Typed::F64(plane) => plane.data().iter().any(|v| v.is_nan()),
        };
        let mask = workspace.mask_array_of(source)?.map(|mask| match mask {
            Cow::Borrowed(mask) => Cow::Borrowed(mask.rows()),
            Cow::Owned(mask) => Cow::Owned(mask.rows().clone()),
        });
        let scale = workspace.scale_of(source);
        Ok(Self {
            name,
            source,
            values,
            mask,
            scale,
            has_nan,
            sorted: OnceCell::new(),
            shared_ranks: OnceCell::new(),
        })
    }

    /// Returns the rank of each pixel among those in `pixels`, or also those in `shared`, the pixels of all object sets.
    fn ranks(&self, pixels: &ObjectPixels, shared: Option<&ObjectPixels>) -> Cow<'_, [u32]> {
        // The ranks of NaN hang on the order of the pixels, so that every set has its own.
        match shared.filter(|_| !self.has_nan) {
            Some(shared) => Cow::Borrowed(self.shared_ranks.get_or_init(|| ranks(&self.values, shared))),
            None => Cow::Owned(ranks(&self.values, pixels)),
        }
    }

    /// Returns `plane`, of another image, cropped as this image was cropped to its size.
    fn crop<'p, T: Copy>(
        &self,
        workspace: &Workspace<'_>,
        plane: &'p Plane<T>,
    ) -> Result<Cow<'p, Plane<T>>, RunError> {
        workspace
            .crop_similarly(self.source, plane)
            .map_err(|why| RunError::Refused(format!("`{}`: {why}", self.name)))
    }

    /// Returns the pixels and the mask, cropped as `other` was if that is smaller.
    fn fitted<'p>(&'p self, workspace: &Workspace<'_>, other: &Image<'_>) -> Result<Fitted<'p>, RunError> {
        let size = |(height, width): (usize, usize)| height * width;
        if size(self.values.shape()) <= size(other.values.shape()) {
            return Ok((self.values.borrowed(), self.mask.as_deref().map(Cow::Borrowed)));
        }
        let values = each!(&self.values, |plane| other.crop(workspace, plane)?);
        let mask = self.mask.as_deref().map(|mask| other.crop(workspace, mask)).transpose()?;
        Ok((values, mask))
    }
}

/// Pixels and mask of one size.
type Fitted<'a> = (Values<'a>, Option<Cow<'a, Plane<bool>>>);

/// Two images and the pixels that count in both.
pub(super) struct Pair<'a> {
    images: (&'a Image<'a>, &'a Image<'a>),
    /// The pixels that count; `None` when all do.
    values: Option<(Typed<Vec<f32>, Vec<f64>>, Typed<Vec<f32>, Vec<f64>>)>,
}

impl<'a> Pair<'a> {
    pub(super) fn new(
        workspace: &Workspace<'_>,
        first: &'a Image<'a>,
        second: &'a Image<'a>,
    ) -> Result<Self, RunError> {
        let images = (first, second);
        let (x, mask_x) = first.fitted(workspace, second)?;
        let (y, mask_y) = second.fitted(workspace, first)?;
        if x.shape() != y.shape() {
            return Err(RunError::Refused(format!(
                "images `{}` and `{}` differ in size",
                first.name, second.name
            )));
        }
        let same = x.shape() == first.values.shape() && y.shape() == second.values.shape();
        if same && mask_x.is_none() && mask_y.is_none() && !first.has_nan && !second.has_nan {
            return Ok(Self { images, values: None });
        }
        let inside = |at: usize| mask_x.iter().chain(&mask_y).all(|mask| mask.data()[at]);
        let counts: Vec<usize> = both!((&x, &y), |x, y| {
            let number = |at: usize| !x.data()[at].is_nan() && !y.data()[at].is_nan();
            (0..x.len()).filter(|&at| inside(at) && number(at)).collect()
        });
        let chosen = |values: &Values<'_>| each!(values, |v| counts.iter().map(|&at| v.data()[at]).collect());
        Ok(Self { images, values: Some((chosen(&x), chosen(&y))) })
    }

    /// Returns the pixels that count in both images.
    fn values(&self) -> (Typed<&[f32], &[f64]>, Typed<&[f32], &[f64]>) {
        match &self.values {
            Some((x, y)) => (each!(x, |x| x.as_slice()), each!(y, |y| y.as_slice())),
            None => {
                let (x, y) = (&self.images.0.values, &self.images.1.values);
                (each!(x, |x| x.data()), each!(y, |y| y.data()))
            }
        }
    }

    /// Returns whether no pixel counts in both images.
    fn is_empty(&self) -> bool {
        both!(self.values(), |x, _| x.is_empty())
    }

    /// Returns Costes' thresholds for both images; `None` when no pixel counts.
    pub(super) fn costes(&self, search: CostesSearch) -> Result<Option<(f64, f64)>, RunError> {
        if self.is_empty() {
            return Ok(None);
        }
        let scales = [self.images.0.scale, self.images.1.scale].into_iter().flatten();
        let scale = scales.reduce(f64::max).unwrap_or(255.0);
        let values = self.values();
        let sort = |values: &Typed<&[f32], &[f64]>| each!(values, |v| Sorted::new(v));
        let own;
        let (sorted_x, sorted_y) = if self.values.is_none() {
            let of = |image: &'a Image<'a>, values| image.sorted.get_or_init(|| sort(values));
            (of(self.images.0, &values.0), of(self.images.1, &values.1))
        } else {
            own = (sort(&values.0), sort(&values.1));
            (&own.0, &own.1)
        };
        let thresholds = match (values, (sorted_x, sorted_y)) {
            ((Typed::F32(x), Typed::F32(y)), (Typed::F32(p), Typed::F32(q))) => {
                costes_threshold((x, p), (y, q), search, scale)
            }
            ((Typed::F32(x), Typed::F64(y)), (Typed::F32(p), Typed::F64(q))) => {
                costes_threshold((x, p), (y, q), search, scale)
            }
            ((Typed::F64(x), Typed::F32(y)), (Typed::F64(p), Typed::F32(q))) => {
                costes_threshold((x, p), (y, q), search, scale)
            }
            ((Typed::F64(x), Typed::F64(y)), (Typed::F64(p), Typed::F64(q))) => {
                costes_threshold((x, p), (y, q), search, scale)
            }
            _ => None,
        };
        let one = || RunError::Refused("the correlation of one pixel is not defined".into());
        thresholds.map(Some).ok_or_else(one)
    }

    /// Measures both images across all their pixels.
    pub(super) fn measure(&self, percent: f64, metrics: Metrics, costes: Option<(f64, f64)>) -> Whole {
        if self.is_empty() {
            return Whole::NONE;
        }
        both!(self.values(), |x, y| measure_whole(x, y, percent, metrics, costes))
    }
}

/// An object set.
pub(super) struct ObjectSet<'a> {
    name: &'a str,
    objects: &'a Objects,
    labels: &'a Plane<u32>,
    count: usize,
}

/// Two images that are measured in objects, by their places in the list, and their thresholds after Costes.
pub(super) struct Wanted {
    pub(super) places: (usize, usize),
    pub(super) costes: Option<(f64, f64)>,
}

impl<'a> ObjectSet<'a> {
    pub(super) fn new(name: &'a str, objects: &'a Objects) -> Result<Self, RunError> {
        let labels = match &objects.segmented {
            Labels::Dense(labels) => labels.rows(),
            Labels::Overlapping(_) => objects.flat(name)?,
        };
        Ok(Self { name, objects, labels, count: objects.count() })
    }

    pub(super) fn count(&self) -> usize {
        self.count
    }

    /// Returns the pixels in any object of several sets of one size, which share their ranks.
    pub(super) fn shared_pixels(sets: &[Self]) -> Option<ObjectPixels> {
        let [first, others @ ..] = sets else { return None };
        if others.is_empty() || others.iter().any(|set| set.labels.shape() != first.labels.shape()) {
            return None;
        }
        let mut any = first.labels.clone();
        for set in others {
            for (any, &label) in any.data_mut().iter_mut().zip(set.labels.data()) {
                *any = (*any | label).min(1);
            }
        }
        Some(ObjectPixels::new(&Regions::of(&any), any.width()))
    }

    /// Returns whether the objects lie pixel by pixel on an image without a mask.
    fn lies_on(&self, image: &Image<'_>) -> bool {
        self.labels.shape() == image.values.shape() && image.mask.is_none()
    }

    /// Returns whether a pair of images is one for [`Self::measure_together`].
    pub(super) fn lies_on_both(&self, pair: &Pair<'_>) -> bool {
        self.count > 0 && self.lies_on(pair.images.0) && self.lies_on(pair.images.1) && !pair.is_empty()
    }

    /// Measures many pairs of images that the objects lie on. `shared` are the pixels in all sets, if there are several.
    pub(super) fn measure_together(
        &self,
        images: &[Image<'_>],
        wanted: &[Wanted],
        shared: Option<&ObjectPixels>,
        percent: f64,
        metrics: Metrics,
    ) -> Result<Vec<ObjectPair>, RunError> {
        if wanted.is_empty() {
            return Ok(Vec::new());
        }
        let pixels = ObjectPixels::new(&Regions::of(self.labels), self.labels.width());
        let is_wanted = |place| wanted.iter().any(|w| w.places.0 == place || w.places.1 == place);
        let images = images.iter().enumerate().map(|(place, image)| is_wanted(place).then_some(image));
        let ranks: Vec<_> = images
            .clone()
            .map(|image| image.filter(|_| metrics.rank_weighted).map(|image| image.ranks(&pixels, shared)))
            .collect();
        let channels = images.zip(&ranks).map(|(image, ranks)| {
            image.map(|image| channel(&image.values, ranks.as_deref(), &pixels, percent))
        });
        self.measured(channels.collect(), wanted, &pixels, metrics)
    }

    /// Measures a pair of images in the objects.
    pub(super) fn measure(
        &self,
        workspace: &Workspace<'_>,
        pair: &Pair<'_>,
        percent: f64,
        metrics: Metrics,
        costes: Option<(f64, f64)>,
    ) -> Result<ObjectPair, RunError> {
        let (first, second) = pair.images;
        let shape = first.values.shape();
        let volumetric = first.source.volumetric || self.objects.segmented.shape().depth > 1;
        if volumetric && (self.labels.shape() != shape || second.values.shape() != shape) {
            return Err(RunError::NotNative(format!(
                "objects `{}` of another shape than the volume",
                self.name
            )));
        }
        let (x, mask_x) = self.fit(workspace, first)?;
        let (y, mask_y) = self.fit(workspace, second)?;
        let height = self.labels.height().min(x.shape().0).min(y.shape().0);
        let width = self.labels.width().min(x.shape().1).min(y.shape().1);
        let inside = |at: (usize, usize)| mask_x.iter().chain(&mask_y).all(|mask| mask[at]);
        if self.count == 0 {
            return Ok(ObjectPair::default());
        }
        if pair.is_empty() {
            return Ok(ObjectPair::unknown(self.count));
        }
        let regions = Regions::of_corner(self.labels, height, width).filtered(|y, x| inside((y, x)));
        let pixels = ObjectPixels::new(&regions, width);
        let corner = |values: &Values<'_>| -> Values<'static> {
            each!(values, |plane| {
                let rows = (0..height).flat_map(|y| plane.row(y)[..width].iter().copied());
                Cow::Owned(Plane::from_vec(height, width, rows.collect()))
            })
        };
        let (x, y) = (corner(&x), corner(&y));
        let of = |values| metrics.rank_weighted.then(|| ranks(values, &pixels));
        let (ranks_x, ranks_y) = (of(&x), of(&y));
        let channels = vec![
            Some(channel(&x, ranks_x.as_deref(), &pixels, percent)),
            Some(channel(&y, ranks_y.as_deref(), &pixels, percent)),
        ];
        let wanted = Wanted { places: (0, 1), costes };
        Ok(self.measured(channels, &[wanted], &pixels, metrics)?.pop().unwrap_or_default())
    }

    /// Measures the images of `channels` in the objects, one object after the other: its pixels are near then for all pairs.
    fn measured(
        &self,
        mut channels: Vec<Option<AnyChannel<'_>>>,
        wanted: &[Wanted],
        pixels: &ObjectPixels,
        metrics: Metrics,
    ) -> Result<Vec<ObjectPair>, RunError> {
        if pixels.is_empty() && metrics.rank_weighted {
            return Err(RunError::Refused(format!(
                "no pixel of objects `{}` lies in both images, so there are no ranks",
                self.name
            )));
        }
        let mut found = vec![Vec::with_capacity(pixels.count()); wanted.len()];
        for object in 0..pixels.count() {
            for channel in channels.iter_mut().flatten() {
                match channel {
                    Typed::F32(channel) => channel.take_in_hand(object, pixels),
                    Typed::F64(channel) => channel.take_in_hand(object, pixels),
                }
            }
            for (wanted, found) in wanted.iter().zip(&mut found) {
                if let Some(pair) = pair_of(&channels, wanted) {
                    found.push(both!(pair, |x, y| measure_object(x, y, metrics, wanted.costes)));
                }
            }
        }
        let pairs = wanted.iter().zip(&found).filter_map(|(wanted, found)| {
            let pair = pair_of(&channels, wanted)?;
            Some(both!(pair, |x, y| summarize(x, y, found, metrics, wanted.costes.is_some())))
        });
        Ok(pairs.collect())
    }

    /// Returns the image's pixels and mask, cropped as the objects' image was where there is one; beyond the image no
    /// pixel counts.
    fn fit<'p>(&self, workspace: &Workspace<'_>, image: &'p Image<'_>) -> Result<Fitted<'p>, RunError> {
        let whole = || Ok((image.values.borrowed(), image.mask.as_deref().map(Cow::Borrowed)));
        let shape = image.values.shape();
        if shape == self.labels.shape() {
            return whole();
        }
        let parent = self.objects.parent_image.as_ref().map(|p| workspace.image(p)).transpose()?;
        let Some(parent) = parent else { return whole() };
        let size = (parent.shape().height, parent.shape().width);
        if size.0 > shape.0 || size.1 > shape.1 {
            return whole();
        }
        if size != shape && workspace.crop_mask_of(&parent)?.is_none() {
            return Err(RunError::Refused(format!(
                "images of {size:?} and {shape:?} pixels differ in size and nothing says how one was cropped"
            )));
        }
        let cropped = each!(&image.values, |plane| match workspace.crop_similarly(&parent, plane) {
            Ok(cropped) => cropped,
            Err(_) => return whole(),
        });
        if cropped.shape() != self.labels.shape() {
            return Err(RunError::Refused(format!(
                "objects `{}` and image `{}` differ in size",
                self.name, image.name
            )));
        }
        let mask = image.mask.as_deref().map(|mask| workspace.crop_similarly(&parent, mask)).transpose();
        Ok((cropped, mask.map_err(RunError::Refused)?))
    }
}

/// What is the same of an image whatever it is compared with.
type AnyChannel<'a> = Typed<Channel<'a, f32>, Channel<'a, f64>>;

fn channel<'a>(
    values: &'a Values<'_>,
    ranks: Option<&'a [u32]>,
    pixels: &ObjectPixels,
    percent: f64,
) -> AnyChannel<'a> {
    each!(values, |plane| Channel::new(plane.data(), ranks, pixels, percent))
}

fn pair_of<'c, 'a>(
    channels: &'c [Option<AnyChannel<'a>>],
    wanted: &Wanted,
) -> Option<(&'c AnyChannel<'a>, &'c AnyChannel<'a>)> {
    channels[wanted.places.0].as_ref().zip(channels[wanted.places.1].as_ref())
}

fn ranks(values: &Values<'_>, pixels: &ObjectPixels) -> Vec<u32> {
    match values {
        Typed::F32(plane) => ranks_within(plane.data(), pixels),
        Typed::F64(plane) => ranks_within(plane.data(), pixels),
    }
}
