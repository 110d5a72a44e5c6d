//! The settings of ClassifyObjects, of all revisions.

use cppipe::{Problem, Settings};
use imageset::{Folder, FolderBase};

pub const OBJECTS: &str = "Select the object to be classified";
pub const MEASUREMENT: &str = "Select the measurement to classify by";
pub const MODEL_OBJECTS: &str = "Select the object name";
pub const FIRST: &str = "Select the first measurement";
pub const SECOND: &str = "Select the second measurement";
const THRESHOLDS: &str = "Enter the custom thresholds separating the values between bins";
const FILE: &str = "Rules or classifier file name";
const FOLDER: &str = "Select the location of the classifier model file";

/// How many settings a classification by one measurement has.
const SETTINGS_OF_SINGLE: usize = 13;

/// The settings of ClassifyObjects.
#[derive(Debug, PartialEq)]
pub struct ClassifyObjects {
    pub by: Classify,
}

#[derive(Debug, PartialEq)]
pub enum Classify {
    Single(Vec<Single>),
    Two(Two),
    Model(Model),
}

/// A classification by one measurement.
#[derive(Debug, PartialEq)]
pub struct Single {
    pub objects: String,
    pub feature: String,
    pub bins: Bins,
    /// Whether there is a bin for what is below the first edge.
    pub below: bool,
    /// Whether there is a bin for what is above the last edge.
    pub above: bool,
    pub names: Option<Vec<String>>,
    pub image: Option<String>,
}

/// The edges between bins.
#[derive(Debug, PartialEq)]
pub enum Bins {
    Even { count: usize, low: f64, high: f64 },
    Custom(Vec<f64>),
}

/// A classification by two measurements.
#[derive(Debug, PartialEq)]
pub struct Two {
    pub objects: String,
    pub first: By,
    pub second: By,
    /// Names of the bins: low low, low high, high low, high high.
    pub names: Option<[String; 4]>,
    pub image: Option<String>,
}

/// A measurement with its cutoff.
#[derive(Debug, PartialEq)]
pub struct By {
    pub feature: String,
    pub cutoff: Cutoff,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Cutoff {
    Mean,
    Median,
    Custom(f64),
}

/// A classification by the rules in a file.
#[derive(Debug, PartialEq)]
pub struct Model {
    pub objects: String,
    pub folder: Folder,
    pub file: String,
    pub fuzzy: bool,
    /// Classes that become object sets, and what these are called.
    pub outputs: Vec<(String, String)>,
}

#[derive(Clone, Copy)]
enum Choice {
    Single,
    Two,
    Model,
}

impl ClassifyObjects {
    pub fn read(module: &cppipe::Module) -> Result<Self, Vec<Problem>> {
        let values = module.settings.iter().map(|s| s.value.clone()).collect();
        let mut s = Settings::upgraded(module, upgraded(values, module.revision));
        let choice = s.choice(
            "Make classification decision based on",
            &[
                ("Single measurement", Choice::Single),
                ("Pair of measurements", Choice::Two),
                ("Classifier Model", Choice::Model),
            ],
        );
        let singles: usize = s.number("Hidden");
        let classes: usize = s.number("Hidden");
        let counts = matches!(choice, Choice::Single);
        let singles =
            (0..singles.min(s.left() / SETTINGS_OF_SINGLE)).map(|_| read_single(&mut s, counts)).collect();
        let outputs: Vec<_> = (0..classes.min(s.left() / 2))
            .map(|_| (s.text("Select a class"), s.text("Name the output objects")))
            .collect();
        let objects = s.text(MODEL_OBJECTS);
        let (first, second) = (read_by(&mut s, FIRST), read_by(&mut s, SECOND));
        let custom = s.yes("Use custom names for the bins?");
        let names = ["low-low", "low-high", "high-low", "high-high"]
            .map(|bin| s.text(&format!("Enter the {bin} bin name")));
        let wants_image = s.yes("Retain an image of the classified objects?");
        let image = s.text("Enter the image name");
        let create = s.yes("Save classes as new object sets?");
        let answer = s.text(FOLDER);
        let file = s.text(FILE);
        let fuzzy = s.yes("Allow fuzzy feature matching?");
        let by = match choice {
            Choice::Single => Classify::Single(singles),
            Choice::Two => Classify::Two(Two {
                objects,
                first,
                second,
                names: custom.then_some(names),
                image: wants_image.then_some(image),
            }),
            Choice::Model => {
                let folder = Folder::parse(&answer).unwrap_or_else(|| {
                    let near = cppipe::nearest(&answer, Folder::base_names());
                    s.problem(FOLDER, format!("`{answer}` is not a folder"), near);
                    Folder { base: FolderBase::Input, path: ".".into() }
                });
                if !file.ends_with(".txt") {
                    s.not_native(FILE, format!("`{file}` is a trained classifier"));
                }
                let outputs = if create { outputs } else { Vec::new() };
                Classify::Model(Model { objects, folder, file, fuzzy, outputs })
            }
        };
        s.finish(Self { by })
    }

