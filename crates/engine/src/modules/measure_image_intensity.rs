//! MeasureImageIntensity: statistics of the pixel values of whole images, or of all their objects together.

use crate::pixel_values::PixelValues;
use crate::{Declaration, Kind, Module, Need, RunError, Upstream, Workspace};
use algorithms::image_statistics::Statistics;
use algorithms::numpy::Real;
use cppipe::{Problem, Settings};
use measurements::{Column, IMAGE, Record};
use pixels::Labels;

/// What the engine knows of this module.
pub const KIND: Kind = Kind {
    name: "MeasureImageIntensity",
    former_names: &[],
    newest_revision: 4,
    summary: "measures statistics of the pixel values of whole images",
    read,
};

const IMAGES: &str = "Select images to measure";
const OBJECTS: &str = "Select input object sets";
const PERCENTILES: &str = "Specify percentiles to measure";

#[derive(Debug, PartialEq)]
struct MeasureImageIntensity {
    images: Vec<String>,
    /// Only what these enclose is measured; empty is the whole image.
    objects: Vec<String>,
    percentiles: Vec<u32>,
}

fn read(module: &cppipe::Module) -> Result<Box<dyn Module>, Vec<Problem>> {
    let values = module.settings.iter().map(|s| s.value.clone()).collect();
    let mut settings = Settings::upgraded(module, upgrade(values, module.revision));
    let images = settings.names(IMAGES);
    let of_objects = settings.yes("Measure the intensity only from areas enclosed by objects?");
    let mut objects = settings.names(OBJECTS);
    let wants_percentiles = settings.yes("Calculate custom percentiles");
    let asked = settings.text(PERCENTILES);
    if !of_objects {
        objects.clear();
    }
    let mut percentiles = Vec::new();
    if wants_percentiles {
        for text in asked.replace(' ', "").split(',').filter(|t| !t.is_empty()) {
            match text.parse() {
                Ok(q @ 0..=100) => percentiles.push(q),
                _ => settings.problem(
                    PERCENTILES,
                    format!("`{text}` is not a whole number from 0 to 100"),
                    None,
                ),
            }
        }
        percentiles.sort_unstable();
        percentiles.dedup();
    }
    for (label, what, names, wanted) in
        [(IMAGES, "images", &images, true), (OBJECTS, "objects", &objects, of_objects)]
    {
        if wanted && names.is_empty() {
            settings.problem(label, format!("no {what} are selected"), None);
        }
        if let Some(twice) = names.iter().enumerate().find(|(i, n)| names[..*i].contains(n)) {
            settings.problem(label, format!("`{}` is selected twice", twice.1), None);
        }
    }
    Ok(Box::new(settings.finish(MeasureImageIntensity { images, objects, percentiles })?))
}

/// Brings the answers into the newest revision's order: up to revision 2 there were triples of image, whether by
/// objects, and objects, which are all measured with each other now.
fn upgrade(mut values: Vec<String>, revision: u32) -> Vec<String> {
    if revision <= 2 {
        let distinct = |place: usize| {
            let mut names: Vec<&str> = Vec::new();
            for name in values.iter().skip(place).step_by(3).filter(|n| *n != "None") {
                if !names.contains(&name.as_str()) {
                    names.push(name);
                }
            }
            names.join(", ")
        };
        let by_objects = values.iter().skip(1).step_by(3).any(|v| v == "Yes");
        values = vec![distinct(0), if by_objects { "Yes" } else { "No" }.into(), distinct(2)];
    }
    if revision <= 3 {
        values.extend(["No", "10,90"].map(String::from));
    }
    values
}

impl Module for MeasureImageIntensity {
    fn declare(&self, _upstream: &Upstream) -> Declaration {
        let images = self.images.iter().map(|i| Need::image(i, IMAGES));
        let objects = self.objects.iter().map(|o| Need::objects(o, OBJECTS));
        let mut columns = Vec::new();
        for image in &self.images {
            if self.objects.is_empty() {
                columns.extend(self.columns(image));
            }
            let mut measured = image.clone();
            for object in &self.objects {
                let announced = format!("{image}_{object}");
                columns.extend(self.columns(&announced));
                // What is measured of a second object set has another name, which CellProfiler does not declare.
                measured = format!("{measured}_{object}");
                if measured != announced {
                    columns.extend(self.columns(&measured).map(Column::unannounced));
                }
            }
        }
        Declaration { needs: images.chain(objects).collect(), columns, ..Declaration::default() }
    }

