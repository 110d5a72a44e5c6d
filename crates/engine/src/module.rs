use crate::{Declaration, RecordSink, RunError, RunFacts, Upstream, Workspace};
use cppipe::Problem;
use imageset::ImageSet;
use measurements::Record;
use pixels::Image;
use std::any::Any;
use std::fmt::Debug;
use std::sync::Arc;

/// A CellProfiler module with its settings.
pub trait Module: Debug + Send + Sync {
    /// Returns what the module needs, makes and measures, given what comes before it.
    fn declare(&self, upstream: &Upstream) -> Declaration;

    /// Does the work on one image set.
    ///
    /// # Errors
    /// When the input is bad or CellProfiler's module would raise.
    fn run(&self, workspace: &mut Workspace<'_>) -> Result<(), RunError>;

    /// Does what belongs to the start of a group, before its first image set; returns what to remember.
    ///
    /// # Errors
    /// As [`Module::run`].
    fn start_group(&self, _group: &Group<'_>) -> Result<Memory, RunError> {
        Ok(Memory::default())
    }

    /// Does what belongs to the end of a group, in the workspace of its last image set.
    ///
    /// # Errors
    /// As [`Module::run`].
    fn end_group(&self, _workspace: &mut Workspace<'_>) -> Result<(), RunError> {
        Ok(())
    }

    /// Corrects, once a group has ended, what was measured of its image sets, which come in order.
    /// Only of a module that declares `revises_group`.
    ///
    /// # Errors
    /// As [`Module::run`].
    fn revise_group(&self, _records: &mut [Record]) -> Result<(), RunError> {
        Ok(())
    }

    /// Returns the writer of the tables that this module exports, if it exports any.
    ///
    /// # Errors
    /// When a table's place cannot be written, or a table is there and may not be replaced.
    fn record_sink<'a>(&'a self, _run: RunFacts<'a>) -> Result<Option<Box<dyn RecordSink + 'a>>, RunError> {
        Ok(None)
    }
}

/// What a module remembers from image set to image set of a group.
#[derive(Default)]
pub struct Memory(Option<Box<dyn Any + Send>>);

impl Memory {
    /// Returns a memory that holds `value`.
    pub fn new<T: Any + Send>(value: T) -> Self {
        Self(Some(Box::new(value)))
    }

    /// Returns what is remembered; nothing yet is `T`'s default.
    ///
    /// # Panics
    /// When the module remembered a value of another type before.
    pub fn get<T: Any + Send + Default>(&mut self) -> &mut T {
        let value = self.0.get_or_insert_with(|| Box::<T>::default());
        value.downcast_mut().expect("a module remembers one type")
    }
}

/// A group about to start: its image sets, and the way to their images.
pub struct Group<'a> {
    /// The image sets in order.
    pub image_sets: &'a [ImageSet],
    /// Loads an image, as the input modules would, of the image set at an index.
    pub load: &'a dyn Fn(usize, &str) -> Result<Arc<Image>, RunError>,
}

/// One kind of module that the native engine knows.
pub struct Kind {
    /// CellProfiler's name.
    pub name: &'static str,
    /// Other names that earlier versions gave it.
    pub former_names: &'static [&'static str],
    /// The newest `variable_revision_number` that CellProfiler 4.2.8 writes.
    pub newest_revision: u32,
    /// What it does, in one line.
    pub summary: &'static str,
    /// Reads the settings, of any revision up to the newest.
    pub read: fn(&cppipe::Module) -> Result<Box<dyn Module>, Vec<Problem>>,
}
