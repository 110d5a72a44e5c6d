//! FlagImage: marks image sets whose measurements are out of bounds, and may end them.

use crate::rules::{Rules, best_class};
use crate::{Declaration, Kind, Module, Need, RunError, Upstream, Workspace};
use algorithms::numpy;
use cppipe::{Problem, Settings};
use imageset::Folder;
use measurements::{Column, IMAGE, Value};

/// What the engine knows of this module.
pub const KIND: Kind = Kind {
    name: "FlagImage",
    former_names: &[],
    newest_revision: 5,
    summary: "marks image sets whose measurements are out of bounds",
    read,
};

const MEASUREMENT: &str = "Which measurement?";
const OBJECT: &str = "Select the object to be used for flagging";
const RULES_FOLDER: &str = "Rules file location";
const CLASSES: &str = "Class number";

#[derive(Debug, PartialEq)]
struct FlagImage {
    flags: Vec<Flag>,
    ignore_on_last: bool,
}

#[derive(Debug, PartialEq)]
struct Flag {
    /// The measurement it becomes.
    name: String,
    /// Whether all criteria must be met, not just one.
    all: bool,
    /// Whether the modules that follow are left out for a flagged image set.
    skip: bool,
    criteria: Vec<Criterion>,
}

#[derive(Debug, PartialEq)]
enum Criterion {
    Bounds { of: Measured, low: Option<f64>, high: Option<f64> },
    Rules { folder: Folder, file: String, classes: Vec<i64>, allow_fuzzy: bool },
}

/// What is held against the bounds.
#[derive(Debug, PartialEq)]
enum Measured {
    Image(String),
    Mean(String, String),
    Each(String, String),
}

#[derive(Clone, Copy)]
enum Source {
    Image,
    Mean,
    Each,
    Rules,
    Classifier,
}

fn read(module: &cppipe::Module) -> Result<Box<dyn Module>, Vec<Problem>> {
    let values = module.settings.iter().map(|s| s.value.clone()).collect();
    let mut settings = Settings::upgraded(module, upgrade(values, module.revision));
    let count: usize = settings.number("Hidden");
    let flags = (0..count.min(settings.left())).map(|_| read_flag(&mut settings)).collect();
    let ignore_on_last = settings.text("Ignore flag skips on last cycle?") == "Yes";
    Ok(Box::new(settings.finish(FlagImage { flags, ignore_on_last })?))
}

fn read_flag(settings: &mut Settings<'_>) -> Flag {
    let count: usize = settings.number("Hidden");
    let category = settings.text("Name the flag's category");
    let name = settings.text("Name the flag");
    let all = settings.choice(
        "How should measurements be linked?",
        &[("Flag if any fail", false), ("Flag if all fail", true)],
    );
    let skip = settings.yes("Skip image set if flagged?");
    let criteria = (0..count.min(settings.left())).map(|_| read_criterion(settings)).collect();
    Flag { name: format!("{category}_{name}"), all, skip, criteria }
}

fn read_criterion(settings: &mut Settings<'_>) -> Criterion {
    let sources = [
        ("Whole-image measurement", Source::Image),
        ("Average measurement for all objects in each image", Source::Mean),
        ("Measurements for all objects in each image", Source::Each),
        ("Rules", Source::Rules),
        ("Classifier", Source::Classifier),
    ];
    let source = settings.choice("Flag is based on", &sources);
    let object = settings.text(OBJECT);
    let feature = settings.text(MEASUREMENT);
    let wants_low = settings.yes("Flag images based on low values?");
    let low: f64 = settings.number("Minimum value");
    let wants_high = settings.yes("Flag images based on high values?");
    let high: f64 = settings.number("Maximum value");
    let folder = settings.text(RULES_FOLDER);
    let file = settings.text("Rules file name");
    let classes = settings.names(CLASSES);
    let allow_fuzzy = settings.yes("Allow fuzzy feature matching?");
    let of = match source {
        Source::Image => Measured::Image(feature),
        Source::Mean => Measured::Mean(object, feature),
        Source::Each => Measured::Each(object, feature),
        Source::Rules | Source::Classifier => {
            if matches!(source, Source::Classifier) {
                settings.not_native("Flag is based on", "a classifier of CellProfiler Analyst".into());
            }
            let folder = Folder::parse(&folder).unwrap_or_else(|| {
                let near = cppipe::nearest(folder.split('|').next().unwrap_or(""), Folder::base_names());
                settings.problem(
                    RULES_FOLDER,
                    format!("`{folder}` does not start with a known folder"),
                    near,
                );
                Folder { base: imageset::FolderBase::Input, path: String::new() }
            });
            let number = |class: &String| {
                class.parse::<i64>().map(|n| n - 1).map_err(|_| format!("`{class}` is not a class's number"))
            };
            let classes = classes.iter().map(number).collect::<Result<_, _>>().unwrap_or_else(|why| {
                settings.problem(CLASSES, why, None);
                Vec::new()
            });
            return Criterion::Rules { folder, file, classes, allow_fuzzy };
        }
    };
    Criterion::Bounds { of, low: wants_low.then_some(low), high: wants_high.then_some(high) }
}

