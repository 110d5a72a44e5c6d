//! CellProfiler modules, the workspace they share, and the runner with its groups and threads.
//!
//! Synchronous: files come from a [`Source`] and go to a [`Sink`] that the caller gives.

mod aggregates;
mod analysis;
pub mod cellprofiler_modules;
mod check;
mod color;
mod colored;
mod cropping;
mod declaration;
mod deferred_image;
mod derived_image;
mod earth_mover;
mod error;
mod files;
pub mod grey;
mod grid;
mod headers;
pub mod identified;
mod image_processing;
mod image_set_run;
pub mod loader;
mod local_files;
mod module;
pub mod module_call;
pub mod modules;
mod object_processing;
mod objects;
mod pixel_values;
mod planned;
mod record_sink;
pub mod rules;
mod runner;
mod shown;
pub mod threshold;
mod timestamp;
mod workspace;

pub use analysis::{Analysis, Step, read_module};
pub use check::{Check, Checked, Given, Support, check};
pub use declaration::{Declaration, Need, Relates, Scope, Upstream};
pub use deferred_image::DeferredImage;
pub use error::RunError;
pub use files::{Folders, OpenFile, Sink, Source};
pub use grid::Grid;
pub use headers::headers;
pub use image_set_run::{Failure, Observer, end_group, revise_group, run_image_set};
pub use local_files::LocalFiles;
pub use module::{Group, Kind, Memory, Module};
pub use objects::Objects;
pub use planned::{Planned, PlannedChannel, record_image_set};
pub use record_sink::{Experiment, RecordSink, RunFacts};
pub use runner::{Outcome, Run};
pub use workspace::Workspace;
