//! `cpb module`, as another program calls it.

use pixels::codecs::npy;
use serde_json::{Value, json};
use std::path::Path;
use std::process::{Command, Output};
use tempfile::TempDir;

const MEASURE: &str = "MeasureObjectIntensity:[module_num:1|variable_revision_number:4|enabled:True]\n    \
    Select images to measure:DNA\n    Select objects to measure:Nuclei\n";

/// A folder with a pipeline of `modules`, an image of 0.0 to 1.1 and two objects.
fn folder(modules: &[&str]) -> TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    let text = format!(
        "CellProfiler Pipeline: http://www.cellprofiler.org\nVersion:5\nModuleCount:{}\n\n{}",
        modules.len(),
        modules.join("\n")
    );
    write(folder.path(), "p.cppipe", text.as_bytes());
    let image: Vec<f32> = (0..12u8).map(|v| f32::from(v) / 10.0).collect();
    write(folder.path(), "image.npy", &npy::write(&[3, 4], &image));
    let labels = [1i32, 1, 0, 0, 1, 1, 0, 0, 0, 0, 0, 2];
    write(folder.path(), "labels.npy", &npy::write(&[3, 4], &labels));
    folder
}

fn write(folder: &Path, name: &str, bytes: &[u8]) {
    std::fs::write(folder.join(name), bytes).expect("written");
}

fn cpb(folder: &TempDir, arguments: &str) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_cpb"));
    command.current_dir(folder.path()).args(["module", "-p", "p.cppipe", "--out", "out"]);
    command.args(arguments.split_whitespace()).output().expect("cpb starts")
}

/// Calls `cpb module`, which must end with `status`; returns what it said.
fn ends(folder: &TempDir, arguments: &str, status: i32) -> String {
    let output = cpb(folder, arguments);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(status), "{arguments}: {said}");
    said
}

fn json_of(folder: &TempDir, name: &str) -> Value {
    let text = std::fs::read_to_string(folder.path().join("out").join(name)).expect("a file");
    serde_json::from_str(&text).expect("JSON")
}

const BOTH: &str = "--image DNA=image.npy --objects Nuclei=labels.npy";

#[test]
fn everything_that_exists_afterwards_is_written() {
    let folder = folder(&[MEASURE]);
    ends(&folder, BOTH, 0);
    let out = folder.path().join("out");
    assert_eq!(
        std::fs::read(out.join("images/DNA.npy")).unwrap(),
        std::fs::read(folder.path().join("image.npy")).unwrap()
    );
    assert_eq!(
        std::fs::read(out.join("objects/Nuclei.npy")).unwrap(),
        std::fs::read(folder.path().join("labels.npy")).unwrap()
    );
    assert!(!out.join("images/DNA.mask.npy").exists());
    let measured = json_of(&folder, "measurements.json");
    assert_eq!(
        measured["Nuclei"]["Intensity_IntegratedIntensity_DNA"],
        json!([f64::from(0.1f32) + f64::from(0.4f32) + 0.5, f64::from(1.1f32)])
    );
    assert_eq!(measured["Image"], json!({}));
    assert_eq!(
        json_of(&folder, "workspace.json"),
        json!({"images": {"DNA": {"dims": 2}}, "objects": {"Nuclei": {}}})
    );
}

