//! Bad input gets an error that says what, where and what to do, before anything is computed where that is possible.

#![allow(clippy::unwrap_used, reason = "a test fails by its panic")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// A pipeline with two channels, matched by the site in the file's name, and one object set.
fn pipeline() -> String {
    let path = golden().join("one-object-set/pipeline.cppipe");
    fs::read_to_string(path).unwrap()
}

fn golden() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../conformance/golden")
}

/// A folder with the pipeline, to be changed, and the images of two sites.
struct Bench {
    folder: tempfile::TempDir,
}

impl Bench {
    fn new() -> Self {
        // A folder whose name begins with a dot is hidden, and the pipeline leaves such out.
        let folder = tempfile::Builder::new().prefix("cpb-").tempdir().unwrap();
        let images = folder.path().join("images");
        fs::create_dir(&images).unwrap();
        for name in ["site1_DNA.tif", "site1_Cell.tif", "site2_DNA.tif", "site2_Cell.tif"] {
            fs::copy(golden().join("images").join(name), images.join(name)).unwrap();
        }
        Self { folder }
    }

    fn image(&self, name: &str) -> PathBuf {
        self.folder.path().join("images").join(name)
    }

    fn run(&self, pipeline: &str, more: &[&str]) -> Ended {
        fs::write(self.folder.path().join("p.cppipe"), pipeline).unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_cpb"));
        command.current_dir(self.folder.path()).args(["run", "-p", "p.cppipe", "-i", "images", "-o", "out"]);
        Ended(command.args(more).output().unwrap())
    }

    fn tables(&self) -> usize {
        fs::read_dir(self.folder.path().join("out")).map_or(0, |d| d.count())
    }
}

struct Ended(Output);

impl Ended {
    /// Checks the exit status and that the message holds each of `parts`.
    #[track_caller]
    fn says(&self, status: i32, parts: &[&str]) {
        let message = String::from_utf8_lossy(&self.0.stderr);
        assert_eq!(self.0.status.code(), Some(status), "{message}");
        for part in parts {
            assert!(message.contains(part), "`{part}` is not in: {message}");
        }
    }
}

#[test]
fn a_good_run_ends_well_and_says_where_the_results_are() {
    let bench = Bench::new();
    bench.run(&pipeline(), &[]).says(0, &["2 image sets done", "out"]);
    assert!(bench.tables() >= 3);
}

#[test]
fn an_image_set_without_one_of_its_images_is_left_out_and_told() {
    let bench = Bench::new();
    fs::remove_file(bench.image("site2_Cell.tif")).unwrap();
    bench.run(&pipeline(), &[]).says(0, &["metadata 2 lacks 1 of its 2 channels", "1 image sets done"]);
}

#[test]
fn a_missing_file_of_a_table_is_named_with_its_channel() {
    let bench = Bench::new();
    let text = pipeline();
    let primary = text.find("IdentifyPrimaryObjects:").unwrap();
    let load = "LoadData:[module_num:1|svn_version:'Unknown'|variable_revision_number:6|show_window:False|notes:[]|batch_state:array([], dtype=uint8)|enabled:True|wants_pause:False]\n    Input data file location:Default Input Folder|\n    Name of the file:load_data.csv\n    Load images based on this data?:Yes\n    Base image location:Default Input Folder|\n    Process just a range of rows?:No\n    Rows to process:1,100000\n    Group images by metadata?:No\n    Select metadata tags for grouping:\n    Rescale intensities?:Yes\n\n";
    let head = &text[..text.find("\nImages:").unwrap()].replace("ModuleCount:6", "ModuleCount:3");
    let loading = format!("{head}\n{load}{}", &text[primary..]);
    fs::write(bench.image("load_data.csv"), "FileName_DNA,PathName_DNA\nsite1_DNA.tif,.\nabsent.tif,.\n")
        .unwrap();
    bench.run(&loading, &[]).says(10, &["absent.tif", "DNA"]);
    assert_eq!(bench.tables(), 0);
}

#[test]
fn a_truncated_tiff_is_named() {
    let bench = Bench::new();
    let bytes = fs::read(bench.image("site1_DNA.tif")).unwrap();
    fs::write(bench.image("site1_DNA.tif"), &bytes[..bytes.len() / 2]).unwrap();
    bench.run(&pipeline(), &[]).says(10, &["site1_DNA.tif", "DNA"]);
}

#[test]
fn a_picture_that_is_text_is_named() {
    let bench = Bench::new();
    fs::write(bench.image("site1_DNA.tif"), "<html>not found</html>").unwrap();
    bench.run(&pipeline(), &[]).says(10, &["site1_DNA.tif", "<html>"]);
}

#[test]
fn an_empty_image_is_named() {
    let bench = Bench::new();
    fs::write(bench.image("site2_DNA.tif"), "").unwrap();
    bench.run(&pipeline(), &[]).says(10, &["site2_DNA.tif", "empty"]);
}

