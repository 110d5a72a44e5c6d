//! From pipelines and listings to image sets, and what is said when that fails.

use cppipe::Pipeline;
use imageset::{Files, Headers, Input, Plan, file_list, plan};
use std::io;

/// Tables by their location; there are no headers.
struct Tables(&'static [(&'static str, &'static str)]);

impl Files for Tables {
    fn read(&self, location: &str) -> io::Result<Vec<u8>> {
        let found = self.0.iter().find(|(name, _)| *name == location);
        found.map(|(_, text)| text.as_bytes().to_vec()).ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    fn headers(&self, _url: &str) -> io::Result<Headers> {
        Err(io::ErrorKind::NotFound.into())
    }
}

fn pipeline(modules: &[(&str, u32, &[&str])]) -> Pipeline {
    let mut text =
        "CellProfiler Pipeline: http://www.cellprofiler.org\nVersion:5\nDateRevision:428\n".to_string();
    text += &format!("GitHash:\nModuleCount:{}\nHasImagePlaneDetails:False\n", modules.len());
    for (i, (name, revision, answers)) in modules.iter().enumerate() {
        let number = i + 1;
        text += &format!(
            "\n{name}:[module_num:{number}|svn_version:'Unknown'|variable_revision_number:{revision}"
        );
        text += "|show_window:False|notes:[]|batch_state:array([], dtype=uint8)|enabled:True|wants_pause:False]\n";
        for answer in *answers {
            text += &format!("    Question:{answer}\n");
        }
    }
    Pipeline::parse_text(&text).expect("a pipeline")
}

const IMAGES: (&str, u32, &[&str]) = ("Images", 2, &["", "Images only", "and (extension does isimage)"]);
const NO_GROUPS: (&str, u32, &[&str]) = ("Groups", 2, &["No", "1", "None"]);
const BY_SITE: (&str, u32, &[&str]) = ("Groups", 2, &["Yes", "1", "Site"]);
const TWO_CHANNELS: (&str, u32, &[&str]) = (
    "NamesAndTypes",
    8,
    &[
        "Images matching rules",
        "Grayscale image",
        "DNA",
        "[{'A': 'Site', 'B': 'Site'}]",
        "Metadata",
        "Image metadata",
        "2",
        "0",
        "255.0",
        "No",
        "1.0",
        "1.0",
        "1.0", // the channels follow
        "and (file does contain \"_a\")",
        "A",
        "x",
        "Grayscale image",
        "Image metadata",
        "255.0",
        "and (file does contain \"_b\")",
        "B",
        "x",
        "Binary mask",
        "Manual",
        "9",
    ],
);

fn metadata(wanted: &'static str, expression: &'static str) -> [&'static str; 15] {
    [
        wanted,
        "Text",
        "{}",
        "1",
        "Extract from file/folder names",
        "File name",
        expression,
        "(?P<Date>x)$",
        "All images",
        "and (file does contain \"\")",
        "Elsewhere...|",
        "[]",
        "No",
        "",
        "No",
    ]
}

fn planned(
    modules: &[(&str, u32, &[&str])],
    files: &[&str],
    tables: &'static [(&str, &str)],
) -> Result<Plan, String> {
    let urls = file_list(files);
    let input = Input {
        urls: &urls,
        data_file: None,
        input_folder: "/in",
        output_folder: "/out",
        files: &Tables(tables),
    };
    plan(&pipeline(modules), input).map_err(|e| e.to_string())
}

fn by_site(expression: &'static str, files: &[&str]) -> Result<Plan, String> {
    let answers = metadata("Yes", expression);
    planned(&[IMAGES, ("Metadata", 6, &answers), TWO_CHANNELS, BY_SITE], files, &[])
}

const SITE: &str = "^s(?P<Site>[0-9]+)";

#[test]
fn files_find_each_other_by_their_metadata() {
    let files =
        ["/in/s10_a.tif", "/in/s10_b.tif", "/in/s2_b.tif", "/in/s2_a.tif", "/in/s3_a.tif", "/in/s4_b.tif"];
    let plan = by_site(SITE, &files).expect("a plan");
    let names: Vec<_> = plan.image_sets.iter().map(|s| (s.number, s.metadata["Site"].as_str())).collect();
    assert_eq!(names, [(1, "10"), (2, "2")]);
    let files: Vec<_> = plan.image_sets[0].channels.iter().map(|c| c.file_name.as_str()).collect();
    assert_eq!(files, ["s10_a.tif", "s10_b.tif"]);
    assert_eq!(plan.warnings.len(), 2);
    assert_eq!(plan.grouping, ["Site"]);
    assert!(plan.experiment.contains(&("Metadata_Tags".into(), "[\"Metadata_Site\"]".into())));
}

#[test]
fn an_expression_that_matches_nothing_is_an_error_where_its_metadata_are_needed() {
    let error = by_site("^site(?P<Site>[0-9]+)", &["/in/s1_a.tif", "/in/s1_b.tif"]).expect_err("no match");
    assert_eq!(
        error,
        "module 2 Metadata, setting \"Regular expression to extract from file name\": the expression \
         `^site(?P<Site>[0-9]+)` matches none of the 2 files, `s1_a.tif` for one, and what it extracts is needed: mend \
         the expression"
    );
}

#[test]
fn what_does_not_fit_is_said_with_module_setting_and_example() {
    let error = by_site(SITE, &["/in/s1_a.tif", "/in/s1_c.tif"]).expect_err("no file for B");
    assert!(
        error
            .starts_with("module 3 NamesAndTypes, setting \"Select the rule criteria\": none of the 2 files")
    );
    assert!(error.contains("channel `B`"), "{error}");
    let error = by_site(SITE, &["/in/s1_a.txt"]).expect_err("no image");
    assert!(error.contains("none of the 1 files passes the filter, `file:/in/s1_a.txt` for one"), "{error}");
    let error = by_site(SITE, &[]).expect_err("no file");
    assert!(error.contains("the input has no files"), "{error}");
    let error = by_site(SITE, &["/in/s1_a.tif", "/in/s2_b.tif"]).expect_err("no pair");
    assert!(error.starts_with("module 3 NamesAndTypes: no image set has all of its channels"), "{error}");
}

#[test]
fn all_wrong_settings_are_told_at_once() {
    let answers = metadata("Yes", "(?P<Site>[0-9]");
    let names: &[&str] = &[
        "All images",
        "Colour image",
        "DNA",
        "[]",
        "Order",
        "Image metadata",
        "0",
        "0",
        "255",
        "No",
        "1",
        "1",
        "1",
    ];
    let modules = [IMAGES, ("Metadata", 6, answers.as_slice()), ("NamesAndTypes", 8, names), NO_GROUPS];
    let error = planned(&modules, &["/in/a.tif"], &[]).expect_err("two problems");
    let lines: Vec<&str> = error.lines().collect();
    assert_eq!(lines.len(), 2, "{error}");
    assert!(lines[0].starts_with(
        "module 2 Metadata, setting \"Regular expression to extract from file name\": `(?P<Site>"
    ));
    assert!(lines[1].ends_with("did you mean `Color image`?"), "{error}");
}

#[test]
fn an_expression_of_metadata_that_nobody_wants_may_be_wrong() {
    let answers = metadata("No", "(?P<Site>[0-9]");
    let names: &[&str] = &[
        "All images",
        "Color image",
        "DNA",
        "[]",
        "Order",
        "Image metadata",
        "0",
        "0",
        "255",
        "No",
        "1",
        "1",
        "1",
    ];
    let modules = [IMAGES, ("Metadata", 6, answers.as_slice()), ("NamesAndTypes", 8, names), NO_GROUPS];
    let plan = planned(&modules, &["/in/b.tif", "/in/a.tif"], &[]).expect("a plan");
    assert_eq!(plan.image_sets.len(), 2);
    assert_eq!(plan.image_sets[0].channels[0].location, "/in/a.tif");
    assert_eq!(plan.image_sets[1].group_length, 2);
}

const LOAD_DATA: &[&str] =
    &["Default Input Folder|", "t.csv", "Yes", "None|", "No", "1,100000", "Yes", "Plate", "Yes"];

#[test]
fn a_table_is_grouped_and_numbered_anew() {
    let tables: &[(&str, &str)] =
        &[("/in/t.csv", "FileName_DNA,Metadata_Plate\na.tif,2\nb.tif,10\nc.tif,2\n")];
    let plan = planned(&[("LoadData", 6, LOAD_DATA)], &[], tables).expect("a plan");
    let sets: Vec<_> = plan
        .image_sets
        .iter()
        .map(|s| (s.number, s.group_number, s.channels[0].file_name.as_str()))
        .collect();
    assert_eq!(sets, [(1, 1, "b.tif"), (2, 2, "a.tif"), (3, 2, "c.tif")]);
}

#[test]
fn a_table_that_cannot_be_used_is_said_to_be_so() {
    let load = |tables| planned(&[("LoadData", 6, LOAD_DATA)], &[], tables).expect_err("a bad table");
    assert!(load(&[]).starts_with("cannot read `/in/t.csv`: "));
    assert!(load(&[("/in/t.csv", "FileName_DNA\n")]).contains("has no rows below its header"));
    let error = load(&[("/in/t.csv", "PathName_DNA,Metadata_Plate\na,1\n")]);
    assert!(error.contains("no column `FileName_DNA`"), "{error}");
    let error = load(&[("/in/t.csv", "FileName_DNA,Metadata_Plat\na,1\n")]);
    assert!(error.contains("have no metadata `Plate`; did you mean `Plat`?"), "{error}");
}

#[test]
fn answers_of_earlier_revisions_mean_the_same() {
    let newest = imageset::NamesAndTypes::read(&pipeline(&[TWO_CHANNELS]).modules[0]).expect("settings");
    // Revision 7 had two answers on outlines in each channel, revision 6 no answers on volumes.
    let with_outlines: Vec<&str> = TWO_CHANNELS.2[..13]
        .iter()
        .copied()
        .chain(TWO_CHANNELS.2[13..].chunks(6).flat_map(|c| [&c[..5], &["No", "Outlines"], &c[5..]].concat()))
        .collect();
    let without_volumes = [&with_outlines[..9], &with_outlines[13..]].concat();
    for (revision, answers) in [(7, &with_outlines), (6, &without_volumes)] {
        let module = &pipeline(&[("NamesAndTypes", revision, answers)]).modules[0];
        let read = imageset::NamesAndTypes::read(module).expect("settings");
        assert_eq!(format!("{read:?}"), format!("{newest:?}"), "revision {revision}");
    }
}

#[test]
fn a_second_module_that_loads_is_not_native() {
    let error =
        planned(&[("LoadData", 6, LOAD_DATA), ("LoadData", 6, LOAD_DATA)], &[], &[]).expect_err("two tables");
    assert_eq!(error, "module 2 LoadData: a second module that loads images is not native yet");
    let error = planned(&[NO_GROUPS], &[], &[]).expect_err("nothing loads");
    assert!(error.contains("no module that loads images"), "{error}");
}
