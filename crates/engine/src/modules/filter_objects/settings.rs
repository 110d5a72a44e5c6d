//! The settings of FilterObjects, of all revisions.

use crate::Need;
use cppipe::{Problem, Settings};
use imageset::{Folder, FolderBase};

pub const OBJECTS: &str = "Select the objects to filter";
pub const ENCLOSING: &str = "Select the objects that contain the filtered objects";
pub const OTHER: &str = "Select additional object to relabel";
const MODE: &str = "Select the filtering mode";
const METHOD: &str = "Select the filtering method";
const MEASUREMENT: &str = "Select the measurement to filter by";
const MINIMUM: &str = "Filter using a minimum measurement value?";
const FOLDER: &str = "Select the location of the rules or classifier file";
const FILE: &str = "Rules or classifier file name";
const CLASS: &str = "Class number";

/// The settings of FilterObjects.
#[derive(Debug, PartialEq)]
pub struct FilterObjects {
    pub objects: String,
    pub output: String,
    pub method: Method,
    /// What those that do not pass are called, if they are kept.
    pub removed: Option<String>,
    /// Objects that get the same new numbers, and what they are called then.
    pub others: Vec<(String, String)>,
}

/// Which objects pass.
#[derive(Debug, PartialEq)]
pub enum Method {
    /// The one with the greatest or least value.
    Best { feature: String, greatest: bool },
    /// The one with the greatest or least value of those that lie in an object of another set.
    BestPerObject { feature: String, greatest: bool, enclosing: String, assign: Assign },
    /// Those within all limits.
    Limits(Vec<Limit>),
    /// Those that rules of CellProfiler Analyst put into a class.
    Rules { folder: Folder, file: String, class: String, fuzzy: bool, classifier: bool },
    /// Those that do not touch the border of the image or of its mask.
    Border,
}

/// What becomes of an object that overlaps several enclosing ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Assign {
    ToAll,
    ToMostOverlapping,
}

/// The limits of one measurement; both belong to the range.
#[derive(Clone, Debug, PartialEq)]
pub struct Limit {
    pub feature: String,
    pub least: Option<f64>,
    pub greatest: Option<f64>,
}

#[derive(Clone, Copy, PartialEq)]
enum Mode {
    Measurements,
    Rules,
    Border,
    Classifiers,
}

#[derive(Clone, Copy, PartialEq)]
enum Choice {
    Best { greatest: bool },
    BestPerObject { greatest: bool },
    Limits,
}

/// Returns the need of a measurement that is filtered by.
pub fn measurement(objects: &str, feature: &str) -> Need {
    Need::measurement(objects, feature, MEASUREMENT)
}

impl FilterObjects {
    pub fn read(module: &cppipe::Module) -> Result<Self, Vec<Problem>> {
        let values = module.settings.iter().map(|s| s.value.clone()).collect();
        let mut s = Settings::upgraded(module, upgraded(values, module.revision));
        let (objects, output) = (s.text(OBJECTS), s.text("Name the output objects"));
        let mode = s.choice(
            MODE,
            &[
                ("Measurements", Mode::Measurements),
                ("Rules", Mode::Rules),
                ("Image or mask border", Mode::Border),
                ("Classifiers", Mode::Classifiers),
            ],
        );
        let choice = s.choice(
            METHOD,
            &[
                ("Limits", Choice::Limits),
                ("Minimal", Choice::Best { greatest: false }),
                ("Maximal", Choice::Best { greatest: true }),
                ("Minimal per object", Choice::BestPerObject { greatest: false }),
                ("Maximal per object", Choice::BestPerObject { greatest: true }),
            ],
        );
        let enclosing = s.text(ENCLOSING);
        let answer = s.text(FOLDER);
        let file = s.text(FILE);
        let class = s.text(CLASS);
        let limits_count: usize = s.number("Measurement count");
        let others_count: usize = s.number("Additional object count");
        let assign = s.choice(
            "Assign overlapping child to",
            &[("Both parents", Assign::ToAll), ("Parent with most overlap", Assign::ToMostOverlapping)],
        );
        let keep_removed = s.yes("Keep removed objects as a separate set?");
        let removed = s.text("Name the objects removed by the filter");
        let limits: Vec<_> = (0..limits_count.min(s.left() / 5)).map(|_| read_limit(&mut s)).collect();
        let others = (0..others_count.min(s.left() / 2))
            .map(|_| (s.text(OTHER), s.text("Name the relabeled objects")))
            .collect();
        let fuzzy = s.yes("Allow fuzzy feature matching?");
        let method = match (mode, choice) {
            (Mode::Border, _) => Method::Border,
            (Mode::Rules | Mode::Classifiers, _) => {
                let folder = Folder::parse(&answer).unwrap_or_else(|| {
                    let near = cppipe::nearest(&answer, Folder::base_names());
                    s.problem(FOLDER, format!("`{answer}` is not a folder"), near);
                    Folder { base: FolderBase::Input, path: ".".into() }
                });
                if mode == Mode::Classifiers && !file.ends_with(".txt") {
                    s.not_native(FILE, format!("`{file}` is a trained classifier"));
                }
                if mode == Mode::Rules && class.trim().parse::<i64>().is_err() {
                    s.problem(CLASS, format!("`{class}` is not a number"), None);
                }
                Method::Rules { folder, file, class, fuzzy, classifier: mode == Mode::Classifiers }
            }
            (Mode::Measurements, _) if limits.is_empty() => {
                s.problem(MEASUREMENT, "no measurement is filtered by".into(), None);
                Method::Limits(limits)
            }
            (Mode::Measurements, Choice::Limits) => {
                if limits.iter().any(|l| l.least.is_none() && l.greatest.is_none()) {
                    s.problem(MINIMUM, "a measurement has neither a minimum nor a maximum".into(), None);
                }
                Method::Limits(limits)
            }
            (Mode::Measurements, Choice::Best { greatest }) => {
                Method::Best { feature: limits[0].feature.clone(), greatest }
            }
            (Mode::Measurements, Choice::BestPerObject { greatest }) => {
                Method::BestPerObject { feature: limits[0].feature.clone(), greatest, enclosing, assign }
            }
        };
        s.finish(Self { objects, output, method, removed: keep_removed.then_some(removed), others })
    }
}

