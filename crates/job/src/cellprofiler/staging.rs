//! The folder that CellProfiler runs in: what it reads is brought there, what it writes is taken from there.

use super::table::Table;
use crate::engine::{EngineError, Task};
use crate::input::{JobInput, Stamps, files, locations, mapped};
use crate::{Anywhere, Class, Places};
use cppipe::Pipeline;
use csv::{ReaderBuilder, StringRecord, WriterBuilder};
use engine::{Sink, Source};
use imageset::{Input, path_to_url, table_location, url_to_path};
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

/// A scratch folder of one call; it goes with this.
pub(super) struct Staging<'a> {
    root: tempfile::TempDir,
    pipeline: &'a Pipeline,
    input: &'a JobInput,
    /// Where the output will be.
    output: String,
}

/// What the command line names.
pub(super) struct Brought {
    pub pipeline: PathBuf,
    pub folder: String,
    pub arguments: Vec<String>,
}

impl<'a> Staging<'a> {
    pub fn new(task: &Task<'_>, pipeline: &'a Pipeline, input: &'a JobInput) -> io::Result<Self> {
        let root = tempfile::Builder::new().prefix("cpb-cellprofiler-").tempdir()?;
        for folder in ["out", "temporary", "in"] {
            fs::create_dir(root.path().join(folder))?;
        }
        Ok(Self { root, pipeline, input, output: task.folders.output.clone() })
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.root.path().join(name)
    }

    pub fn output(&self) -> PathBuf {
        self.path("out")
    }

    /// Brings what the image sets need, as far as it is not on this machine.
    pub fn bring(&self, task: &Task<'_>, image_sets: &[usize]) -> Result<Brought, EngineError> {
        let pipeline = self.path("pipeline.cppipe");
        fs::write(&pipeline, self.pipeline.to_text()).map_err(|e| unreadable("pipeline.cppipe", &e))?;
        for set in task.plan.image_sets.iter().filter(|set| image_sets.binary_search(&set.number).is_ok()) {
            for location in locations(set) {
                self.fetch(task.source, &location).map_err(|error| unreadable(&location, &error))?;
            }
        }
        let folder = self.local(&task.folders.input);
        if Anywhere::is_remote(&task.folders.input) {
            fs::create_dir_all(&folder).map_err(|error| unreadable(&folder, &error))?;
        }
        let data_file = self.input.data_file.as_ref().map(|address| address.as_str());
        let given = Input {
            urls: &[],
            data_file,
            input_folder: &task.folders.input,
            output_folder: &task.folders.output,
            files: &Nothing,
        };
        // Settings that do not say are CellProfiler's to judge.
        let arguments = match table_location(self.pipeline, given).unwrap_or_default() {
            Some(location) => ["--data-file".to_string(), self.table(task.source, &location)?],
            None => ["--file-list".to_string(), self.list()?],
        };
        Ok(Brought { pipeline, folder, arguments: arguments.to_vec() })
    }

    /// Returns where a location is on this machine, once it has been brought.
    fn local(&self, location: &str) -> String {
        if !Anywhere::is_remote(location) {
            return location.to_string();
        }
        format!("{}/{}", self.path("in").display(), location.replacen("://", "/", 1))
    }

    fn fetch(&self, source: &dyn Source, location: &str) -> io::Result<()> {
        let path = self.local(location);
        if path == location || Path::new(&path).exists() {
            return Ok(());
        }
        let bytes = source.read(location)?;
        fs::create_dir_all(Path::new(&path).parent().unwrap_or(Path::new("/")))?;
        fs::write(path, bytes)
    }

    /// Returns the table for LoadData, with the places of this machine in it.
    fn table(&self, source: &dyn Source, location: &str) -> Result<String, EngineError> {
        let bytes = source.read(location).map_err(|error| unreadable(location, &error))?;
        let odd = |error: &dyn std::fmt::Display| EngineError {
            class: Class::Input,
            message: format!("the table `{location}` cannot be read: {error}"),
        };
        let mut reader = ReaderBuilder::new();
        let rows = reader.has_headers(false).flexible(true).from_reader(bytes.as_slice()).into_records();
        let rows: Vec<StringRecord> = rows.collect::<Result<_, _>>().map_err(|error| odd(&error))?;
        let Some(header) = rows.first().cloned() else { return Ok(location.to_string()) };
        let mut changed = false;
        let mut writer = WriterBuilder::new().flexible(true).from_writer(Vec::new());
        for row in &rows {
            let cells = row.iter().enumerate().map(|(i, cell)| {
                let is = |part| header.get(i).is_some_and(|name| name.contains(part));
                let there = url_to_path(cell);
                let here = self.local(&mapped(&there, &self.input.path_map));
                if here == there || !(is("URL_") || is("PathName_")) {
                    return cell.to_string();
                }
                changed = true;
                if is("URL_") { path_to_url(&here) } else { here }
            });
            let cells: Vec<String> = cells.collect();
            writer.write_record(&cells).map_err(|error| odd(&error))?;
        }
        if !changed && !Anywhere::is_remote(location) {
            return Ok(location.to_string());
        }
        let path = self.path("load_data.csv");
        let bytes = writer.into_inner().map_err(|error| odd(&error))?;
        fs::write(&path, bytes).map_err(|error| unreadable("load_data.csv", &error))?;
        Ok(path.to_string_lossy().into_owned())
    }