/// Brings the answers into the newest revision's order.
fn upgrade(values: Vec<String>, revision: u32) -> Vec<String> {
    // Answers of a flag before its criteria, of a criterion, and what a criterion lacks.
    let (fixed, each, lacking): (usize, usize, &[&str]) = match revision {
        0 | 1 => (4, 7, &["Default Input Folder|None", "rules.txt", "1", "No"]),
        2 => (5, 7, &["Default Input Folder|None", "rules.txt", "1", "No"]),
        3 => (5, 9, &["1", "No"]),
        4 => (5, 10, &["No"]),
        _ => return values,
    };
    let mut rest = values.iter().cloned();
    let mut new = Vec::new();
    let flags = rest.next();
    let count = |text: Option<&String>| text.and_then(|t| t.trim().parse::<usize>().ok()).unwrap_or(0);
    new.extend(flags.clone());
    for _ in 0..count(flags.as_ref()).min(values.len()) {
        let head: Vec<String> = rest.by_ref().take(fixed).collect();
        let criteria = count(head.first());
        new.extend(head);
        if revision <= 1 {
            new.push("No".into());
        }
        for _ in 0..criteria.min(values.len()) {
            let mut criterion: Vec<String> = rest.by_ref().take(each).collect();
            if let Some(source) = criterion.first_mut()
                && revision <= 1
            {
                *source = source_of_revision_one(source);
            }
            new.extend(criterion);
            new.extend(lacking.iter().map(ToString::to_string));
        }
    }
    // CellProfiler takes the last answer of revision 4, whatever it is, for the one about the last cycle.
    new.extend(if revision == 4 { values.last().cloned() } else { Some("1".into()) });
    new
}

fn source_of_revision_one(source: &str) -> String {
    let name = match source {
        "All objects" => "Measurements for all objects in each image",
        s if s.starts_with("Measurement for all") => "Measurements for all objects in each image",
        "Average for objects" => "Average measurement for all objects in each image",
        "Image" => "Whole-image measurement",
        _ => source,
    };
    name.to_string()
}

impl Module for FlagImage {
    fn declare(&self, _upstream: &Upstream) -> Declaration {
        let needs = self.flags.iter().flat_map(|f| &f.criteria).filter_map(|criterion| match criterion {
            Criterion::Bounds { of: Measured::Image(feature), .. } => {
                Some(Need::measurement(IMAGE, feature, MEASUREMENT))
            }
            Criterion::Bounds {
                of: Measured::Mean(object, feature) | Measured::Each(object, feature),
                ..
            } => Some(Need::measurement(object, feature, MEASUREMENT)),
            Criterion::Rules { .. } => None,
        });
        Declaration {
            needs: needs.collect(),
            columns: self.flags.iter().map(|f| Column::integer(IMAGE, &f.name)).collect(),
            ..Declaration::default()
        }
    }

    fn run(&self, workspace: &mut Workspace<'_>) -> Result<(), RunError> {
        for flag in &self.flags {
            let fails = flag.criteria.iter().map(|c| c.fails(workspace)).collect::<Result<Vec<_>, _>>()?;
            let flagged = if flag.all { !fails.contains(&false) } else { fails.contains(&true) };
            workspace.record.image_integer(flag.name.clone(), i64::from(flagged));
            if flagged && flag.skip {
                let set = workspace.image_set;
                workspace.skip = !(self.ignore_on_last && set.group_index == set.group_length);
            }
        }
        Ok(())
    }
}

impl Criterion {
    /// Returns whether the image set is out of bounds, or of a class that is flagged.
    fn fails(&self, workspace: &Workspace<'_>) -> Result<bool, RunError> {
        match self {
            Self::Bounds { of, low, high } => {
                let Some((least, most)) = of.extremes(workspace)? else { return Ok(true) };
                Ok(low.is_some_and(|low| least < low) || high.is_some_and(|high| most > high))
            }
            Self::Rules { folder, file, classes, allow_fuzzy } => {
                let folders = workspace.folders;
                let folder = folder.resolve(&folders.input, &folders.output, None);
                let path = format!("{}/{file}", folder.trim_end_matches('/'));
                let scores = Rules::read(workspace.source, &path, *allow_fuzzy)?.score(&workspace.record)?;
                // As many votes as classes are named, for one class may be named twice.
                let votes = |row: &Vec<f64>| {
                    let best = best_class(row).map(|c| c as i64);
                    classes.iter().filter(|&&c| Some(c) == best).count()
                };
                let hits: usize = scores.iter().map(votes).sum();
                Ok(hits as i64 > scores.len() as i64 - hits as i64)
            }
        }
    }
}

impl Measured {
    /// Returns the least and the greatest value; `None` when there are no objects.
    fn extremes(&self, workspace: &Workspace<'_>) -> Result<Option<(f64, f64)>, RunError> {
        let record = &workspace.record;
        let (object, feature) = match self {
            Self::Image(feature) => {
                return match record.image.get(feature) {
                    Some(Value::Integer(v)) => Ok(Some((*v as f64, *v as f64))),
                    Some(Value::Float(v)) => Ok(Some((*v, *v))),
                    Some(Value::Text(text)) => {
                        Err(RunError::Refused(format!("`{feature}` is `{text}`, which has no bounds")))
                    }
                    None => Err(RunError::Refused(format!("`{feature}` of the image is not measured"))),
                };
            }
            Self::Mean(object, feature) | Self::Each(object, feature) => (object, feature),
        };
        let values = record.object(object, feature).map(|v| v.to_floats()).unwrap_or_default();
        if values.is_empty() {
            return Ok(None);
        }
        Ok(match self {
            Self::Mean(..) => Some(numpy::mean(&values)).map(|mean| (mean, mean)),
            _ => numpy::extremes(&values),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn older_revisions_lack_rules_and_skipping() {
        let old =
            ["1", "1", "Metadata", "QC", "Flag if any fail", "Image", "None", "F", "Yes", "0", "No", "1"];
        let new = upgrade(old.map(String::from).to_vec(), 1);
        let mut expected = old.map(String::from).to_vec();
        expected[5] = "Whole-image measurement".into();
        expected.insert(5, "No".into());
        expected.extend(["Default Input Folder|None", "rules.txt", "1", "No", "1"].map(String::from));
        assert_eq!(new, expected);
    }
}