#[test]
fn what_is_given_comes_back_in_the_same_form() {
    let folder = folder(&[MEASURE]);
    let given = json!({"Image": {"ImageNumber": 7, "Metadata_Well": "A01", "Count_Nuclei": 2.0, "Ratio": null},
        "Nuclei": {"Number_Object_Number": [1, 2], "Old": [1.0, "Infinity"]}, "Experiment": {"Run": 3},
        "relationships": [{"module": 1, "relationship": "Parent", "first": "Nuclei", "second": "Cells",
            "first_image": [7], "first_object": [1], "second_image": [7], "second_object": [2]}]});
    write(folder.path(), "before.json", given.to_string().as_bytes());
    let image = "--image DNA=image.npy,mask=mask.npy,crop=crop.npy,scale=4095,file=a.tif,path=/data";
    let objects = "--objects Nuclei=labels.npy,unedited=labels.npy,small=labels.npy,parent=DNA";
    write(folder.path(), "mask.npy", &npy::write(&[3, 4], &[true; 12]));
    write(folder.path(), "crop.npy", &npy::write(&[5, 4], &[true; 20]));
    ends(&folder, &format!("{image} {objects} --measurements before.json"), 0);
    let measured = json_of(&folder, "measurements.json");
    for key in ["Image", "Experiment", "relationships"] {
        assert_eq!(measured[key].to_string(), sorted(&given[key]).to_string());
    }
    assert_eq!(measured["Nuclei"]["Old"].to_string(), "[1.0,\"Infinity\"]");
    assert_eq!(measured["Nuclei"]["Number_Object_Number"].to_string(), "[1,2]");
    for file in [
        "images/DNA.mask.npy",
        "images/DNA.crop.npy",
        "objects/Nuclei.unedited.npy",
        "objects/Nuclei.small.npy",
    ] {
        assert!(folder.path().join("out").join(file).exists(), "{file}");
    }
    let workspace = json_of(&folder, "workspace.json");
    assert_eq!(workspace["images"]["DNA"], json!({"dims": 2, "scale": 4095.0}));
    assert_eq!(workspace["objects"]["Nuclei"], json!({"parent": "DNA"}));
}

/// Returns a JSON object with its keys in alphabetical order, as they are written.
/// Without advanced settings there is no guide, though the strategy left over has one: CellProfiler measures `None`.
#[test]
fn what_has_no_value_is_null() {
    let settings = [
        "DNA",
        "Nuclei",
        "1,20",
        "No",
        "No",
        "None",
        "Intensity",
        "10",
        "7.0",
        "Yes",
        "Never",
        "Yes",
        "Yes",
        "Continue",
        "500",
        "No",
        "12",
        "Adaptive",
        "Otsu",
        "0",
        "1.0",
        "0.0,1.0",
        "0.3",
        "None",
        "Two classes",
        "No",
        "Foreground",
        "50",
        "0.05",
        "0.05",
        "Mean",
        "Standard deviation",
        "2.0",
        "Otsu",
    ];
    let settings: String = settings.iter().map(|value| format!("    Setting:{value}\n")).collect();
    let module =
        format!("IdentifyPrimaryObjects:[module_num:1|variable_revision_number:15|enabled:True]\n{settings}");
    let folder = folder(&[&module]);
    ends(&folder, "--image DNA=image.npy", 0);
    let measured = json_of(&folder, "measurements.json");
    assert_eq!(measured["Image"].get("Threshold_GuideThreshold_Nuclei"), Some(&Value::Null));
    assert!(measured["Image"]["Threshold_OrigThreshold_Nuclei"].is_f64());
}

fn sorted(value: &Value) -> Value {
    let Value::Object(map) = value else { return value.clone() };
    let mut entries: Vec<_> = map.clone().into_iter().collect();
    entries.sort_by(|a, b| a.0.cmp(&b.0));
    Value::Object(entries.into_iter().collect())
}

#[test]
fn every_image_set_of_a_call_has_its_folder() {
    let folder = folder(&[MEASURE]);
    write(folder.path(), "dark.npy", &npy::write(&[3, 4], &[0f64; 12]));
    ends(&folder, &format!("{BOTH} --next --objects Nuclei=labels.npy --image DNA=dark.npy --open"), 0);
    let sum = |set: &str| json_of(&folder, set)["Nuclei"]["Intensity_IntegratedIntensity_DNA"].clone();
    assert_eq!(sum("2/measurements.json").to_string(), "[0.0,0.0]");
    assert_ne!(sum("1/measurements.json"), sum("2/measurements.json"));
    assert!(!folder.path().join("out/measurements.json").exists());
}

