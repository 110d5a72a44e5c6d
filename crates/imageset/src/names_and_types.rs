//! CellProfiler's NamesAndTypes: which files are which channel, and which files belong together.

mod assign;
mod collect;
mod upgrade;

pub(crate) use assign::assign;
pub(crate) use collect::collect;

use crate::images::rule;
use crate::literal::{Join, parse_joins};
use crate::{Rescale, Role, Rule, Subject};
use cppipe::{Module, Problem, Settings};

/// Settings of CellProfiler's NamesAndTypes module.
#[derive(Clone, Debug)]
pub struct NamesAndTypes {
    /// Which files go to which channel.
    pub assignment: Assignment,
    /// Relative pixel spacing in z, y, x where images are volumes.
    pub volume: Option<[f64; 3]>,
}

impl NamesAndTypes {
    /// Returns the image set's features that its files are matched by, as the first channel with all keys names them.
    ///
    /// CellProfiler declares them once more, beside the module that extracts them.
    pub fn matched_features(&self) -> Vec<String> {
        let Assignment::Rules { channels, matching: Matching::Metadata(joins), .. } = &self.assignment else {
            return Vec::new();
        };
        let feature = |name: &str, join: &Join| match join.get(name)?.as_deref()? {
            place @ ("Frame" | "Series") => Some(format!("{place}_{name}")),
            key => Some(format!("Metadata_{key}")),
        };
        let mut of_channels = channels.iter().map(|(_, channel)| {
            joins.iter().map(|join| feature(&channel.name, join)).collect::<Option<Vec<_>>>()
        });
        of_channels.find_map(|features| features).unwrap_or_default()
    }
}

/// Which files go to which channel.
#[derive(Clone, Debug)]
pub enum Assignment {
    /// Every file is an image set of its own.
    All(ChannelSettings),
    /// Files go to channels by rules.
    Rules {
        /// The channels with their rules.
        channels: Vec<(Rule, ChannelSettings)>,
        /// Channels whose one file belongs to all image sets.
        singles: Vec<(SingleImage, ChannelSettings)>,
        /// How the files of an image set find each other.
        matching: Matching,
    },
}

/// How the files of an image set find each other.
#[derive(Clone, Debug, PartialEq)]
pub enum Matching {
    /// First with first, second with second.
    Order,
    /// By their metadata.
    Metadata(Vec<Join>),
}

/// A channel: what it is called and what it is.
#[derive(Clone, Debug, PartialEq)]
pub struct ChannelSettings {
    /// The name that modules call it by.
    pub name: String,
    /// What it is to be.
    pub role: Role,
    /// How file values become [0, 1].
    pub rescale: Rescale,
}

/// The one file of a channel that is the same in all image sets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SingleImage {
    /// The file's URL.
    pub url: String,
    /// Which image of the file.
    pub series: usize,
    /// Which plane.
    pub index: usize,
}

#[derive(Clone, Copy)]
enum Range {
    Metadata,
    BitDepth,
    Manual,
}

const ROLE: &str = "Select the image type";
const ROLES: [(&str, Role); 6] = [
    ("Grayscale image", Role::Grayscale),
    ("Color image", Role::Color),
    ("Binary mask", Role::Mask),
    ("Mask", Role::Mask),
    ("Illumination function", Role::Illumination),
    ("Objects", Role::Objects),
];
const RANGE: &str = "Set intensity range from";
const RANGES: [(&str, Range); 5] = [
    ("Image metadata", Range::Metadata),
    ("Image bit-depth", Range::BitDepth),
    ("Manual", Range::Manual),
    ("Yes", Range::Metadata),
    ("No", Range::BitDepth),
];
const MANUAL: &str = "Maximum intensity";
const IMAGE_NAME: &str = "Name to assign these images";
const OBJECT_NAME: &str = "Name to assign these objects";

impl NamesAndTypes {
    /// The newest revision of the settings.
    pub const REVISION: u32 = 8;

