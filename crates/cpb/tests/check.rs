//! `cpb check` and `cpb modules`, as a person and as a program call them.

use serde_json::Value;
use std::process::{Command, Output};
use tempfile::TempDir;

const LOAD: &str = "LoadData:[module_num:1|variable_revision_number:6|enabled:True]\n    \
    Input data file location:Default Input Folder|\n    Name of the file:load_data.csv\n    \
    Load images based on this data?:Yes\n    Base image location:None|\n    Process just a range of rows?:No\n    \
    Rows to process:1,100000\n    Group images by metadata?:No\n    Select metadata tags for grouping:\n    \
    Rescale intensities?:Yes\n";

/// Returns a module that measures `objects` in `images`.
fn measure(images: &str, objects: &str) -> String {
    format!(
        "MeasureObjectIntensity:[module_num:2|variable_revision_number:4|enabled:True]\n    \
         Select images to measure:{images}\n    Select objects to measure:{objects}\n"
    )
}

/// A folder with a pipeline of `modules`, an image and a table that names it and one that is not there.
fn folder(modules: &[&str]) -> TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).expect("written");
    write(
        "p.cppipe",
        &format!(
            "CellProfiler Pipeline: http://www.cellprofiler.org\nVersion:5\nModuleCount:{}\n\n{}",
            modules.len(),
            modules.join("\n")
        ),
    );
    let here = folder.path().display().to_string();
    write("there.tif", "not looked at");
    write("good.csv", &format!("FileName_DNA,PathName_DNA\nthere.tif,{here}\n"));
    write("missing.csv", &format!("FileName_DNA,PathName_DNA\nthere.tif,{here}\ngone.tif,{here}\n"));
    folder
}

fn check(folder: &TempDir, arguments: &str) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_cpb"));
    command.current_dir(folder.path()).args(["check", "-p", "p.cppipe"]);
    command.args(arguments.split_whitespace()).output().expect("cpb starts")
}

/// Checks the pipeline, which must end with `status`; returns what was printed.
#[track_caller]
fn ends(folder: &TempDir, arguments: &str, status: i32) -> String {
    let output = check(folder, arguments);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(status), "{said}");
    String::from_utf8_lossy(&output.stdout).into_owned() + &said
}

#[test]
fn a_native_pipeline_without_a_problem_ends_with_0() {
    let said = ends(&folder(&[LOAD]), "", 0);
    assert!(said.contains("   1 LoadData                           native"), "{said}");
    assert!(said.contains("1 of 1 enabled modules are native; problems: 0"), "{said}");
    assert!(ends(&folder(&[LOAD]), "--data-file good.csv", 0).contains("1 image sets"));
}

#[test]
fn all_problems_are_told_at_once_with_the_nearest_name() {
    let wrong = LOAD.replace("based on this data?:Yes", "based on this data?:Perhaps");
    let newer = measure("DNA", "Nuclei").replace("number:4", "number:44");
    let said = ends(&folder(&[&wrong, &newer, "MeasureColor:[variable_revision_number:1]\n"]), "", 10);
    for part in [
        "module 1 LoadData, setting",
        "`Perhaps`",
        "module 2 MeasureObjectIntensity: revision 44 of the module is newer than 4",
        "module 3 MeasureColor: the module is not native",
    ] {
        assert!(said.contains(part), "`{part}` is not in: {said}");
    }
}

#[test]
fn a_name_that_nobody_makes_is_told_once_the_table_is_known() {
    let folder = folder(&[LOAD, &measure("DMA", "Nuclei")]);
    ends(&folder, "", 0);
    let said = ends(&folder, "--data-file good.csv", 10);
    assert!(said.contains("makes the image `DMA`; did you mean `DNA`?"), "{said}");
    assert!(said.contains("makes the object set `Nuclei`"), "{said}");
}

#[test]
fn a_missing_file_is_told_with_its_image_set() {
    let said = ends(&folder(&[LOAD]), "--data-file missing.csv", 10);
    assert!(said.contains("image set 2, DNA: there is no file") && said.contains("gone.tif"), "{said}");
    assert!(ends(&folder(&[LOAD]), "--data-file none.csv", 10).contains("none.csv"));
}

#[test]
fn a_module_that_only_cellprofiler_has_ends_with_3() {
    let macros = "RunImageJMacro:[module_num:2|variable_revision_number:1|enabled:True]\n    A:B\n";
    let said = ends(&folder(&[LOAD, macros]), "", 3);
    assert!(
        said.contains("RunImageJMacro                     not native; CellProfiler 4.2.8 runs it"),
        "{said}"
    );
    let off = macros.replace("True", "False");
    assert!(ends(&folder(&[LOAD, &off]), "", 0).contains("disabled"));
}

#[test]
fn programs_read_json() {
    let output = check(&folder(&[LOAD, &measure("DMA", "Nuclei")]), "--data-file good.csv --json");
    let json: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!((json["native"].as_bool(), json["wrong"].as_bool()), (Some(true), Some(true)));
    assert_eq!(json["image_sets"]["count"], 1);
    assert_eq!(json["modules"][1]["name"], "MeasureObjectIntensity");
    assert_eq!(json["problems"][0]["nearest"], "DNA");
    assert_eq!(json["problems"][0]["setting"], "Select images to measure");
}

#[test]
fn wrong_arguments_end_with_2_and_a_file_that_is_no_pipeline_with_10() {
    ends(&folder(&[LOAD]), "--nonsense", 2);
    let folder = folder(&[LOAD]);
    std::fs::write(folder.path().join("p.cppipe"), "text").expect("written");
    assert!(ends(&folder, "", 10).contains("not a CellProfiler pipeline"));
}

#[test]
fn the_native_modules_are_listed() {
    let list = |arguments: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_cpb"));
        command.arg("modules").args(arguments).output().expect("cpb starts").stdout
    };
    assert!(String::from_utf8_lossy(&list(&[])).contains("of the 94 modules of CellProfiler 4.2.8"));
    let json: Value = serde_json::from_slice(&list(&["--json"])).expect("JSON");
    let names = json["modules"].as_array().expect("a list").iter().map(|m| m["name"].as_str());
    assert!(names.flatten().any(|name| name == "MeasureObjectIntensity"));
}
