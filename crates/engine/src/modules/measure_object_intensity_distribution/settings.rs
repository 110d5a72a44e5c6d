//! The settings of MeasureObjectIntensityDistribution, of every revision.

use super::heatmap::Heatmap;
use super::{Bins, From, MeasureObjectIntensityDistribution, Measured, Moments};
use crate::Module;
use crate::colored::read_colormap;
use cppipe::{Problem, Settings};

pub(super) const IMAGES: &str = "Select images to measure";
pub(super) const OBJECTS: &str = "Select objects to measure";
pub(super) const CENTERS: &str = "Select objects to use as centers";
const FROM: &str = "Object to use as center?";
const MOMENTS: &str = "Calculate intensity Zernikes?";
const SCALED: &str = "Scale the bins?";
const BINS: &str = "Number of bins";
const SHOWN_IMAGE: &str = "Image";
const SHOWN_OBJECTS: &str = "Objects to display";
const MEASUREMENT: &str = "Measurement";
const COLORS: &str = "Color map";
const SAVED: &str = "Save display as image?";
const OUTPUT: &str = "Output image name";

const MOMENT_CHOICES: &[(&str, Moments)] = &[
    ("None", Moments::None),
    ("Magnitudes only", Moments::Magnitudes),
    ("Magnitudes and phase", Moments::MagnitudesAndPhases),
];

const FROM_CHOICES: &[(&str, fn(String) -> From)] = &[
    ("These objects", |_| From::Own),
    ("Centers of other objects", From::CentersOf),
    ("Edges of other objects", From::EdgesOf),
];

const MEASUREMENTS: &[(&str, &str)] =
    &[("Fraction at Distance", "FracAtD"), ("Mean Fraction", "MeanFrac"), ("Radial CV", "RadialCV")];

pub(super) fn read(module: &cppipe::Module) -> Result<Box<dyn Module>, Vec<Problem>> {
    let mut settings = Settings::upgraded(module, upgraded(module));
    let images = settings.names(IMAGES);
    let [objects, bins, heatmaps] =
        ["objects", "bins", "heatmaps"].map(|what| settings.number::<usize>(what));
    let zernikes = settings.choice(MOMENTS, MOMENT_CHOICES);
    let degree = settings.number_within(1..=20, 9);
    let objects: Vec<Measured> = (0..objects.min(settings.left()))
        .map(|_| {
            let name = settings.text(OBJECTS);
            let from = settings.choice(FROM, FROM_CHOICES);
            Measured { name, from: from(settings.text(CENTERS)) }
        })
        .collect();
    let bins: Vec<Bins> = (0..bins.min(settings.left()))
        .map(|_| Bins {
            scaled: settings.yes(SCALED),
            count: settings.number_within(2.., 4),
            maximum_radius: settings.number_within(1.., 100),
        })
        .collect();
    let heatmaps = (0..heatmaps.min(settings.left()))
        .map(|_| heatmap(&mut settings, &images, &objects, &bins))
        .collect();
    if images.is_empty() {
        settings.problem(IMAGES, "no images are selected".into(), None);
    }
    let names: Vec<&String> = objects.iter().map(|o| &o.name).collect();
    for (label, names) in [(IMAGES, images.iter().collect()), (OBJECTS, names)] {
        if let Some((_, twice)) = names.iter().enumerate().find(|(at, name)| names[..*at].contains(name)) {
            settings.problem(label, format!("`{twice}` is selected twice"), None);
        }
    }
    let typed = MeasureObjectIntensityDistribution { images, objects, bins, heatmaps, zernikes, degree };
    Ok(Box::new(settings.finish(typed)?))
}

/// Reads a heatmap. What there is only one of need not be named.
fn heatmap(settings: &mut Settings<'_>, images: &[String], objects: &[Measured], bins: &[Bins]) -> Heatmap {
    let only = |name: String, all: &[&String]| match all {
        [only] => String::clone(only),
        _ => name,
    };
    let image = only(settings.text(SHOWN_IMAGE), &images.iter().collect::<Vec<_>>());
    let shown = settings.text(SHOWN_OBJECTS);
    let objects = only(shown, &objects.iter().map(|o| &o.name).collect::<Vec<_>>());
    let count = settings.text(BINS);
    let count = match bins {
        [only] => only.count,
        _ => count.trim().parse().unwrap_or(0),
    };
    let feature = settings.choice(MEASUREMENT, MEASUREMENTS);
    let grey = settings.peek(0) == Some("gray");
    let saved = settings.peek(1) == Some("Yes");
    let colormap = read_colormap(settings, COLORS, saved && !grey);
    settings.yes(SAVED);
    let output = settings.text(OUTPUT);
    Heatmap {
        image,
        objects,
        bins: count,
        feature,
        colormap: (!grey).then_some(colormap),
        output: saved.then_some(output),
    }
}

/// Returns the answers in the order of revision 6.
fn upgraded(module: &cppipe::Module) -> Vec<String> {
    let mut values: Vec<String> = module.settings.iter().map(|s| s.value.clone()).collect();
    let count = |values: &[String], at: usize| -> usize {
        values.get(at).and_then(|v| v.trim().parse().ok()).unwrap_or(0)
    };
    let insert = |values: &mut Vec<String>, at: usize, answers: &[&str]| {
        let at = at.min(values.len());
        values.splice(at..at, answers.iter().map(|a| a.to_string()));
    };
    if module.revision <= 1 {
        let at = (3 + count(&values, 0) + 3 * count(&values, 1)).min(values.len());
        let bins = values.split_off(at);
        values.extend(bins.into_iter().flat_map(|bins| ["Yes".into(), bins, "100".into()]));
    }
    if module.revision <= 2 {
        let first = 3 + count(&values, 0);
        for object in 0..count(&values, 1) {
            if let Some(from) = values.get_mut(first + 3 * object + 1).filter(|f| *f == "Other objects") {
                *from = "Centers of other objects".into();
            }
        }
    }
    if module.revision <= 3 {
        insert(&mut values, 3, &["0"]);
    }
    if module.revision <= 4 {
        insert(&mut values, 4, &["None", "9"]);
    }
    if module.revision <= 5 {
        let end = (6 + count(&values, 0)).min(values.len());
        let images: Vec<String> = values.drain(6.min(end)..end).collect();
        let mut names: Vec<&str> = Vec::new();
        for name in images.iter().map(String::as_str).filter(|n| *n != "None") {
            if !names.contains(&name) {
                names.push(name);
            }
        }
        let list = names.join(", ");
        if let Some(first) = values.first_mut() {
            *first = list;
        }
    }
    values
}