    /// Reads the settings of any revision.
    ///
    /// # Errors
    /// All that is wrong with them.
    pub fn read(module: &Module) -> Result<Self, Vec<Problem>> {
        let values = module.settings.iter().map(|s| s.value.clone()).collect();
        let values = upgrade::upgrade(values, module.revision);
        let mut settings = Settings::upgraded(module, values);
        let s = &mut settings;
        let choices = [("All images", true), ("Images matching rules", false)];
        let all = s.choice("Assign a name to", &choices);
        let role = s.text(ROLE);
        let name = s.text("Name to assign these images");
        let join = s.text("Match metadata");
        let by_metadata = s.text("Image set matching method");
        let range = s.text(RANGE);
        let assignments = s.number("Assignments count");
        let singles = s.number("Single images count");
        let manual = s.text(MANUAL);
        let volume = s.yes("Process as 3D?");
        let [x, y, z] = ["X", "Y", "Z"].map(|axis| {
            let label = format!("Relative pixel spacing in {axis}");
            if volume { s.number(&label) } else { s.skip_one(1.0) }
        });
        let volume = volume.then_some([z, y, x]);
        let assignment = if all {
            Assignment::All(one_channel(s, [&role, &name, "", &range, &manual]))
        } else {
            rules(s, assignments, singles, &join, &by_metadata)
        };
        settings.finish(Self { assignment, volume })
    }

    /// Returns the measurements by which image sets are matched: those of the first channel with a key in every join.
    pub(crate) fn match_features(&self) -> Vec<String> {
        let Assignment::Rules { matching: Matching::Metadata(joins), .. } = &self.assignment else {
            return Vec::new();
        };
        let keys_of =
            |name: &str| joins.iter().map(|j| j.get(name).cloned().flatten()).collect::<Option<Vec<_>>>();
        let found = self.channels().into_iter().find_map(|c| Some((&c.name, keys_of(&c.name)?)));
        let Some((channel, keys)) = found else { return Vec::new() };
        let feature = |key: String| match key.as_str() {
            "Frame" | "Series" => format!("{key}_{channel}"),
            _ => format!("Metadata_{key}"),
        };
        keys.into_iter().map(feature).collect()
    }

    /// Returns the channels in order.
    pub fn channels(&self) -> Vec<&ChannelSettings> {
        match &self.assignment {
            Assignment::All(channel) => vec![channel],
            Assignment::Rules { channels, singles, .. } => {
                channels.iter().map(|(_, c)| c).chain(singles.iter().map(|(_, c)| c)).collect()
            }
        }
    }
}

trait SkipOne {
    fn skip_one<T>(&mut self, stand_in: T) -> T;
}

impl SkipOne for Settings<'_> {
    fn skip_one<T>(&mut self, stand_in: T) -> T {
        self.skip(1);
        stand_in
    }
}

fn rules(
    settings: &mut Settings<'_>,
    assignments: usize,
    singles: usize,
    join: &str,
    by_metadata: &str,
) -> Assignment {
    let mut channels = Vec::new();
    for _ in 0..assignments.min(settings.left()) {
        let rule = rule(settings, "Select the rule criteria", Subject::Images);
        let channel = next_channel(settings);
        channels.extend(rule.map(|rule| (rule, channel)));
    }
    let mut single_images = Vec::new();
    for _ in 0..singles.min(settings.left()) {
        let image = single_image(settings);
        let channel = next_channel(settings);
        single_images.extend(image.map(|image| (image, channel)));
    }
    if assignments == 0 {
        let message = "no channel has a rule: at least one must".into();
        settings.problem("Assignments count", message, None);
    }
    let matching = if channels.len() < 2 || assignments < 2 {
        Matching::Order
    } else {
        matching(settings, join, by_metadata, &channels)
    };
    Assignment::Rules { channels, singles: single_images, matching }
}

