//! The files of vertices and edges that MeasureObjectSkeleton writes over a run.

use crate::{Experiment, RecordSink, RunError, RunFacts};
use algorithms::object_skeleton::graph::{Graph, Kind};
use imageset::{Folder, ImageSet, substitute_metadata};
use measurements::Record;
use std::collections::{BTreeMap, HashMap};
use std::fmt::Write;
use std::sync::{Mutex, PoisonError};

const VERTEX_HEADER: &str = "image_number,vertex_number,i,j,labels,kind\n";
const EDGE_HEADER: &str = "image_number,v1,v2,length,total_intensity\n";

/// Where the graphs go, and those that wait for their turn.
#[derive(Debug)]
pub(super) struct GraphFiles {
    folder: Folder,
    vertices: String,
    edges: String,
    /// The rows of vertices and edges of image sets, by their number.
    waiting: Mutex<BTreeMap<usize, [String; 2]>>,
}

impl GraphFiles {
    pub(super) fn new(folder: Folder, vertices: String, edges: String) -> Self {
        Self { folder, vertices, edges, waiting: Mutex::default() }
    }

    pub(super) fn names(&self) -> [String; 2] {
        [self.vertices.clone(), self.edges.clone()]
    }

    /// Keeps the rows of an image set until its record comes.
    pub(super) fn keep(&self, image_number: usize, graph: &Graph) {
        let mut rows = [String::new(), String::new()];
        for (number, vertex) in (1..).zip(&graph.vertices) {
            let ((i, j), label) = (vertex.at, vertex.label);
            // Python writes the bytes that CellProfiler holds with their quotes.
            let kind = match vertex.kind {
                Kind::Trunk => "b'T'",
                Kind::Branchpoint => "b'B'",
                Kind::End => "b'E'",
            };
            let row = writeln!(rows[0], "{image_number},{number},{i},{j},{label},{kind}");
            row.expect("memory takes every write");
        }
        for edge in &graph.edges {
            let (v1, v2, length) = (edge.from, edge.to, edge.length);
            let row = writeln!(rows[1], "{image_number},{v1},{v2},{length},{:.4}", edge.intensity);
            row.expect("memory takes every write");
        }
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner).insert(image_number, rows);
    }

    /// Returns the paths of both files for an image set.
    fn paths(&self, run: RunFacts<'_>, set: &ImageSet) -> [String; 2] {
        let folder = self.folder.resolve(&run.folders.input, &run.folders.output, Some(set));
        self.names()
            .map(|name| format!("{}/{}", folder.trim_end_matches('/'), substitute_metadata(&name, set)))
    }
}

/// Gathers the graphs of a run in the order of their image sets.
pub(super) struct GraphSink<'a> {
    files: &'a GraphFiles,
    run: RunFacts<'a>,
    /// Places of the image sets by their number.
    places: HashMap<usize, usize>,
    texts: BTreeMap<String, String>,
}

impl<'a> GraphSink<'a> {
    /// Begins the files.
    ///
    /// # Errors
    /// When a file is there already: CellProfiler asks then, which it cannot without a window.
    pub(super) fn new(files: &'a GraphFiles, run: RunFacts<'a>) -> Result<Self, RunError> {
        let mut texts = BTreeMap::new();
        // Of files that depend on metadata, CellProfiler gives a header to the last image set's only.
        if let Some(last) = run.image_sets.iter().max_by_key(|set| set.number) {
            for (path, header) in files.paths(run, last).into_iter().zip([VERTEX_HEADER, EDGE_HEADER]) {
                if run.sink.exists(&path) {
                    let message =
                        format!("MeasureObjectSkeleton may not replace `{path}`: move the file away");
                    return Err(RunError::Refused(message));
                }
                texts.insert(path, header.to_string());
            }
        }
        let places = run.image_sets.iter().enumerate().map(|(place, set)| (set.number, place)).collect();
        Ok(Self { files, run, places, texts })
    }
}

impl RecordSink for GraphSink<'_> {
    fn record(&mut self, record: &Record) -> Result<(), RunError> {
        let number = record.image_number;
        let waiting = self.files.waiting.lock().unwrap_or_else(PoisonError::into_inner).remove(&number);
        let set = self.places.get(&number).map(|&place| &self.run.image_sets[place]);
        if let (Some(rows), Some(set)) = (waiting, set) {
            for (path, rows) in self.files.paths(self.run, set).into_iter().zip(rows) {
                self.texts.entry(path).or_default().push_str(&rows);
            }
        }
        Ok(())
    }

    fn finish(self: Box<Self>, _experiment: &mut Experiment) -> Result<(), RunError> {
        for (path, text) in self.texts {
            let written = self.run.sink.write(&path, text.as_bytes());
            written.map_err(|error| RunError::Write { path, error })?;
        }
        Ok(())
    }
}
