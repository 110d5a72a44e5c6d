//! `--formats` and `formats` of a message: the same bytes whatever the threads and shards. What readers make of them is in
//! `cargo xtask readers`.

#![allow(clippy::unwrap_used, reason = "a test fails by its panic")]

use serde_json::json;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

fn golden() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../conformance/golden").canonicalize().unwrap()
}

#[track_caller]
fn cpb(arguments: &[&str]) {
    let ended = Command::new(env!("CARGO_BIN_EXE_cpb")).args(arguments).output().unwrap();
    assert!(ended.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&ended.stderr));
}

#[test]
fn shards_and_threads_do_not_change_a_byte() {
    let work = tempfile::tempdir().unwrap();
    let (pipeline, images) = (golden().join("object-measurements/pipeline.cppipe"), golden().join("images"));
    let whole = work.path().join("whole");
    let paths = [pipeline.to_str().unwrap(), images.to_str().unwrap(), whole.to_str().unwrap()];
    cpb(&[
        "run",
        "-p",
        paths[0],
        "-i",
        paths[1],
        "-o",
        paths[2],
        "-j",
        "2",
        "--formats",
        "csv,parquet,sqlite",
    ]);
    for size in [1, 2] {
        let output = work.path().join(format!("job{size}"));
        let message = json!({"pipeline": pipeline, "input": images, "output": output, "shard_size": size,
            "formats": ["parquet", "sqlite"]});
        cpb(&["submit", "--wait", "--bucket", work.path().to_str().unwrap(), &message.to_string()]);
        for object in ["Cells", "Cytoplasm", "Nuclei", "Speckles"] {
            let file = format!("{object}.parquet");
            let bytes = fs::read(output.join(&file)).unwrap();
            assert!(bytes == fs::read(whole.join(&file)).unwrap(), "{file} of {size} image sets a shard");
            assert!(bytes.starts_with(b"PAR1") && bytes.ends_with(b"PAR1"));
        }
        assert!(output.join("Image.parquet").exists());
        let sqlite = fs::read(output.join("measurements.sqlite")).unwrap();
        assert!(sqlite.starts_with(b"SQLite format 3\0"));
        assert_eq!(sqlite.len(), fs::read(whole.join("measurements.sqlite")).unwrap().len());
    }
}

#[test]
fn nothing_but_the_pipelines_files_is_written_unasked() {
    let work = tempfile::tempdir().unwrap();
    let (pipeline, images) = (golden().join("one-object-set/pipeline.cppipe"), golden().join("images"));
    let out = work.path().to_str().unwrap();
    cpb(&["run", "-p", pipeline.to_str().unwrap(), "-i", images.to_str().unwrap(), "-o", out]);
    let mut names: Vec<_> = fs::read_dir(out).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    names.sort();
    assert_eq!(names, ["Experiment.csv", "Image.csv", "Nuclei.csv"]);
}

#[test]
fn a_format_that_is_not_known_is_wrong_usage() {
    let mut run = Command::new(env!("CARGO_BIN_EXE_cpb"));
    let ended = run.args(["run", "-p", "p.cppipe", "--formats", "csv,excel"]).output().unwrap();
    assert_eq!(ended.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&ended.stderr).contains("the formats are csv, parquet and sqlite"));
}
