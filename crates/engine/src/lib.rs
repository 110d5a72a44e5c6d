//! CellProfiler modules, the workspace they share, and the runner with its groups and threads.
//!
//! Synchronous: files come from a [`Source`] and go to a [`Sink`] that the caller gives.

mod declaration;
mod error;
mod files;
mod module;
pub mod modules;
mod objects;
mod workspace;

pub use declaration::{Declaration, Need, Scope, Upstream};
pub use error::RunError;
pub use files::{Folders, Sink, Source};
pub use module::{Group, Kind, Memory, Module};
pub use objects::Objects;
pub use workspace::Workspace;
