//! The label matrices of a run against those of CellProfiler.

use crate::Comparison;
use anyhow::{Context, Result};
use pixels::codecs::npy::{self, NpyArray};
use std::fs;
use std::io::{Cursor, Read};
use std::path::Path;

/// Compares `folder/KEY.npy` with each array `KEY` of the archive `expected`; a matrix counts as one value.
///
/// # Errors
/// When the archive cannot be read.
pub fn compare(found: &mut Comparison, expected: &Path, folder: &Path) -> Result<()> {
    for (key, theirs) in read_archive(expected)? {
        let ours = fs::read(folder.join(format!("{key}.npy"))).ok();
        let ours = ours.and_then(|bytes| npy::read(&bytes).ok());
        let equal = ours.as_ref().is_some_and(|o| same(&theirs, o));
        found.labels_off += usize::from(!equal);
        let e = format!("{} objects", count(&theirs));
        let g = ours.map_or("none".to_string(), |o| difference(&theirs, &o));
        found.value(&format!("labels {key}"), &e, &g, (!equal).then_some(f64::INFINITY));
    }
    Ok(())
}

/// Returns the arrays of a NumPy archive by name.
fn read_archive(path: &Path) -> Result<Vec<(String, NpyArray)>> {
    let bytes = fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes))?;
    let mut arrays = Vec::new();
    for i in 0..archive.len() {
        let mut entry = archive.by_index(i)?;
        let mut bytes = Vec::new();
        entry.read_to_end(&mut bytes)?;
        let name = entry.name()?.trim_end_matches(".npy").to_string();
        let array = npy::read(&bytes).with_context(|| format!("{}: {name}", path.display()))?;
        arrays.push((name, array));
    }
    Ok(arrays)
}

fn same(a: &NpyArray, b: &NpyArray) -> bool {
    a.shape == b.shape && a.samples.to_i32() == b.samples.to_i32()
}

fn count(array: &NpyArray) -> i32 {
    array.samples.to_i32().into_iter().max().unwrap_or(0)
}

fn difference(theirs: &NpyArray, ours: &NpyArray) -> String {
    if theirs.shape != ours.shape {
        return format!("{} objects, shape {:?} for {:?}", count(ours), ours.shape, theirs.shape);
    }
    let pairs = theirs.samples.to_i32().into_iter().zip(ours.samples.to_i32());
    format!("{} objects, {} pixels differ", count(ours), pairs.filter(|(a, b)| a != b).count())
}
