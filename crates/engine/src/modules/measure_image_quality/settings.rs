//! The settings of MeasureImageQuality, of revisions 3 to 6 (CellProfiler 4.2.8 fails on 1 and 2), and what they measure.

use algorithms::image_threshold::{Classes, ImageThreshold, Spread};
use algorithms::threshold::Middle;
use cppipe::{Problem, Settings};
use imageset::{ImageSet, Role};
use measurements::{Column, EXPERIMENT};

pub(super) const IMAGES: &str = "Select the images to measure";
pub(super) const SCALING: &str = "ImageQuality_Scaling";
pub(super) const TOTAL_AREA: &str = "ImageQuality_TotalArea";
pub(super) const TOTAL_VOLUME: &str = "ImageQuality_TotalVolume";
pub(super) const INTENSITY: [&str; 7] = [
    "ImageQuality_TotalIntensity",
    "ImageQuality_MeanIntensity",
    "ImageQuality_MedianIntensity",
    "ImageQuality_StdIntensity",
    "ImageQuality_MADIntensity",
    "ImageQuality_MaxIntensity",
    "ImageQuality_MinIntensity",
];

const SELECT: &str = "Select...";

#[derive(Debug, PartialEq)]
pub(super) struct MeasureImageQuality {
    pub(super) groups: Vec<ImageGroup>,
}

/// Images of which the same is measured.
#[derive(Debug, PartialEq)]
pub(super) struct ImageGroup {
    pub(super) images: ImageChoice,
    pub(super) scaling: bool,
    pub(super) blur: bool,
    pub(super) scales: Vec<usize>,
    pub(super) saturation: bool,
    pub(super) intensity: bool,
    pub(super) thresholds: Vec<Threshold>,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum ImageChoice {
    /// Those that the input modules load.
    AllLoaded,
    Selected(Vec<String>),
}

impl ImageChoice {
    /// Returns the images' names.
    pub(super) fn names(&self, set: &ImageSet) -> Vec<String> {
        match self {
            Self::Selected(names) => names.clone(),
            Self::AllLoaded => {
                let images = set.channels.iter().filter(|c| c.role != Role::Objects);
                images.map(|c| c.name.clone()).collect()
            }
        }
    }
}

/// One automatic threshold.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Threshold(ImageThreshold);

/// What is made of a threshold over the run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Aggregate {
    Mean,
    Median,
    Std,
}

impl Aggregate {
    pub(super) const ALL: [Self; 3] = [Self::Mean, Self::Median, Self::Std];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Mean => "Mean",
            Self::Median => "Median",
            Self::Std => "Std",
        }
    }
}

#[derive(Clone, Copy)]
enum Method {
    Otsu,
    MoG,
    Background,
    RobustBackground,
    RidlerCalvard,
    Kapur,
    Mct,
}

impl MeasureImageQuality {
    pub(super) fn read(module: &cppipe::Module) -> Result<Self, Vec<Problem>> {
        let values = module.settings.iter().map(|s| s.value.clone()).collect();
        let upgraded = upgrade(values, module.revision);
        let mut settings = Settings::upgraded(module, upgraded.clone().unwrap_or_default());
        if upgraded.is_none() {
            let message = format!("revision {} is one that CellProfiler 4.2.8 fails on", module.revision);
            settings.problem("variable_revision_number", message, None);
            return settings.finish(Self { groups: Vec::new() });
        }
        let choices = [("All loaded images", false), (SELECT, true)];
        let select = settings.choice("Calculate metrics for which images?", &choices);
        let count: usize = settings.number("Image count");
        let counts: Vec<(usize, usize)> = (0..count.min(settings.left()))
            .map(|_| (settings.number("Scale count"), settings.number("Threshold count")))
            .collect();
        let groups = counts.into_iter().map(|counts| read_group(&mut settings, select, counts)).collect();
        settings.finish(Self { groups })
    }
}

fn read_group(
    settings: &mut Settings<'_>,
    select: bool,
    (scale_count, threshold_count): (usize, usize),
) -> ImageGroup {
    let names = settings.names(IMAGES);
    if select && names.is_empty() {
        settings.problem(IMAGES, "no images are selected".into(), None);
    }
    let scaling = settings.yes("Include the image rescaling value?");
    let blur = settings.yes("Calculate blur metrics?");
    let scales = (0..scale_count.min(settings.left()))
        .map(|_| settings.number("Spatial scale for blur measurements"))
        .collect();
    let saturation = settings.yes("Calculate saturation metrics?");
    let intensity = settings.yes("Calculate intensity metrics?");
    let wants_thresholds = settings.yes("Calculate thresholds?");
    let every_method = settings.yes("Use all thresholding methods?");
    let mut thresholds: Vec<_> =
        (0..threshold_count.min(settings.left())).map(|_| read_threshold(settings)).collect();
    if every_method {
        thresholds = every_threshold();
    }
    if !wants_thresholds {
        thresholds.clear();
    }
    let images = if select { ImageChoice::Selected(names) } else { ImageChoice::AllLoaded };
    ImageGroup { images, scaling, blur, scales, saturation, intensity, thresholds }
}

