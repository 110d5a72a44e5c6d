//! Images of many kinds as CellProfiler's own providers load them, value by value.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may stop")]

use engine::LocalFiles;
use engine::loader::{load_image, load_objects};
use imageset::{Channel, Rescale, Role};
use measurements::Value;
use pixels::Pixels;
use serde_json::Value as Json;
use std::path::{Path, PathBuf};

fn golden() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden")
}

fn channel(location: &Path, role: Role, rescale: Rescale, frame: Option<usize>) -> Channel {
    Channel {
        name: "DNA".into(),
        role,
        location: location.to_str().unwrap().into(),
        file_name: String::new(),
        path_name: String::new(),
        url: String::new(),
        series: Some(0),
        frame,
        colour_channel: None,
        planes: Vec::new(),
        spacing: None,
        rescale,
    }
}

fn check(entry: &Json) {
    let text = |key: &str| entry[key].as_str().unwrap();
    let role = match text("provider") {
        "Grayscale" => Role::Grayscale,
        "Color" => Role::Color,
        "Mask" => Role::Mask,
        _ => Role::AsStored,
    };
    let rescale = match &entry["rescale"] {
        Json::Bool(true) => Rescale::Metadata,
        Json::Bool(false) => Rescale::BitDepth,
        number => Rescale::Manual(number.as_f64().unwrap()),
    };
    let frame = entry["frame"].as_u64().map(|f| f as usize);
    let what = format!("{} as {role:?}, {rescale:?}, frame {frame:?}", text("file"));
    let file = golden().join("loader").join(text("file"));
    let loaded = load_image(&channel(&file, role, rescale, frame), &LocalFiles).unwrap();
    let shape = loaded.image.shape();
    let expected: Vec<usize> =
        entry["shape"].as_array().unwrap().iter().map(|v| v.as_u64().unwrap() as usize).collect();
    let channels = expected.get(2).copied().unwrap_or(1);
    assert_eq!((shape.height, shape.width, shape.channels), (expected[0], expected[1], channels), "{what}");
    assert_eq!(matches!(loaded.image.pixels, Pixels::Bool(_)), text("kind") == "bool", "{what}");
    let found = loaded.image.pixels.to_f32().data().to_vec();
    // serde_json is off by a bit of f64 at times, which f32 does not see.
    let expected = entry["values"].as_array().unwrap().iter().map(|v| v.as_f64().unwrap() as f32);
    let expected: Vec<f32> = expected.collect();
    assert_eq!(found, expected, "{what}");
    match loaded.scale {
        Value::Integer(scale) => assert_eq!(entry["scale"].as_i64(), Some(scale), "{what}"),
        Value::Float(scale) => assert_eq!(entry["scale"].as_f64(), Some(scale), "{what}"),
        Value::Text(_) => panic!("{what}: a scale is a number"),
    }
}

#[test]
fn images_of_every_kind_are_loaded_as_cellprofiler_loads_them() {
    let text = std::fs::read_to_string(golden().join("loader.json")).unwrap();
    let entries: Json = serde_json::from_str(&text).unwrap();
    let entries = entries.as_array().unwrap();
    assert!(entries.len() > 100);
    entries.iter().for_each(check);
}

#[test]
fn what_cannot_be_loaded_is_named_with_its_channel_and_the_reason() {
    let load = |path: &Path| {
        let grey = channel(path, Role::Grayscale, Rescale::Metadata, Some(0));
        load_image(&grey, &LocalFiles).unwrap_err().to_string()
    };
    let missing = golden().join("loader/nothing.tif");
    let expected = format!("cannot load `{}` for channel `DNA`: there is no such file", missing.display());
    assert_eq!(load(&missing), expected);
    let table = load(&golden().join("loader.json"));
    assert!(table.contains("loader.json` for channel `DNA`: the file is text, not an image"), "{table}");
    let plane = channel(&golden().join("loader/stack.tif"), Role::Grayscale, Rescale::Metadata, Some(3));
    let error = load_image(&plane, &LocalFiles).unwrap_err().to_string();
    assert!(error.ends_with("plane 3 was asked for, but the file has 3, counted from 0"), "{error}");
}

#[test]
fn objects_of_a_grey_image_are_the_ranks_of_its_values() {
    let objects = channel(&golden().join("loader/grey8.tif"), Role::Objects, Rescale::Off, Some(0));
    let loaded = load_objects(&objects, &LocalFiles).unwrap();
    let distinct: std::collections::BTreeSet<u32> = loaded.labels.data().iter().copied().collect();
    assert_eq!(distinct.into_iter().collect::<Vec<_>>(), (0..8).collect::<Vec<_>>());
}

#[test]
fn objects_of_fractions_are_their_whole_part() {
    let objects = channel(&golden().join("loader/float32.tif"), Role::Objects, Rescale::Off, Some(0));
    let loaded = load_objects(&objects, &LocalFiles).unwrap();
    // CellProfiler's ObjectsImage of this file, whose last three values are between -1 and 0.
    assert_eq!(loaded.labels.data(), [0, 1, 0, 0, 1, 0, 0, 0]);
}
