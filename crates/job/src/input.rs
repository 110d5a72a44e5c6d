//! A job's pipeline and image sets, wherever they are.

use crate::image_sets::{ImageSets, Packer};
use crate::ledger::LedgerError;
use crate::{Address, Places};
use cppipe::Pipeline;
use imageset::{Files, Headers, ImageSet, Input, InputError, Plan, PlanError, Selection};
use std::collections::{BTreeMap, BTreeSet};
use std::io;
use storage::Kind;

/// What a pipeline is run on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct JobInput {
    /// Default Input Folder.
    pub folder: Option<Address>,
    /// Default Output Folder.
    pub output: Option<Address>,
    /// A folder whose files do not count, where it is below the input.
    pub left_out: Option<Address>,
    /// The table for LoadData.
    pub data_file: Option<Address>,
    /// A text file with a path or URL a line.
    pub file_list: Option<Address>,
    /// Which of the image sets are wanted.
    pub wanted: Selection,
    /// Where a path of the table starts → where it starts here.
    pub path_map: BTreeMap<String, String>,
}

/// What is known of a file without reading it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stamp {
    /// Bytes.
    pub size: u64,
    /// Changes whenever the file does.
    pub tag: String,
}

/// Files by location, as image sets name them.
pub type Stamps = BTreeMap<String, Stamp>;