fn matching(
    settings: &mut Settings<'_>,
    join: &str,
    method: &str,
    channels: &[(Rule, ChannelSettings)],
) -> Matching {
    const JOIN: &str = "Match metadata";
    match method {
        "Order" => return Matching::Order,
        "Metadata" => {}
        _ => {
            let message = format!("`{method}` is not one of: Order, Metadata");
            let near = cppipe::nearest(method, ["Order", "Metadata"]);
            settings.problem("Image set matching method", message, near);
            return Matching::Order;
        }
    }
    let Some(joins) = parse_joins(join) else {
        settings.problem(JOIN, format!("`{join}` does not say which metadata belong together"), None);
        return Matching::Order;
    };
    let complete = |name: &str| joins.iter().all(|join| join.get(name).is_some_and(Option::is_some));
    if !channels.iter().any(|(_, channel)| complete(&channel.name)) {
        let message = "no channel has a key for every match: each has at least one that is `(None)`".into();
        settings.problem(JOIN, message, None);
    }
    Matching::Metadata(joins)
}

fn single_image(settings: &mut Settings<'_>) -> Option<SingleImage> {
    const LABEL: &str = "Single image location";
    let text = settings.text(LABEL);
    let mut fields = text.split(' ');
    let url = fields.next().unwrap_or_default().to_string();
    let mut number = || match fields.next() {
        None | Some("") => Some(0),
        Some(field) => field.parse().ok(),
    };
    let (series, index) = (number(), number());
    if url.is_empty() {
        settings.problem(LABEL, "no file is chosen".into(), None);
        return None;
    }
    match (series, index) {
        (Some(series), Some(index)) => Some(SingleImage { url, series, index }),
        _ => {
            settings.problem(LABEL, format!("`{text}` is not a URL with series and frame"), None);
            None
        }
    }
}

/// Takes image name, objects name, type, range and greatest value.
fn next_channel(settings: &mut Settings<'_>) -> ChannelSettings {
    let image_name = settings.text(IMAGE_NAME);
    let object_name = settings.text(OBJECT_NAME);
    let [role, range, manual] = [ROLE, RANGE, MANUAL].map(|label| settings.text(label));
    one_channel(settings, [&role, &image_name, &object_name, &range, &manual])
}

fn one_channel(
    settings: &mut Settings<'_>,
    [role, image_name, object_name, range, manual]: [&str; 5],
) -> ChannelSettings {
    let role = choose(settings, ROLE, role, &ROLES);
    let rescaled = matches!(role, Role::Grayscale | Role::Color);
    let rescale = match role {
        Role::Mask => Rescale::Metadata,
        _ if !rescaled => Rescale::Off,
        _ => match choose(settings, RANGE, range, &RANGES) {
            Range::Metadata => Rescale::Metadata,
            Range::BitDepth => Rescale::BitDepth,
            Range::Manual => Rescale::Manual(manual.trim().parse().unwrap_or_else(|_| {
                settings.problem(MANUAL, format!("`{manual}` is not a number"), None);
                1.0
            })),
        },
    };
    let (name, label) =
        if role == Role::Objects { (object_name, OBJECT_NAME) } else { (image_name, IMAGE_NAME) };
    if name.is_empty() {
        settings.problem(label, "the name is empty".into(), None);
    }
    ChannelSettings { name: name.to_string(), role, rescale }
}

fn choose<T: Copy>(settings: &mut Settings<'_>, label: &str, value: &str, choices: &[(&str, T)]) -> T {
    if let Some((_, meaning)) = choices.iter().find(|(name, _)| *name == value) {
        return *meaning;
    }
    let names: Vec<_> = choices.iter().map(|(name, _)| *name).collect();
    let near = cppipe::nearest(value, names.iter().copied());
    settings.problem(label, format!("`{value}` is not one of: {}", names.join(", ")), near);
    choices[0].1
}