    /// Returns a list of all images of the input, as they are planned: what is there beside them never counts.
    fn list(&self) -> Result<String, EngineError> {
        let places = Places::default();
        let urls = files(&places, self.pipeline, self.input, &mut Stamps::new());
        let urls =
            urls.map_err(|error| EngineError { class: Class::Interrupted, message: error.to_string() })?;
        let here = |url: &String| path_to_url(&self.local(&mapped(&url_to_path(url), &self.input.path_map)));
        let path = self.path("images.txt");
        let text: Vec<String> = urls.iter().map(here).collect();
        fs::write(&path, text.join("\n")).map_err(|error| unreadable("images.txt", &error))?;
        Ok(path.to_string_lossy().into_owned())
    }

    /// Returns the tables that were written, and the paths below the output of all other files.
    pub fn written(&self) -> io::Result<(Vec<Table>, Vec<String>)> {
        let (mut tables, mut others) = (Vec::new(), Vec::new());
        let mut folders = vec![self.output()];
        let mut found = Vec::new();
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder)? {
                let path = entry?.path();
                if path.is_dir() { folders.push(path) } else { found.push(path) }
            }
        }
        found.sort();
        for path in found {
            let below = path.strip_prefix(self.output()).unwrap_or(&path).to_string_lossy().into_owned();
            let text = ["csv", "txt", "tsv"].iter().any(|e| path.extension().is_some_and(|is| is == *e));
            let text = if text { String::from_utf8(fs::read(&path)?).ok() } else { None };
            match text.and_then(|text| Table::read(&below, &self.real(text))) {
                Some(table) => tables.push(table),
                None => others.push(below),
            }
        }
        Ok((tables, others))
    }

    /// Returns a text with the places that files are of in place of those of the scratch folder.
    fn real(&self, text: String) -> String {
        let root = self.root.path().display();
        let output = self.output.trim_end_matches('/');
        let remote = Anywhere::is_remote(output);
        let mut pairs = vec![(format!("{root}/out"), output.to_string())];
        if remote {
            pairs.insert(0, (format!("file:{root}/out"), output.to_string()));
        }
        for scheme in ["s3", "https", "http", "memory"] {
            pairs.push((format!("file:{root}/in/{scheme}/"), format!("{scheme}://")));
            pairs.push((format!("{root}/in/{scheme}/"), format!("{scheme}://")));
        }
        pairs.iter().fold(
            text,
            |text, (here, there)| if text.contains(here) { text.replace(here, there) } else { text },
        )
    }

    /// Puts files where they would have been written.
    ///
    /// # Errors
    /// The file that cannot be written, and why.
    pub fn put(&self, sink: &dyn Sink, files: &[String]) -> Result<(), (String, io::Error)> {
        files.iter().try_for_each(|below| {
            let path = format!("{}/{below}", self.output.trim_end_matches('/'));
            let put = || {
                let mut file = sink.create(&path)?;
                io::copy(&mut File::open(self.output().join(below))?, &mut file)?;
                file.finish()
            };
            put().map_err(|error| (path.clone(), error))
        })
    }
}

fn unreadable(location: &str, error: &io::Error) -> EngineError {
    let gone = matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::PermissionDenied);
    let class = if gone { Class::Input } else { Class::Interrupted };
    EngineError { class, message: format!("cannot read `{location}` for CellProfiler: {error}") }
}

/// Where a table is, its settings say without a look at it.
struct Nothing;

impl imageset::Files for Nothing {
    fn read(&self, _: &str) -> io::Result<Vec<u8>> {
        Err(io::ErrorKind::Unsupported.into())
    }

    fn headers(&self, _: &str) -> io::Result<imageset::Headers> {
        Err(io::ErrorKind::Unsupported.into())
    }
}
