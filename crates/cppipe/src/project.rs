//! CellProfiler projects (`.cpproj`): HDF5 files that hold, among the lists of files and measurements, the
//! pipeline's text.
//!
//! The text is read without an HDF5 library: those for Rust bind the C library or are new and large, while what is
//! needed is one string that CellProfiler has always stored the same way. Every read is bounds-checked, every walk
//! is bounded, and what CellProfiler never writes is refused by name.

mod hdf5;

pub(crate) use hdf5::SIGNATURE;

use crate::ParseError;
use crate::text::escape::unescape;
use hdf5::{Address, File};

/// Returns the text of the pipeline within a project.
pub(crate) fn pipeline_text(bytes: &[u8]) -> Result<String, ParseError> {
    let raw = stored(bytes).map_err(|message| ParseError::Project { message })?;
    let text = String::from_utf8(raw).map_err(|e| ParseError::Project {
        message: format!("the text of its pipeline is not UTF-8: {e}"),
    })?;
    // CellProfiler 3 stored the text escaped once more.
    if !text.contains('\n') && text.contains("\\n") {
        let plain = unescape(text.as_bytes());
        return plain.ok_or_else(|| ParseError::Project {
            message: "the text of its pipeline has an escape that is none".into(),
        });
    }
    Ok(text)
}

/// Returns the pipeline as it is stored, of the last run in the file.
fn stored(bytes: &[u8]) -> Result<Vec<u8>, String> {
    let (file, root) = File::open(bytes)?;
    let mut runs = file.members(member(&file, root, "Measurements")?)?;
    runs.sort_by(|a, b| a.0.cmp(&b.0));
    let (_, run) = runs.pop().ok_or("it holds no run")?;
    let experiment = member(&file, run, "Experiment")?;
    let feature = member(&file, experiment, "Pipeline_Pipeline")?;
    // A row of the index is: image number, first element, element after the last.
    let first = file.integer(member(&file, feature, "index")?, 0, 1, 3)?;
    file.string(member(&file, feature, "data")?, first)
}

fn member(file: &File<'_>, group: Address, name: &str) -> Result<Address, String> {
    let found = file.members(group)?.into_iter().find(|(n, _)| n == name);
    found
        .map(|(_, address)| address)
        .ok_or_else(|| format!("it has no `{name}`; is it a CellProfiler project?"))
}

#[cfg(test)]
mod tests {
    use crate::Pipeline;

    const PROJECT: &[u8] = include_bytes!("../tests/golden/project.cpproj");
    const ESCAPED: &[u8] = include_bytes!("../tests/golden/project_escaped.cpproj");

    #[test]
    fn the_pipeline_of_a_project_is_read() {
        for bytes in [PROJECT, ESCAPED] {
            let pipeline = Pipeline::parse(bytes).unwrap();
            assert_eq!(pipeline.modules.len(), 1);
            assert_eq!(pipeline.modules[0].settings[0].value, "DNA");
            assert_eq!(pipeline.to_text(), include_str!("../tests/golden/project.cppipe"));
        }
    }

    #[test]
    fn a_project_that_is_cut_off_or_broken_is_refused() {
        let whole = Pipeline::parse(PROJECT);
        for end in (0..PROJECT.len()).step_by(7) {
            let cut = Pipeline::parse(&PROJECT[..end]);
            assert!(cut.is_err() || cut == whole, "{end} bytes");
        }
        for at in 0..PROJECT.len() {
            let mut bytes = PROJECT.to_vec();
            bytes[at] ^= 0xff;
            // Whatever comes of it, it is no panic.
            let _ = Pipeline::parse(&bytes);
        }
    }
}
