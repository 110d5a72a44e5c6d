//! The CellProfiler pipeline format: text to modules and settings, and back.
//!
//! A [`Pipeline`] is the file as it stands: every module with its settings as text. What the settings mean is
//! for the one who knows the module; [`Settings`] reads them in order, into types, and gathers what is wrong.

mod error;
mod json;
mod pipeline;
mod project;
mod python_float;
mod settings;
mod text;

pub use error::ParseError;
pub use pipeline::{Module, Pipeline, Setting};
pub use python_float::PythonFloat;
pub use settings::{Problem, Settings, nearest};
