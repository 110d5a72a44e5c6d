/// A pipeline: its modules in order, disabled ones too.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Pipeline {
    /// The modules in the order they run.
    pub modules: Vec<Module>,
}

/// One module of a pipeline.
#[derive(Clone, Debug, PartialEq)]
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
