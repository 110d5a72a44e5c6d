//! The project's own cases, made large enough to be timed.

use crate::golden;
use anyhow::{Context, Result, bail};
use conformance::{Case, find_cases};
use pixels::Shape;
use pixels::codecs::{Raw, Samples, Wanted, read, tiff};
use std::fs;
use std::path::Path;

/// Copies the golden cases called `names` below `folder`, with their images laid `times` × `times` beside each other.
pub fn large_cases(names: &[String], times: usize, folder: &Path) -> Result<Vec<Case>> {
    let images = folder.join("images");
    fs::create_dir_all(&images)?;
    for entry in fs::read_dir(golden::folder().join("images"))? {
        let path = entry?.path();
        let large = tiled(&fs::read(&path)?, times).with_context(|| path.display().to_string())?;
        fs::write(images.join(path.file_name().unwrap_or_default()), large)?;
    }
    for case in find_cases(&golden::folder(), names)? {
        if case.input()? != case.folder.join("../images") {
            bail!("{} has images of its own: only cases on the common ones are made large", case.name);
        }
        let copy = folder.join(&case.name);
        // A case has a folder of what is expected; here nothing is compared.
        fs::create_dir_all(copy.join("expected"))?;
        for name in ["case.toml", "pipeline.cppipe"] {
            fs::copy(case.folder.join(name), copy.join(name))?;
        }
    }
    find_cases(folder, names)
}

fn tiled(file: &[u8], times: usize) -> Result<Vec<u8>> {
    let Raw { shape, samples, .. } = read(file, 0, Wanted::Whole)?;
    let large = Shape { height: shape.height * times, width: shape.width * times, ..shape };
    Ok(match samples {
        Samples::U8(values) => tiff::write(large, &repeated(&values, shape, times), true),
        Samples::U16(values) => tiff::write(large, &repeated(&values, shape, times), true),
        _ => bail!("neither 8 nor 16 bits a pixel"),
    })
}

fn repeated<T: Copy>(values: &[T], shape: Shape, times: usize) -> Vec<T> {
    let row = shape.width * shape.channels;
    let rows: Vec<T> = values.chunks_exact(row).flat_map(|row| row.repeat(times)).collect();
    rows.repeat(times)
}