    /// Returns the names of the bins of each classification by one measurement.
    pub fn bin_names(&self) -> Vec<Vec<String>> {
        let Classify::Single(singles) = &self.by else { return Vec::new() };
        let names = |(at, single): (usize, &Single)| {
            if let Some(names) = &single.names {
                return names.clone();
            }
            // A measurement that is asked for again is numbered, whichever objects it is of.
            let again = singles[..at].iter().filter(|other| other.feature == single.feature).count();
            let again = if again == 0 { String::new() } else { again.to_string() };
            (1..=single.bin_count()).map(|bin| format!("{}{again}_Bin_{bin}", single.feature)).collect()
        };
        singles.iter().enumerate().map(names).collect()
    }
}

impl Single {
    fn bin_count(&self) -> usize {
        let inner = match &self.bins {
            Bins::Even { count, .. } => *count,
            Bins::Custom(edges) => edges.len().saturating_sub(1),
        };
        inner + usize::from(self.below) + usize::from(self.above)
    }
}

impl Two {
    /// Returns the names of the bins: low low, low high, high low, high high.
    pub fn names(&self) -> [String; 4] {
        self.names.clone().unwrap_or_else(|| {
            let (first, second) = (&self.first.feature, &self.second.feature);
            [("low", "low"), ("low", "high"), ("high", "low"), ("high", "high")]
                .map(|(a, b)| format!("{first}_{a}_{second}_{b}"))
        })
    }
}

fn read_single(s: &mut Settings<'_>, counts: bool) -> Single {
    let (objects, feature) = (s.text(OBJECTS), s.text(MEASUREMENT));
    let custom =
        s.choice("Select bin spacing", &[("Evenly spaced bins", false), ("Custom-defined bins", true)]);
    let count = s.number_within(1.., 3);
    let low = s.number("Lower threshold");
    let below = s.yes("Use a bin for objects below the threshold?");
    let high = s.number("Upper threshold");
    let above = s.yes("Use a bin for objects above the threshold?");
    let answer = s.text(THRESHOLDS);
    let named = s.yes("Give each bin a name?");
    let names = s.text("Enter the bin names separated by commas");
    let wants_image = s.yes("Retain an image of the classified objects?");
    let image = s.text("Name the output image");
    let bins = if custom {
        let edges: Option<Vec<f64>> =
            answer.split(',').map(|edge| edge.trim().replace('_', "").parse().ok()).collect();
        if edges.is_none() && counts {
            s.problem(THRESHOLDS, format!("`{answer}` is not numbers with commas between them"), None);
        }
        Bins::Custom(edges.unwrap_or_default())
    } else {
        Bins::Even { count, low, high }
    };
    let names = named.then(|| names.split(',').map(|name| name.trim().to_string()).collect());
    Single { objects, feature, bins, below, above, names, image: wants_image.then_some(image) }
}

fn read_by(s: &mut Settings<'_>, label: &str) -> By {
    let feature = s.text(label);
    let cutoff = s.choice(
        "Method to select the cutoff",
        &[("Mean", Cutoff::Mean), ("Median", Cutoff::Median), ("Custom", Cutoff::Custom(0.0))],
    );
    let value = s.number("Enter the cutoff value");
    By { feature, cutoff: if matches!(cutoff, Cutoff::Custom(_)) { Cutoff::Custom(value) } else { cutoff } }
}

/// Brings the answers into the order of revision 4.
fn upgraded(mut v: Vec<String>, revision: u32) -> Vec<String> {
    if revision == 1 && v.len() >= 2 {
        let single = v[0].contains("Single measurement");
        let mut new = vec![if single { "Single measurement" } else { "Pair of measurements" }.to_string()];
        new.push(v[1].clone());
        let count: usize = v[1].trim().parse().unwrap_or(0);
        let mut rest = &v[2..];
        for _ in 0..count {
            let Some((old, after)) = rest.split_at_checked(11) else { break };
            // The bins below and above were counted and always there.
            let bins = old[3].trim().parse::<i64>().map_or(old[3].clone(), |bins| (bins - 2).to_string());
            new.extend(old[..3].iter().cloned());
            new.extend([bins, old[4].clone(), "Yes".into(), old[5].clone(), "Yes".into()]);
            new.extend(old[6..].iter().cloned());
            rest = after;
        }
        new.extend(rest.iter().cloned());
        v = new;
    }
    if revision <= 2 && v.len() >= 2 {
        v.insert(2, "1".into());
        let count: usize = v[1].trim().parse().unwrap_or(0);
        let at = (count * SETTINGS_OF_SINGLE + 3).min(v.len());
        v.splice(at..at, ["None".to_string(), "ClassifiedObjects".into()]);
        v.extend(["No", "Default Output Folder|None", "None"].map(String::from));
    }
    if revision <= 3 {
        v.push("No".into());
    }
    v
}