    fn run(&self, workspace: &mut Workspace<'_>) -> Result<(), RunError> {
        for image_name in &self.images {
            let image = workspace.image(image_name)?;
            if self.objects.is_empty() {
                let values = workspace.pixel_values(&image, image_name, None)?;
                self.measure(&values, image_name, &mut workspace.record)?;
            }
            let mut name = image_name.clone();
            for object_name in &self.objects {
                name = format!("{name}_{object_name}");
                let objects = workspace.objects(object_name)?;
                let Labels::Dense(labels) = &objects.segmented else {
                    return Err(RunError::Refused(format!("the objects `{object_name}` overlap")));
                };
                let (l, i) = (labels.shape(), image.shape());
                if (l.depth, l.height, l.width) != (i.depth, i.height, i.width) {
                    return Err(RunError::Refused(format!(
                        "image `{image_name}` ({}×{}) and objects `{object_name}` ({}×{}) are not of one size",
                        i.height, i.width, l.height, l.width
                    )));
                }
                let inside: Vec<bool> = labels.data().iter().map(|&l| l != 0).collect();
                let values = workspace.pixel_values(&image, image_name, Some(&inside))?;
                self.measure(&values, &name, &mut workspace.record)?;
            }
        }
        Ok(())
    }
}

/// Number of pixels.
const AREA: &str = "Intensity_TotalArea";

/// Features in the order of [`values`].
const FEATURES: [&str; 10] = [
    "Intensity_TotalIntensity",
    "Intensity_MeanIntensity",
    "Intensity_MedianIntensity",
    "Intensity_StdIntensity",
    "Intensity_MADIntensity",
    "Intensity_MinIntensity",
    "Intensity_MaxIntensity",
    "Intensity_PercentMaximal",
    "Intensity_LowerQuartileIntensity",
    "Intensity_UpperQuartileIntensity",
];

/// Percentiles that are always measured: the last two of [`FEATURES`].
const QUARTILES: [f64; 2] = [25.0, 75.0];

fn values(s: &Statistics) -> [f64; 10] {
    let (lower, upper) = (s.percentiles[0], s.percentiles[1]);
    [s.sum, s.mean, s.median, s.std, s.mad, s.min, s.max, s.percent_maximal, lower, upper]
}

impl MeasureImageIntensity {
    /// Returns the columns of what is measured under a name.
    fn columns<'a>(&'a self, name: &str) -> impl Iterator<Item = Column> + use<'a> {
        let (area, name) = (Column::integer(IMAGE, format!("{AREA}_{name}")), name.to_string());
        let percentiles = self.percentiles.iter().map(|q| format!("Intensity_Percentile_{q}"));
        let floats = FEATURES.iter().map(ToString::to_string).chain(percentiles);
        std::iter::once(area).chain(floats.map(move |f| Column::float(IMAGE, format!("{f}_{name}"))))
    }

    fn measure(&self, pixels: &PixelValues<'_>, name: &str, record: &mut Record) -> Result<(), RunError> {
        match pixels {
            PixelValues::F32(values) => self.measure_values(values, name, record),
            PixelValues::F64(values) => self.measure_values(values, name, record),
        }
    }

    fn measure_values<T: Real>(&self, pixels: &[T], name: &str, record: &mut Record) -> Result<(), RunError> {
        let percentile = |q: u32| format!("Intensity_Percentile_{q}_{name}");
        if pixels.is_empty() {
            let names = FEATURES.iter().map(|f| format!("{f}_{name}"));
            let all = names.chain(self.percentiles.iter().map(|&q| percentile(q)));
            all.chain([format!("{AREA}_{name}")]).for_each(|n| record.image_integer(n, 0));
            return Ok(());
        }
        let percents: Vec<f64> =
            QUARTILES.into_iter().chain(self.percentiles.iter().map(|&q| f64::from(q))).collect();
        let mut statistics = Statistics::of(pixels, &percents);
        if !statistics.as_ref().is_some_and(|s| s.min.is_finite() && s.max.is_finite()) {
            let finite: Vec<T> = pixels.iter().copied().filter(|v| v.to_f64().is_finite()).collect();
            statistics = Statistics::of(&finite, &percents);
        }
        let Some(statistics) = statistics else {
            return Err(RunError::Refused(format!("no pixel of `{name}` has a finite value")));
        };
        record.image_integer(format!("{AREA}_{name}"), statistics.count as i64);
        for (feature, value) in FEATURES.iter().zip(values(&statistics)) {
            record.image_float(format!("{feature}_{name}"), value);
        }
        for (&q, &value) in self.percentiles.iter().zip(&statistics.percentiles[QUARTILES.len()..]) {
            record.image_float(percentile(q), value);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn triples_of_revision_two_become_lists() {
        let old = ["DNA", "Yes", "Nuclei", "RNA", "No", "None", "DNA", "Yes", "Cells"];
        let new = ["DNA, RNA", "Yes", "Nuclei, Cells", "No", "10,90"];
        assert_eq!(upgrade(old.map(String::from).to_vec(), 2), new);
    }
}