#[test]
fn with_always_continue_the_others_go_on_and_the_bad_one_keeps_its_row() {
    let bench = Bench::new();
    fs::write(bench.image("site1_DNA.tif"), "").unwrap();
    bench.run(&pipeline(), &["--always-continue"]).says(14, &["1 of 2 image sets failed", "site1_DNA.tif"]);
    let table = fs::read_to_string(bench.folder.path().join("out/Image.csv")).unwrap();
    assert_eq!(table.lines().count(), 3, "{table}");
}

#[test]
fn an_unknown_module_is_named_with_the_nearest() {
    let bench = Bench::new();
    let text = pipeline().replace("IdentifyPrimaryObjects:[", "IdentifyPrimaryObject:[");
    bench
        .run(&text, &[])
        .says(3, &["module 5", "IdentifyPrimaryObject", "did you mean `IdentifyPrimaryObjects`"]);
    assert_eq!(bench.tables(), 0);
}

#[test]
fn a_module_of_a_newer_revision_is_refused() {
    let bench = Bench::new();
    let text = pipeline().replacen("variable_revision_number:13", "variable_revision_number:99", 1);
    bench.run(&text, &[]).says(10, &["ExportToSpreadsheet", "revision 99"]);
}

#[test]
fn an_image_that_nobody_makes_is_named_with_the_nearest() {
    let bench = Bench::new();
    let text = pipeline().replace("Select the input image:DNA", "Select the input image:DNAA");
    bench.run(&text, &[]).says(10, &["module 5", "DNAA", "did you mean `DNA`"]);
    assert_eq!(bench.tables(), 0);
}

#[test]
fn a_group_that_matches_nothing_is_an_error() {
    let bench = Bench::new();
    let text = pipeline()
        .replace("Do you want to group your images?:No", "Do you want to group your images?:Yes")
        .replace("Metadata category:None", "Metadata category:Site");
    bench.run(&text, &["-g", "Metadata_Site=7"]).says(10, &["Site", "7"]);
    bench.run(&text, &["-g", "Metadata_Site=2"]).says(0, &["1 image sets done"]);
}

#[test]
fn a_metadata_expression_that_matches_nothing_is_an_error() {
    let bench = Bench::new();
    let text = pipeline().replace("^site(?P<Site>", "^field(?P<Site>");
    bench.run(&text, &[]).says(10, &["Site"]);
}

#[test]
fn an_output_folder_that_cannot_be_written_is_named() {
    let bench = Bench::new();
    fs::write(bench.folder.path().join("out"), "a file, not a folder").unwrap();
    bench.run(&pipeline(), &[]).says(10, &["out"]);
}

#[test]
fn a_pipeline_that_is_not_there_is_named() {
    let ended =
        Command::new(env!("CARGO_BIN_EXE_cpb")).args(["run", "-p", "nowhere.cppipe"]).output().unwrap();
    Ended(ended).says(10, &["nowhere.cppipe"]);
}

#[test]
fn wrong_usage_is_its_own_status() {
    let ended = Command::new(env!("CARGO_BIN_EXE_cpb")).args(["run", "--no-such-flag"]).output().unwrap();
    Ended(ended).says(2, &["--no-such-flag"]);
}

#[test]
fn images_of_different_sizes_are_named_by_the_module_that_needs_one_size() {
    let bench = Bench::new();
    let attributes = "svn_version:'Unknown'|variable_revision_number:5|show_window:False|notes:[]|\
                      batch_state:array([], dtype=uint8)|enabled:True|wants_pause:False";
    let apply = format!(
        "CorrectIlluminationApply:[module_num:5|{attributes}]\n    Select the input image:DNA\n    \
         Name the output image:CorrDNA\n    Select the illumination function:Cell\n    \
         Select how the illumination function is applied:Divide\n    Set output image values less than 0 equal to 0?:Yes\n    \
         Set output image values greater than 1 equal to 1?:Yes\n\nIdentifyPrimaryObjects:["
    );
    let text =
        pipeline().replace("ModuleCount:6", "ModuleCount:7").replace("IdentifyPrimaryObjects:[", &apply);
    let small = pixels::codecs::tiff::write(pixels::Shape::grey(20, 30), &[7_u16; 600], false);
    fs::write(bench.image("site1_Cell.tif"), small).unwrap();
    bench.run(&text, &[]).says(10, &["CorrectIlluminationApply", "20", "30", "108", "132"]);
}

#[cfg(unix)]
#[test]
fn a_disk_that_fills_up_is_told_and_leaves_no_half_of_a_file() {
    let bench = Bench::new();
    fs::write(bench.folder.path().join("p.cppipe"), pipeline()).unwrap();
    // No file may grow past one block: what a full disk answers, a write answers here.
    let script = format!(
        "trap '' XFSZ; ulimit -f 1; exec '{}' run -p p.cppipe -i images -o out",
        env!("CARGO_BIN_EXE_cpb")
    );
    let ended = Command::new("sh").args(["-c", &script]).current_dir(bench.folder.path()).output().unwrap();
    Ended(ended).says(10, &["cannot write", "out/"]);
    let left = fs::read_dir(bench.folder.path().join("out")).unwrap().map(|e| e.unwrap().file_name());
    let halves: Vec<_> = left.filter(|name| name.to_string_lossy().contains(".part")).collect();
    assert!(halves.is_empty(), "{halves:?}");
}