fn read_threshold(settings: &mut Settings<'_>) -> Threshold {
    let methods = [
        ("Otsu", Method::Otsu),
        ("MoG", Method::MoG),
        ("Background", Method::Background),
        ("RobustBackground", Method::RobustBackground),
        ("RidlerCalvard", Method::RidlerCalvard),
        ("Kapur", Method::Kapur),
        ("MCT", Method::Mct),
    ];
    let method = settings.choice("Select a thresholding method", &methods);
    let object_fraction = settings.number_within(0.0..=1.0, 0.1);
    let three = settings
        .choice("Two-class or three-class thresholding?", &[("Two classes", false), ("Three classes", true)]);
    let spread = settings.choice(
        "Minimize the weighted variance or the entropy?",
        &[("Weighted variance", Spread::Variance), ("Entropy", Spread::Entropy)],
    );
    let middle = settings.choice(
        "Assign pixels in the middle intensity class to the foreground or the background?",
        &[("Foreground", Middle::Foreground), ("Background", Middle::Background)],
    );
    Threshold(match method {
        Method::Otsu => {
            ImageThreshold::Otsu(if three { Classes::Three(middle) } else { Classes::Two }, spread)
        }
        Method::MoG => ImageThreshold::MixtureOfGaussians { object_fraction },
        Method::Background => ImageThreshold::Background,
        Method::RobustBackground => ImageThreshold::RobustBackground,
        Method::RidlerCalvard => ImageThreshold::RidlerCalvard,
        Method::Kapur => ImageThreshold::Kapur,
        Method::Mct => ImageThreshold::MaximumCorrelation,
    })
}

/// Returns the thresholds of "all methods".
fn every_threshold() -> Vec<Threshold> {
    let mut all = Vec::new();
    for spread in [Spread::Variance, Spread::Entropy] {
        let middles = [Middle::Foreground, Middle::Background].map(Classes::Three);
        all.extend(middles.map(|three| ImageThreshold::Otsu(three, spread)));
        all.push(ImageThreshold::Otsu(Classes::Two, spread));
    }
    let fractions = [0.05, 0.25, 0.75, 0.95];
    all.extend(fractions.map(|object_fraction| ImageThreshold::MixtureOfGaussians { object_fraction }));
    all.extend([
        ImageThreshold::Background,
        ImageThreshold::RobustBackground,
        ImageThreshold::RidlerCalvard,
        ImageThreshold::Kapur,
        ImageThreshold::MaximumCorrelation,
    ]);
    all.into_iter().map(Threshold).collect()
}

impl Threshold {
    pub(super) fn method(&self) -> &ImageThreshold {
        &self.0
    }

    /// Returns the feature's name for an image; `aggregate` is empty for the image set's own.
    pub(super) fn feature(&self, image: &str, aggregate: &str) -> String {
        let (method, scale) = match self.0 {
            ImageThreshold::Otsu(classes, spread) => {
                let classes = match classes {
                    Classes::Two => "2",
                    Classes::Three(Middle::Foreground) => "3F",
                    Classes::Three(Middle::Background) => "3B",
                };
                ("Otsu", format!("_{classes}{}", if spread == Spread::Variance { "W" } else { "S" }))
            }
            ImageThreshold::MixtureOfGaussians { object_fraction } => {
                ("MoG", format!("_{}", (object_fraction * 100.0) as i64))
            }
            ImageThreshold::Background => ("Background", String::new()),
            ImageThreshold::RobustBackground => ("RobustBackground", String::new()),
            ImageThreshold::RidlerCalvard => ("RidlerCalvard", String::new()),
            ImageThreshold::Kapur => ("Kapur", String::new()),
            ImageThreshold::MaximumCorrelation => ("MCT", String::new()),
        };
        format!("ImageQuality_Threshold{aggregate}{method}_{image}{scale}")
    }
}

