//! Files of many kinds, read as CellProfiler's own reader reads them.
//!
//! `golden/make_files.py` makes the files and, with the real reader, what is expected of each.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test says what failed by failing")]

use pixels::Pixels;
use pixels::codecs::{self, Rescale, Wanted, npy, rescale};
use std::fs;
use std::path::{Path, PathBuf};

fn files() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/files");
    let entries = fs::read_dir(folder).unwrap().map(|e| e.unwrap().path());
    let mut files: Vec<PathBuf> = entries.filter(|p| p.extension().is_some_and(|e| e != "npy")).collect();
    files.sort();
    assert!(files.len() > 30, "the golden files are there");
    files
}

fn expected(file: &Path, kind: &str) -> Option<npy::NpyArray> {
    let bytes = fs::read(format!("{}.{kind}.npy", file.display())).ok()?;
    Some(npy::read(&bytes).unwrap())
}

/// Returns the extent without an axis of one channel.
fn extent(shape: pixels::Shape) -> Vec<usize> {
    let all = [shape.height, shape.width, shape.channels];
    if shape.channels == 1 { all[..2].to_vec() } else { all.to_vec() }
}

#[test]
fn values_are_those_of_the_real_reader() {
    let mut wrong = Vec::new();
    for file in files() {
        let bytes = fs::read(&file).unwrap();
        for (kind, wanted) in [("index", Wanted::Index(0)), ("whole", Wanted::Whole)] {
            let Some(expected) = expected(&file, kind) else { continue };
            let name = file.file_name().unwrap().to_string_lossy().into_owned();
            match codecs::read(&bytes, 0, wanted) {
                Err(error) => wrong.push(format!("{name} {kind}: {error}")),
                Ok(raw) => {
                    let same = raw.samples.to_f64() == expected.samples.to_f64();
                    if extent(raw.shape) != expected.shape || !same {
                        wrong.push(format!(
                            "{name} {kind}: {:?} for {:?}, equal {same}",
                            raw.shape, expected.shape
                        ));
                    }
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn intensities_are_those_of_the_real_reader() {
    let mut wrong = Vec::new();
    for file in files() {
        let Some(expected) = expected(&file, "unit") else { continue };
        let raw = codecs::read(&fs::read(&file).unwrap(), 0, Wanted::Index(0)).unwrap();
        let Pixels::F32(ours) = rescale(raw, Rescale::Metadata) else { panic!("not f32") };
        if ours.data() != expected.samples.to_f32() {
            let (i, o) =
                ours.data().iter().enumerate().find(|(i, v)| **v != expected.samples.to_f32()[*i]).unwrap();
            wrong.push(format!("{}: {o} for {}", file.display(), expected.samples.to_f32()[i]));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_file_cut_anywhere_is_an_error_or_an_image_never_a_panic() {
    for file in files() {
        let bytes = fs::read(&file).unwrap();
        for end in (0..bytes.len()).step_by(3) {
            let _ = codecs::probe(&bytes[..end]);
            let _ = codecs::read(&bytes[..end], 0, Wanted::Whole);
        }
        for at in (0..bytes.len().min(400)).step_by(1) {
            let mut changed = bytes.clone();
            changed[at] ^= 0xff;
            let _ = codecs::read(&changed, 0, Wanted::Index(0));
        }
    }
}

#[test]
fn what_fuzzing_found_is_read_or_refused() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fuzz_findings");
    let findings: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()).collect();
    assert!(!findings.is_empty());
    for file in findings {
        let bytes = fs::read(&file).unwrap();
        let _ = codecs::probe(&bytes);
        for wanted in [Wanted::Whole, Wanted::Index(0)] {
            let _ = codecs::read(&bytes, 0, wanted);
        }
    }
}
