//! The settings of MeasureColocalization, of every revision.

use super::MeasureColocalization;
use crate::Module;
use algorithms::colocalization::{CostesSearch, Metrics};
use cppipe::{Problem, Settings};

pub(super) const IMAGES: &str = "Select images to measure";
pub(super) const OBJECTS: &str = "Select objects to measure";
const WHERE: &str = "Select where to measure correlation";
const CORRELATION: &str = "Calculate correlation and slope metrics?";
const MANDERS: &str = "Calculate the Manders coefficients?";
const RANK_WEIGHTED: &str = "Calculate the Rank Weighted Colocalization coefficients?";
const OVERLAP: &str = "Calculate the Overlap coefficients?";
const COSTES: &str = "Calculate the Manders coefficients using Costes auto threshold?";
const SEARCH: &str = "Method for Costes thresholding";

/// Whether whole images are measured, and whether objects.
const PLACES: &[(&str, (bool, bool))] =
    &[("Across entire image", (true, false)), ("Within objects", (false, true)), ("Both", (true, true))];

const SEARCHES: &[(&str, CostesSearch)] = &[
    ("Faster", CostesSearch::Bisection),
    ("Fast", CostesSearch::Fast),
    ("Accurate", CostesSearch::Accurate),
];

pub(super) fn read(module: &cppipe::Module) -> Result<Box<dyn Module>, Vec<Problem>> {
    if module.revision < 2 {
        let mut settings = Settings::new(module);
        let message = format!("revision {} is not one that CellProfiler 4 reads", module.revision);
        settings.problem("variable_revision_number", message, None);
        return Err(settings.finish(()).err().unwrap_or_default());
    }
    let mut settings = Settings::upgraded(module, upgraded(module));
    let images = settings.names(IMAGES);
    let percent = settings.number_within(0.0..=99.0, 15.0);
    let (whole_images, within_objects) = settings.choice(WHERE, PLACES);
    let objects = settings.names(OBJECTS);
    // Whether all is to be measured decides nothing: the answers after it do. Where they are missing all is measured.
    settings.skip(1);
    let mut yes = |label| settings.left() == 0 || settings.text(label) == "Yes";
    let (correlation, manders) = (yes(CORRELATION), yes(MANDERS));
    let (rank_weighted, overlap, costes) = (yes(RANK_WEIGHTED), yes(OVERLAP), yes(COSTES));
    let search = match settings.left() {
        0 => CostesSearch::Bisection,
        _ => settings.choice(SEARCH, SEARCHES),
    };
    if images.len() < 2 {
        settings.problem(IMAGES, "fewer than two images are selected".into(), None);
    }
    if within_objects && objects.is_empty() {
        settings.problem(OBJECTS, "no objects are selected".into(), None);
    }
    let metrics = Metrics { correlation, manders, rank_weighted, overlap };
    let costes = costes.then_some(search);
    let typed =
        MeasureColocalization { images, objects, percent, whole_images, within_objects, metrics, costes };
    Ok(Box::new(settings.finish(typed)?))
}

/// Returns the answers in the order of revision 5.
fn upgraded(module: &cppipe::Module) -> Vec<String> {
    let mut values: Vec<String> = module.settings.iter().map(|s| s.value.clone()).collect();
    let count =
        |values: &[String], at: usize| values.get(at).and_then(|v| v.trim().parse().ok()).unwrap_or(0);
    if module.revision <= 2 {
        let at = (count(&values, 0) + 2).min(values.len());
        values.insert(at, "15.0".into());
    }
    if module.revision <= 3 {
        let (images, objects): (usize, usize) = (count(&values, 0), count(&values, 1));
        // Of names that are there more than once, and of those that stand for none, a list has no need.
        let list = |names: &[String]| {
            let mut kept: Vec<&str> = Vec::new();
            for name in names.iter().map(String::as_str).filter(|n| *n != "None") {
                if !kept.contains(&name) {
                    kept.push(name);
                }
            }
            kept.join(", ")
        };
        let part = |from: usize, to: usize| &values[from.min(values.len())..to.min(values.len())];
        let after = 2 + images;
        let mut new = vec![list(part(2, after))];
        new.extend_from_slice(part(after, after + 2));
        new.push(list(part(after + 2, after + 2 + objects)));
        new.extend_from_slice(part(after + 2 + objects, values.len()));
        values = new;
    }
    if module.revision <= 4 {
        values.push("Faster".into());
    }
    values
}