impl ImageGroup {
    /// Returns the names of what is measured of an image.
    pub(super) fn features(&self, image: &str) -> Vec<String> {
        let mut all = Vec::new();
        let mut push = |feature: &str| all.push(format!("{feature}_{image}"));
        if self.scaling {
            push(SCALING);
        }
        if self.blur {
            push("ImageQuality_FocusScore");
            push("ImageQuality_PowerLogLogSlope");
        }
        if self.intensity {
            push(TOTAL_AREA);
            INTENSITY.iter().for_each(|f| push(f));
        }
        if self.saturation {
            push("ImageQuality_PercentMaximal");
            push("ImageQuality_PercentMinimal");
        }
        if self.blur {
            for scale in &self.scales {
                all.push(format!("ImageQuality_LocalFocusScore_{image}_{scale}"));
                all.push(format!("ImageQuality_Correlation_{image}_{scale}"));
            }
        }
        all.extend(self.thresholds.iter().map(|t| t.feature(image, "")));
        all
    }

    /// Returns the columns of what is made of the thresholds over the run.
    pub(super) fn aggregate_columns(&self, images: &[String]) -> Vec<Column> {
        let features = images.iter().flat_map(|image| {
            let of_image =
                self.thresholds.iter().flat_map(move |t| Aggregate::ALL.map(|a| t.feature(image, a.name())));
            of_image.collect::<Vec<_>>()
        });
        features.map(|f| Column::float(EXPERIMENT, f)).collect()
    }
}

/// Brings the answers into the newest revision's order; `None` for revisions that CellProfiler cannot read.
fn upgrade(mut values: Vec<String>, revision: u32) -> Option<Vec<String>> {
    if revision < 3 {
        return None;
    }
    if revision == 3 {
        values = by_image(&values)?;
    }
    if revision <= 4 {
        const METHODS: [&str; 7] =
            ["Otsu", "MoG", "Background", "RobustBackground", "RidlerCalvard", "Kapur", "MCT"];
        for value in &mut values {
            if let Some(method) = value.strip_suffix(" Global").filter(|m| METHODS.contains(m)) {
                *value = method.to_string();
            }
        }
    }
    Some(values)
}

/// Answers of one image and one threshold, up to revision 3.
const OLD_GROUP: usize = 11;

/// Gathers what revision 3 had for each image and threshold under the images.
fn by_image(values: &[String]) -> Option<Vec<String>> {
    if !values.len().is_multiple_of(OLD_GROUP) {
        return None;
    }
    let groups: Vec<&[String]> = values.chunks(OLD_GROUP).collect();
    let mut images: Vec<&String> = Vec::new();
    for group in &groups {
        if !images.contains(&&group[0]) {
            images.push(&group[0]);
        }
    }
    let of = |image: &String| groups.iter().filter(move |g| g[0] == *image).copied().collect::<Vec<_>>();
    let scales = |image: &String| {
        let mut scales: Vec<String> = Vec::new();
        for group in of(image) {
            if !scales.contains(&group[2]) {
                scales.push(group[2].clone());
            }
        }
        scales
    };
    let thresholds = |image: &String| {
        let mut all: Vec<Vec<String>> = of(image).iter().map(|g| [&g[5..7], &g[8..]].concat()).collect();
        all.sort();
        all.dedup();
        all
    };
    let yes = |yes: bool| if yes { "Yes".to_string() } else { "No".to_string() };
    let mut new = vec![SELECT.to_string(), images.len().to_string()];
    // CellProfiler reads these two by two, which is right for one image only.
    new.extend(images.iter().map(|image| scales(image).len().to_string()));
    new.extend(images.iter().map(|image| thresholds(image).len().to_string()));
    for image in images {
        let any = |place: usize| of(image).iter().any(|g| g[place] == "Yes");
        new.extend([image.clone(), yes(true), yes(any(1) || any(7))]);
        new.extend(scales(image));
        new.extend([yes(any(3)), yes(true), yes(any(4)), yes(false)]);
        new.extend(thresholds(image).into_iter().flatten());
    }
    Some(new)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thresholds_of_revision_three_are_gathered_by_image() {
        let one = [
            "DNA",
            "Yes",
            "10",
            "No",
            "Yes",
            "Otsu Global",
            "0.1",
            "Yes",
            "Two classes",
            "Entropy",
            "Foreground",
        ];
        let mut two = one;
        two[5] = "MCT Global";
        let old = [one, two].concat().into_iter().map(String::from).collect();
        let new = upgrade(old, 3).unwrap();
        let start = ["Select...", "1", "1", "2", "DNA", "Yes", "Yes", "10", "No", "Yes", "Yes", "No", "MCT"];
        assert_eq!(new[..13], start);
        assert_eq!(new.len(), 12 + 2 * 5);
    }
}