fn read_limit(s: &mut Settings<'_>) -> Limit {
    let feature = s.text(MEASUREMENT);
    let with_least = s.yes(MINIMUM);
    let least = s.number_within(.., 0.0);
    let with_greatest = s.yes("Filter using a maximum measurement value?");
    let greatest = s.number_within(.., 1.0);
    Limit { feature, least: with_least.then_some(least), greatest: with_greatest.then_some(greatest) }
}

/// Brings the answers into the order of revision 10.
fn upgraded(mut v: Vec<String>, revision: u32) -> Vec<String> {
    let texts = |t: &[&str]| t.iter().map(|t| t.to_string()).collect::<Vec<_>>();
    if revision == 1 && v.len() >= 11 {
        v.splice(11..11, texts(&["Measurements", "Default Input Folder", "."]));
    }
    if revision <= 2 && v.len() >= 14 {
        v.insert(14, "rules.txt".into());
    }
    if revision <= 3 && v.len() >= 15 {
        let others = v.split_off(15);
        let (limits, count) = (v[5..9].to_vec(), (others.len() / 4).to_string());
        let mut new = vec![v[0].clone(), v[1].clone(), v[11].clone(), v[3].clone(), v[4].clone()];
        new.extend(v[9..11].iter().chain(&v[12..15]).cloned());
        new.extend(["1".into(), count, v[2].clone()]);
        new.extend(limits.into_iter().chain(others));
        v = new;
    }
    if revision <= 4 && v.len() >= 9 {
        let (mut base, mut path) = (v[7].clone(), v.remove(8));
        if base == "Custom folder" {
            base = "Elsewhere...".into();
            if path.starts_with('.') {
                base = "Default Input Folder sub-folder".into();
            } else if let Some(rest) = path.strip_prefix('&') {
                base = "Default Output Folder sub-folder".into();
                path = format!(".{rest}");
            }
        }
        v[7] = format!("{base}|{path}");
    }
    if revision <= 5 && v.len() >= 9 {
        v.insert(9, "1".into());
    }
    if revision <= 6 && v.len() >= 12 {
        v.insert(12, "Both parents".into());
    }
    if revision <= 7 && v.len() >= 13 {
        let limits: usize = v[10].trim().parse().unwrap_or(0);
        let end = (13 + limits * 5).min(v.len());
        let others: Vec<_> =
            v[end..].chunks(4).filter(|c| c.len() >= 2).flat_map(|c| c[..2].to_vec()).collect();
        let mut new = vec![v[1].clone(), v[0].clone()];
        new.extend(v[2..5].iter().chain(&v[7..end]).cloned().chain(others));
        v = new;
    }
    if revision <= 8 && v.len() >= 11 {
        v.splice(11..11, texts(&["No", "RemovedObjects"]));
    }
    if revision <= 9 {
        v.push("No".into());
    }
    v
}
