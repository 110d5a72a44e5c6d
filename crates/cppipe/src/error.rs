/// Why a file could not be read as a pipeline.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ParseError {
    /// The first line is not that of a pipeline.
    #[error(
        "line 1: not a CellProfiler pipeline: it begins with `{found}`, not with `CellProfiler Pipeline: http://www.cellprofiler.org`"
    )]
    NotAPipeline {
        /// How the file begins.
        found: String,
    },
    /// The bytes are neither UTF-8 nor what CellProfiler falls back to.
    #[error("line {line}: the text is not UTF-8; save the pipeline as UTF-8")]
    Encoding {
        /// Where the first bad byte is.
        line: usize,
    },
    /// The file is of a format that CellProfiler 4.2 cannot read either.
    #[error(
        "line {line}: the file is of format version `{version}`, but versions 1 to 5 (text) and 6 (JSON) can be read; save it with CellProfiler 4.2"
    )]
    NewerVersion {
        /// Where it says so.
        line: usize,
        /// The version it says.
        version: String,
    },
    /// A line of the file's head is not `Key:value`.
    #[error("line {line}: `{text}` is not a line of a pipeline's head, which reads `Key:value`")]
    Header {
        /// Where.
        line: usize,
        /// The line.
        text: String,
    },
    /// A number of the head or of a module's head is none.
    #[error("line {line}: {key} is `{value}`, which is not a whole number")]
    Number {
        /// Where.
        line: usize,
        /// Whose number.
        key: String,
        /// What stands there.
        value: String,
    },
    /// The file ends too early.
    #[error("line {line}: the file ends here, within {within}: it was cut off; get it whole again")]
    Truncated {
        /// The last line.
        line: usize,
        /// What is not whole.
        within: String,
    },
    /// A line that should begin a module does not.
    #[error("line {line}: `{text}` does not begin a module, which reads `Name:[module_num:1|…]`")]
    ModuleHead {
        /// Where.
        line: usize,
        /// The line.
        text: String,
    },
    /// An attribute of a module's head cannot be read.
    #[error("line {line}: module {module}: `{attribute}` is not an attribute, which reads `key:value`")]
    Attribute {
        /// Where.
        line: usize,
        /// The module's name.
        module: String,
        /// What stands there.
        attribute: String,
    },
    /// A module does not say which form of its settings this is.
    #[error("line {line}: module {module} has no `variable_revision_number`")]
    NoRevision {
        /// Where.
        line: usize,
        /// The module's name.
        module: String,
    },
    /// A setting has no colon between question and answer.
    #[error("line {line}: module {module}: `{text}` is not a setting, which reads `question:answer`")]
    Setting {
        /// Where.
        line: usize,
        /// The module's name.
        module: String,
        /// The line.
        text: String,
    },
    /// The list of files behind the modules cannot be read.
    #[error("line {line}: the list of image files is broken: {message}")]
    FileList {
        /// Where.
        line: usize,
        /// What is wrong.
        message: String,
    },
    /// The JSON (format version 6) cannot be read.
    #[error("line {line}: {message}")]
    Json {
        /// Where; 0 when the place is not known.
        line: usize,
        /// What is wrong.
        message: String,
    },
    /// The project file (HDF5) cannot be read.
    #[error("the project file cannot be read: {message}")]
    Project {
        /// What is wrong.
        message: String,
    },
}