/// Why a pipeline and its input cannot be planned.
#[derive(Debug, thiserror::Error)]
pub enum JobInputError {
    /// The pipeline cannot be read.
    #[error("cannot read the pipeline `{location}`: {why}")]
    Pipeline {
        /// Where it is.
        location: String,
        /// Why not.
        why: String,
    },
    /// A list or folder cannot be read.
    #[error("cannot read `{location}`: {why}")]
    Unreadable {
        /// Where it is.
        location: String,
        /// Why not.
        why: String,
        /// Whether the same again may succeed.
        may_pass: bool,
    },
    /// The ledger of the output cannot be read.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// Settings and input do not make image sets.
    #[error(transparent)]
    Plan(#[from] PlanError),
}

impl JobInputError {
    fn unreadable(location: &str, error: impl Into<io::Error>) -> Self {
        let error = error.into();
        let may_pass = error.kind() == io::ErrorKind::ResourceBusy;
        Self::Unreadable { location: location.to_string(), why: error.to_string(), may_pass }
    }
}

/// Reads a pipeline; returns its bytes too.
///
/// # Errors
/// When it cannot be read or is no pipeline.
pub fn read_pipeline(places: &Places, address: &Address) -> Result<(Pipeline, Vec<u8>), JobInputError> {
    let fail = |why: String| JobInputError::Pipeline { location: address.to_string(), why };
    let bytes = PlannerFiles(places).read(address.as_str()).map_err(|error| match error.kind() {
        io::ErrorKind::ResourceBusy => JobInputError::unreadable(address.as_str(), error),
        _ => fail(error.to_string()),
    })?;
    let pipeline = Pipeline::parse(&bytes).map_err(|e| fail(e.to_string()))?;
    Ok((pipeline, bytes))
}

/// Makes the image sets of a pipeline on an input. Returns what the listings said of files, too, and the digest of the image sets
/// with that.
///
/// The input folder is listed once, unless the pipeline begins with a table or a list of files is given. A folder `.cpb`
/// never counts as input.
///
/// # Errors
/// When the input cannot be read, or does not fit the pipeline.
pub fn image_sets(
    places: &Places,
    pipeline: &Pipeline,
    input: &JobInput,
) -> Result<(Packed, Stamps), JobInputError> {
    let mut stamps = Stamps::new();
    let urls = files(places, pipeline, input, &mut stamps)?;
    let text = |address: &Option<Address>| address.as_ref().map(|a| a.as_str().to_string());
    let (input_folder, output_folder) = (text(&input.folder), text(&input.output));
    let data_file = text(&input.data_file);
    let given = Input {
        urls: &urls,
        data_file: data_file.as_deref(),
        input_folder: input_folder.as_deref().unwrap_or("."),
        output_folder: output_folder.as_deref().unwrap_or("."),
        files: &PlannerFiles(places),
    };
    let mut packer = Packer::new();
    let plan = imageset::plan_each(pipeline, given, &mut |mut set| {
        map_paths(&mut set, &input.path_map);
        packer.add(set, &stamps);
    })?;
    let (mut sets, mut digest) = packer.finish();
    if input.wanted != Selection::default() {
        let numbers = input.wanted.numbers(sets.iter(), &plan.grouping).map_err(PlanError::from)?;
        (sets, digest) = packed(sets.iter().filter(|set| numbers.contains(&set.number)), &stamps);
    }
    Ok((Packed { plan: plan.with(sets), digest }, stamps))
}

/// A plan with its image sets packed, and the SHA-256 of what was packed.
pub struct Packed {
    /// The plan.
    pub plan: Plan<ImageSets>,
    /// The digest of the image sets with the stamps of their files.
    pub digest: Vec<u8>,
}

impl Packed {
    /// Adds what is known of files that no listing has told when the image sets were made; returns those that are not there.
    ///
    /// # Errors
    /// When a folder cannot be listed.
    pub fn stamp(&mut self, places: &Places, stamps: &mut Stamps) -> Result<Vec<String>, JobInputError> {
        let known = stamps.len();
        let missing = stamp_files(places, self.plan.image_sets.iter(), stamps)?;
        if stamps.len() > known {
            (self.plan.image_sets, self.digest) = packed(self.plan.image_sets.iter(), stamps);
        }
        Ok(missing)
    }
}

fn packed(image_sets: impl Iterator<Item = ImageSet>, stamps: &Stamps) -> (ImageSets, Vec<u8>) {
    let mut packer = Packer::new();
    image_sets.for_each(|set| packer.add(set, stamps));
    packer.finish()
}

/// Returns the images' addresses, sorted as CellProfiler sorts them.
pub(crate) fn files(
    places: &Places,
    pipeline: &Pipeline,
    input: &JobInput,
    stamps: &mut Stamps,
) -> Result<Vec<String>, JobInputError> {
    if let Some(list) = &input.file_list {
        let bytes = PlannerFiles(places).read(list.as_str());
        let bytes = bytes.map_err(|error| JobInputError::unreadable(list.as_str(), error))?;
        return Ok(imageset::file_list(String::from_utf8_lossy(&bytes).lines()));
    }
    if pipeline.modules.iter().any(|m| m.enabled && m.name == "LoadData") {
        return Ok(Vec::new());
    }
    let Some(folder) = &input.folder else { return Ok(Vec::new()) };
    let fail = |error: io::Error| JobInputError::unreadable(folder.as_str(), error);
    let store = places.folder(folder).map_err(|error| fail(error.into()))?;
    let below = input.left_out.as_ref().filter(|output| folder.holds(output.as_str()) && *output != folder);
    let mut found = Vec::new();
    for meta in store.list("") {
        let meta = meta.map_err(|error| fail(error.into()))?;
        let location = folder.join(&meta.key).as_str().to_string();
        let ours = meta.key.split('/').any(|part| part == ".cpb");
        if ours || below.is_some_and(|output| output.holds(&location)) {
            continue;
        }
        stamps.insert(location.clone(), Stamp { size: meta.size, tag: meta.tag });
        found.push(location);
    }
    Ok(imageset::file_list(found))
}

fn map_paths(set: &mut ImageSet, map: &BTreeMap<String, String>) {
    if map.is_empty() {
        return;
    }
    for channel in &mut set.channels {
        channel.location = mapped(&channel.location, map);
        channel.planes.iter_mut().for_each(|(location, _)| *location = mapped(location, map));
    }
}

/// Returns where a location of another machine is here: by the longest prefix that fits, at the end of a part.
pub(crate) fn mapped(location: &str, map: &BTreeMap<String, String>) -> String {
    let fits = |from: &&String| {
        let rest = location.strip_prefix(from.as_str());
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/') || from.ends_with('/'))
    };
    match map.keys().filter(fits).max_by_key(|from| from.len()) {
        Some(from) => format!("{}{}", map[from], &location[from.len()..]),
        None => location.to_string(),
    }
}

/// Adds what is known of the image sets' files that no listing has told yet: each folder that holds some is listed once.
/// Returns the files that are not there.
///
/// # Errors
/// When a folder cannot be listed.
pub fn stamp_files(
    places: &Places,
    image_sets: impl IntoIterator<Item = ImageSet>,
    stamps: &mut Stamps,
) -> Result<Vec<String>, JobInputError> {
    let mut folders: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for set in image_sets {
        for location in locations(&set) {
            if !stamps.contains_key(&location) {
                let folder = location.rsplit_once('/').map_or("", |(folder, _)| folder).to_string();
                folders.entry(folder).or_default().insert(location);
            }
        }
    }
    let mut missing = Vec::new();
    for (folder, wanted) in folders {
        let fail = |error: io::Error| JobInputError::unreadable(&folder, error);
        let (store, key) = places.locate(&folder).map_err(|error| fail(error.into()))?;
        if wanted.len() == 1 || folder.starts_with("http") {
            for location in wanted {
                let (store, key) = places.locate(&location).map_err(|error| fail(error.into()))?;
                match store.find(&key).map_err(|error| fail(error.into()))? {
                    Some(meta) => {
                        stamps.insert(location, Stamp { size: meta.size, tag: meta.tag });
                    }
                    None => missing.push(location),
                }
            }
            continue;
        }
        let mut there = BTreeMap::new();
        for entry in store.list_folder(&key) {
            if let storage::Entry::File(meta) = entry.map_err(|error| fail(error.into()))? {
                let name = meta.key.rsplit('/').next().unwrap_or_default().to_string();
                there.insert(name, Stamp { size: meta.size, tag: meta.tag });
            }
        }
        for location in wanted {
            let name = location.rsplit('/').next().unwrap_or_default();
            match there.remove(name) {
                Some(stamp) => {
                    stamps.insert(location, stamp);
                }
                None => missing.push(location),
            }
        }
    }
    Ok(missing)
}

/// Returns the files of an image set, as paths or URLs.
pub fn locations(set: &ImageSet) -> impl Iterator<Item = String> + '_ {
    let of_channel = |channel: &imageset::Channel| {
        let planes =
            channel.planes.iter().map(|(location, _)| imageset::url_to_path(location)).collect::<Vec<_>>();
        std::iter::once(imageset::url_to_path(&channel.location)).chain(planes)
    };
    set.channels.iter().flat_map(of_channel)
}

/// Returns what the header of an image file says, if it can be read.
pub(crate) fn header(places: &Places, url: &str) -> Option<Headers> {
    PlannerFiles(places).headers(url).ok()
}

/// Files as the planner of image sets asks for them.
struct PlannerFiles<'a>(&'a Places);

impl Files for PlannerFiles<'_> {
    fn read(&self, location: &str) -> io::Result<Vec<u8>> {
        let (store, key) = self.0.locate(&imageset::url_to_path(location))?;
        store.get(&key).map(|bytes| bytes.to_vec()).map_err(|error| match error.kind {
            Kind::NotFound => io::Error::new(io::ErrorKind::NotFound, "there is no such file"),
            _ => error.into(),
        })
    }

    fn headers(&self, url: &str) -> io::Result<Headers> {
        let bytes = self.read(url)?;
        let info = pixels::codecs::probe(&bytes);
        info.map(|i| engine::headers(&i)).map_err(|e| io::Error::new(io::ErrorKind::InvalidData, e))
    }
}

impl From<InputError> for JobInputError {
    fn from(error: InputError) -> Self {
        Self::Plan(error.into())
    }
}