#[test]
fn overlapping_objects_and_volumes_come_back_as_they_are() {
    let folder = folder(&[]);
    write(folder.path(), "planes.npy", &npy::write(&[2, 1, 2], &[1i32, 1, 0, 2]));
    write(folder.path(), "volume.npy", &npy::write(&[2, 1, 2, 3], &[0.5f64; 12]));
    write(folder.path(), "labels3.npy", &npy::write(&[2, 1, 2], &[1i32, 1, 0, 2]));
    let images =
        "--image V=volume.npy,dims=3,spacing=2:1:1 --objects Worms=planes.npy,planes --objects L=labels3.npy";
    ends(&folder, images, 0);
    for (given, out) in [
        ("planes.npy", "objects/Worms.planes.npy"),
        ("volume.npy", "images/V.npy"),
        ("labels3.npy", "objects/L.npy"),
    ] {
        let read = |path: &Path| std::fs::read(path).expect("a file");
        assert_eq!(read(&folder.path().join(given)), read(&folder.path().join("out").join(out)), "{out}");
    }
    assert_eq!(
        json_of(&folder, "workspace.json")["images"]["V"],
        json!({"dims": 3, "spacing": [2.0, 1.0, 1.0]})
    );
}

#[test]
fn a_grid_is_passed_on() {
    let folder = folder(&[]);
    let grid = json!({"rows": 1, "columns": 2, "x_spacing": 10.5, "y_spacing": 10.0, "x_location_of_lowest_x_spot": 5,
        "y_location_of_lowest_y_spot": 5, "x_locations": [5.0, 15.5], "y_locations": [5.0],
        "vert_lines_x": [[0.0, 10.5, 21.0], [0.0, 10.5, 21.0]], "vert_lines_y": [[0, 0, 0], [10, 10, 10]],
        "horiz_lines_x": [[0, 0], [21, 21]], "horiz_lines_y": [[0.0, 10.0], [0.0, 10.0]], "spot_table": [[1, 2]],
        "total_height": 10, "total_width": 21, "left_to_right": true, "top_to_bottom": true, "image_width": 21,
        "image_height": 10.5});
    write(folder.path(), "grid.json", grid.to_string().as_bytes());
    ends(&folder, "--grid Plate=grid.json", 0);
    assert_eq!(json_of(&folder, "grids/Plate.json"), grid);
}

#[test]
fn input_modules_are_passed_over() {
    let load = "LoadData:[module_num:1|variable_revision_number:6|enabled:True]\n    Nonsense:Nonsense\n";
    ends(&folder(&[load, MEASURE]), BOTH, 0);
}

#[test]
fn a_module_that_refuses_its_input_ends_with_1() {
    let folder = folder(&[MEASURE]);
    let said = ends(&folder, "--image RNA=image.npy --objects Nuclei=labels.npy", 1);
    assert!(said.contains("module 1 MeasureObjectIntensity: no image is called `DNA`"), "{said}");
    let wrong = MEASURE.replace(":DNA", ":");
    let said = ends(&self::folder(&[&wrong]), BOTH, 1);
    assert!(said.contains("no images are selected"), "{said}");
}

#[test]
fn wrong_usage_ends_with_2() {
    let folder = folder(&[MEASURE]);
    for (arguments, message) in [
        ("--image DNA", "`DNA` is not NAME=file.npy"),
        ("--image DNA=none.npy", "cannot read `none.npy`"),
        ("--image DNA=p.cppipe", "`p.cppipe`:"),
        ("--image DNA=labels.npy", "holds integers"),
        ("--image DNA=image.npy,dims=3", "has the shape [3, 4]"),
        ("--image DNA=image.npy --image DNA=image.npy", "has it already"),
        ("--objects N=image.npy", "does not hold labels"),
        ("--objects N=labels.npy,planes", "planes of labels are (N,H,W)"),
        ("--measurements p.cppipe", "`p.cppipe`:"),
        ("--grid G", "is not NAME=file.json"),
        ("--image", "a value is required"),
        ("--nonsense", "unexpected argument"),
    ] {
        let said = ends(&folder, arguments, 2);
        assert!(said.contains(message), "{arguments}: {said}");
    }
    write(folder.path(), "p.cppipe", b"text");
    assert!(ends(&folder, BOTH, 2).contains("not a CellProfiler pipeline"));
}

#[test]
fn what_is_not_native_ends_with_3() {
    let unknown = "Nonsense:[module_num:1|variable_revision_number:1|enabled:True]\n    A:B\n";
    let said = ends(&folder(&[unknown]), BOTH, 3);
    assert!(said.contains("module 1 Nonsense: the module is not native"), "{said}");
    let disabled = unknown.replace("True", "False");
    ends(&folder(&[&disabled, MEASURE]), BOTH, 0);
}
