use std::io;

/// Why a pipeline and its input do not make image sets.
#[derive(Debug, thiserror::Error)]
pub enum PlanError {
    /// Settings of the input modules are wrong.
    #[error("{}", lines(.0))]
    Settings(Vec<cppipe::Problem>),
    /// The input does not fit the settings.
    #[error(transparent)]
    Input(#[from] InputError),
}

fn lines(problems: &[cppipe::Problem]) -> String {
    problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

/// Why files or tables do not make image sets.
#[derive(Debug, thiserror::Error)]
pub enum InputError {
    /// A file that is needed cannot be read.
    #[error("cannot read `{location}`: {error}")]
    Unreadable {
        /// Where it should be.
        location: String,
        /// Why not.
        error: io::Error,
    },
    /// A table that cannot be used.
    #[error("cannot use the table `{location}`: {reason}")]
    Table {
        /// Where it is.
        location: String,
        /// What is wrong with it.
        reason: String,
    },
    /// There are no files.
    #[error("the input has no files: give a folder with images (-i) or a list of files (--file-list)")]
    NoFiles,
    /// No file passes the filter of the Images module.
    #[error(
        "module {module} Images, setting \"Filter images?\": none of the {files} files passes the filter, \
         `{example}` for one: choose other files or another filter"
    )]
    NothingPasses {
        /// The module's number.
        module: usize,
        /// How many files there are.
        files: usize,
        /// The first of them.
        example: String,
    },
    /// No file belongs to a channel.
    #[error(
        "module {module} NamesAndTypes, setting \"Select the rule criteria\": none of the {files} files fits the \
         rule of channel `{channel}`: change the rule, or add the channel's files"
    )]
    EmptyChannel {
        /// The module's number.
        module: usize,
        /// The channel's name.
        channel: String,
        /// How many files there are.
        files: usize,
    },
    /// An expression that fits no file, although what it extracts is needed.
    #[error(
        "module {module} Metadata, setting \"{setting}\": the expression `{expression}` matches none of the {files} \
         files, `{example}` for one, and what it extracts is needed: mend the expression"
    )]
    PatternMatchesNothing {
        /// The module's number.
        module: usize,
        /// The setting's question.
        setting: &'static str,
        /// The expression.
        expression: String,
        /// How many files it was tried on.
        files: usize,
        /// The name or folder of the first of them.
        example: String,
    },
    /// No image of the leading channel has the metadata that match.
    #[error(
        "module {module} NamesAndTypes, setting \"Match metadata\": no image of channel `{channel}` has metadata for {}: \
         see what the Metadata module extracts",
        .keys.iter().map(|k| format!("`{k}`")).collect::<Vec<_>>().join(", ")
    )]
    NoMetadata {
        /// The module's number.
        module: usize,
        /// The channel's name.
        channel: String,
        /// The keys.
        keys: Vec<String>,
    },
    /// A metadata value that is no number although its key's are.
    #[error(
        "module {module}: the metadata `{key}` are numbers by the setting \"Metadata types\" of the Metadata module, but \
         `{value}` of {place} is none: choose text for the key"
    )]
    NotNumber {
        /// The module's number.
        module: usize,
        /// The key.
        key: String,
        /// The value; empty where there is none.
        value: String,
        /// Whose value it is.
        place: String,
    },
    /// No image set is complete.
    #[error("module {module} {name}: {reason}")]
    NoImageSets {
        /// The module's number.
        module: usize,
        /// The module's name.
        name: String,
        /// Why there are none and what to do.
        reason: String,
    },
    /// Image sets are to be grouped by what they do not have.
    #[error(
        "module {module} {name}, setting \"{setting}\": the image sets have no metadata `{key}`{}; they have: {known}",
        .near.as_ref().map(|n| format!("; did you mean `{n}`?")).unwrap_or_default()
    )]
    GroupKey {
        /// The module's number.
        module: usize,
        /// The module's name.
        name: String,
        /// The setting's question.
        setting: &'static str,
        /// The key.
        key: String,
        /// The nearest key that they have.
        near: Option<String>,
        /// All keys that they have.
        known: String,
    },
    /// A group was asked for by other keys than image sets are grouped by.
    #[error("the group `{group}` has the keys {asked}, but the pipeline groups by {grouped}")]
    OtherKeys {
        /// The group.
        group: String,
        /// Its keys.
        asked: String,
        /// The pipeline's keys.
        grouped: String,
    },
    /// A group was asked for that is not there.
    #[error("no image set is of the group `{group}`; there are: {known}")]
    NoSuchGroup {
        /// The group.
        group: String,
        /// The groups that there are, or the first of them.
        known: String,
    },
    /// A group that is not written as a list of keys and values.
    #[error("`{group}` is not a group: write `Metadata_Plate=P1,Metadata_Well=A01`")]
    NotAGroup {
        /// What was given.
        group: String,
    },
    /// The range of image sets holds none.
    #[error("no image set is from number {first} to {last}: there are {count}")]
    NoneInRange {
        /// First number.
        first: usize,
        /// Last number.
        last: String,
        /// How many image sets there are.
        count: usize,
    },
}

impl InputError {
    pub(crate) fn unreadable(location: &str, error: io::Error) -> Self {
        Self::Unreadable { location: location.to_string(), error }
    }
}
