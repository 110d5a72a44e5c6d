use crate::{Folders, Relates, RunError, Sink, Source};
use imageset::ImageSet;
use measurements::{Column, Record, Value};
use std::collections::BTreeMap;
use std::time::SystemTime;

/// What is measured of the run as a whole: features by name.
pub type Experiment = BTreeMap<String, Value>;

/// Takes the finished records of a run, one image set at a time in ImageNumber order, and writes them as tables.
///
/// A module that exports makes one (`Module::record_sink`); the runner and the merge feed it.
pub trait RecordSink: Send {
    /// Takes the record of the next image set.
    ///
    /// # Errors
    /// When a table cannot be written.
    fn record(&mut self, record: &Record) -> Result<(), RunError>;

    /// Writes what is left and closes the tables; without this call nothing stays behind.
    ///
    /// `experiment` holds what the modules before made of the run, and takes what this one makes of it.
    ///
    /// # Errors
    /// When a table cannot be written.
    fn finish(self: Box<Self>, experiment: &mut Experiment) -> Result<(), RunError>;
}

/// What is known of a run before it starts.
#[derive(Clone, Copy)]
pub struct RunFacts<'a> {
    /// Every measurement that the run makes.
    pub columns: &'a [Column],
    /// How many of them are made by the module that exports and those before it.
    pub columns_so_far: usize,
    /// Every relationship of objects that the run notes, with the number of the module that does.
    pub relationships: &'a [(usize, Relates)],
    /// The image sets in ImageNumber order.
    pub image_sets: &'a [ImageSet],
    /// What the input modules say of the run as a whole, as `ChannelType_DNA`.
    pub experiment: &'a [(String, String)],
    /// The default input and output folders.
    pub folders: &'a Folders,
    /// When the run started.
    pub started: SystemTime,
    /// Where files come from.
    pub source: &'a dyn Source,
    /// Where files go.
    pub sink: &'a dyn Sink,
    /// The pipeline's text, for those who write it beside the results.
    pub pipeline: &'a str,
}
