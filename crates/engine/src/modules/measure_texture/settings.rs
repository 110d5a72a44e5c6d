//! The settings of MeasureTexture, of every revision.

use super::MeasureTexture;
use crate::Module;
use cppipe::{Problem, Settings};

pub(super) const IMAGES: &str = "Select images to measure";
pub(super) const OBJECTS: &str = "Select objects to measure";
const WHERE: &str = "Measure whole images or objects?";

/// Whether whole images are measured, and whether objects.
const PLACES: &[(&str, (bool, bool))] =
    &[("Images", (true, false)), ("Objects", (false, true)), ("Both", (true, true))];

pub(super) fn read(module: &cppipe::Module) -> Result<Box<dyn Module>, Vec<Problem>> {
    let mut settings = Settings::upgraded(module, upgraded(module));
    let images = settings.names(IMAGES);
    let objects = settings.names(OBJECTS);
    let grey_levels = settings.number_within(2..=256, 256);
    let count: usize = settings.number("Scale count");
    let (whole_images, within_objects) = settings.choice(WHERE, PLACES);
    // Scales that are added are 3, 4, 5 … until they are answered.
    let scales: Vec<i64> =
        (3..).take(count.min(1000)).map(|scale| settings.number_within(.., scale)).collect();
    if images.is_empty() {
        settings.problem(IMAGES, "no images are selected".into(), None);
    }
    if within_objects && objects.is_empty() {
        settings.problem(OBJECTS, "no objects are selected".into(), None);
    }
    let measured: &[String] = if within_objects { &objects } else { &[] };
    for (label, names) in [(IMAGES, &images[..]), (OBJECTS, measured)] {
        if let Some((_, twice)) = names.iter().enumerate().find(|(at, name)| names[..*at].contains(name)) {
            settings.problem(label, format!("`{twice}` is selected twice"), None);
        }
    }
    let typed = MeasureTexture { images, objects, grey_levels, scales, whole_images, within_objects };
    Ok(Box::new(settings.finish(typed)?))
}

/// Returns the answers in the order of revision 7.
fn upgraded(module: &cppipe::Module) -> Vec<String> {
    let mut values: Vec<String> = module.settings.iter().map(|s| s.value.clone()).collect();
    if module.revision < 6 {
        values = with_lists(&values, module.revision);
    }
    if module.revision < 7 {
        values.insert(values.len().min(2), "256".into());
    }
    values
}

/// Gathers the names of images and objects that revisions before 6 have one by one, and leaves out what they asked
/// about angles and Gabor filters.
fn with_lists(values: &[String], revision: u32) -> Vec<String> {
    let count = |at: usize| values.get(at).and_then(|v| v.trim().parse().ok()).unwrap_or(0);
    let (images, objects, scales): (usize, usize, usize) = (count(0), count(1), count(2));
    let part = |from: usize, to: usize| &values[from.min(values.len())..to.min(values.len())];
    let list = |names: &[String]| {
        let mut kept: Vec<&str> = Vec::new();
        for name in names.iter().map(String::as_str).filter(|n| *n != "None") {
            if !kept.contains(&name) {
                kept.push(name);
            }
        }
        kept.join(", ")
    };
    let after = 3 + images + objects;
    let mode = match values.last() {
        Some(mode) if revision >= 4 => mode.clone(),
        _ => "Both".into(),
    };
    let step = if revision == 3 || revision == 4 { 2 } else { 1 };
    let last = if revision >= 5 { values.len().saturating_sub(1) } else { after + step * scales };
    let found = part(after, last.max(after)).iter().step_by(step).take(scales).cloned();
    let mut new = vec![list(part(3, 3 + images)), list(part(3 + images, after)), scales.to_string(), mode];
    new.extend(found);
    new
}
