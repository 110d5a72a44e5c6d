use crate::{ParseError, json, project, text};

/// A pipeline: its modules in order, disabled ones too.
///
/// # Examples
/// ```
/// let text = "CellProfiler Pipeline: http://www.cellprofiler.org\nVersion:5\nDateRevision:428\nGitHash:\n\
///             ModuleCount:1\nHasImagePlaneDetails:False\n\n\
///             Crop:[module_num:1|variable_revision_number:3|enabled:True]\n    Select the input image:DNA\n";
/// let mut pipeline = cppipe::Pipeline::parse(text.as_bytes())?;
/// assert_eq!(pipeline.modules[0].settings[0].value, "DNA");
/// assert_eq!(pipeline.to_text(), text);
/// pipeline.modules[0].settings[0].value = "RNA".into();
/// assert_eq!(pipeline.to_text(), text.replace("DNA", "RNA"));
/// # Ok::<(), cppipe::ParseError>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Pipeline {
    /// The modules in the order they run.
    pub modules: Vec<Module>,
    pub(crate) remarks: Vec<String>,
    pub(crate) layout: Layout,
}

/// The form a pipeline was read from, with all that its modules do not hold.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) enum Layout {
    /// It was made by a program.
    #[default]
    New,
    /// Format versions 1 to 5.
    Text(Box<text::Layout>),
    /// Format version 6.
    Json(Box<json::Layout>),
}

impl Pipeline {
    /// Returns a pipeline of these modules.
    pub fn new(modules: Vec<Module>) -> Self {
        Self { modules, ..Self::default() }
    }

    /// Reads a pipeline: `.cppipe` text of format versions 1 to 5, JSON of version 6, or the one within a
    /// `.cpproj` project (HDF5). Unknown modules are kept as they are.
    ///
    /// # Errors
    /// When the bytes are none of these, are cut off or broken; the message names the line.
    pub fn parse(bytes: &[u8]) -> Result<Self, ParseError> {
        if bytes.starts_with(project::SIGNATURE) {
            let text = project::pipeline_text(bytes)?;
            return Self::parse_text(&text);
        }
        match std::str::from_utf8(bytes) {
            Ok(text) => Self::parse_text(text),
            Err(error) => {
                // CellProfiler's own way with files that are not UTF-8: the whole file is Latin-1 with escapes.
                let line = bytes[..error.valid_up_to()].iter().filter(|b| **b == b'\n').count() + 1;
                let latin = text::escape::unescape(bytes).ok_or(ParseError::Encoding { line })?;
                Self::parse_text(&latin).map_err(|error| match error {
                    ParseError::NotAPipeline { .. } => error,
                    _ => ParseError::Encoding { line },
                })
            }
        }
    }

    /// Reads a pipeline from text of any format version.
    ///
    /// # Errors
    /// As [`Pipeline::parse`].
    pub fn parse_text(text: &str) -> Result<Self, ParseError> {
        if text.trim_start_matches('\u{feff}').trim_start().starts_with('{') {
            json::read(text)
        } else {
            text::read(text)
        }
    }

    /// Writes the pipeline in the form it was read from: byte for byte what was read where nothing changed. A
    /// pipeline made by a program is written as version 5, one from a project as the text within it.
    pub fn to_text(&self) -> String {
        match &self.layout {
            Layout::New => text::write(&self.modules, &text::Layout::default()),
            Layout::Text(layout) => text::write(&self.modules, layout),
            Layout::Json(layout) => json::write(&self.modules, layout),
        }
    }

    /// Returns the version of the file format, 1 to 6.
    pub fn format_version(&self) -> u32 {
        match &self.layout {
            Layout::New => 5,
            Layout::Text(layout) => layout.version.max(1),
            Layout::Json(_) => 6,
        }
    }

    /// Returns which CellProfiler wrote the file, as `428` for 4.2.8 or a date, if it says so.
    pub fn date_revision(&self) -> Option<u64> {
        match &self.layout {
            Layout::New => None,
            Layout::Text(layout) => layout.date_revision,
            Layout::Json(layout) => layout.date_revision,
        }
    }

    /// Returns the addresses of image files that are kept with the pipeline.
    pub fn file_list(&self) -> &[String] {
        match &self.layout {
            Layout::New => &[],
            Layout::Text(layout) => &layout.file_list,
            Layout::Json(layout) => &layout.file_list,
        }
    }

    /// Returns what is odd in the file but did not keep it from being read, with line numbers.
    pub fn remarks(&self) -> &[String] {
        &self.remarks
    }
}

/// One module of a pipeline.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Module {
    /// CellProfiler's name of the module, as `IdentifyPrimaryObjects`.
    pub name: String,
    /// Place in the pipeline, counted from 1, disabled modules included.
    pub number: usize,
    /// Which form of the settings this is (`variable_revision_number`).
    pub revision: u32,
    /// Whether the module runs.
    pub enabled: bool,
    /// What the user wrote about it, a line each.
    pub notes: Vec<String>,
    /// The settings in order.
    pub settings: Vec<Setting>,
}

/// One setting: the question asked and its answer, both unescaped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Setting {
    /// The question, as `Select the input image`. CellProfiler ignores it: the place decides.
    pub label: String,
    /// The answer.
    pub value: String,
}
