//! Pipelines of every text version, read and written back.

use cppipe::{Module, ParseError, Pipeline, Setting};
use proptest::prelude::*;

const V5: &str = "CellProfiler Pipeline: http://www.cellprofiler.org\nVersion:5\nDateRevision:428\nGitHash:\n\
    ModuleCount:2\nHasImagePlaneDetails:False\n\n\
    Images:[module_num:1|svn_version:'Unknown'|variable_revision_number:2|show_window:False|notes:['a|b']|batch_state:array([], dtype=uint8)|enabled:True|wants_pause:False]\n    :\n    \
    Filter images?:Custom\n    Select the rule criteria:or (file does contain \"a:b\")\n\n\
    NewerThanWeKnow:[module_num:2|svn_version:'Unknown'|variable_revision_number:99|show_window:False|notes:[]|batch_state:array([], dtype=uint8)|enabled:False|wants_pause:False]\n    \
    Question:Elsewhere...|/data/é\n";

const V3: &str = "CellProfiler Pipeline: http://www.cellprofiler.org\r\nVersion:3\r\nDateRevision:300\r\nGitHash:\r\n\
    ModuleCount:1\r\nHasImagePlaneDetails:False\r\n\r\n\
    LoadData:[module_num:1|svn_version:\\'Unknown\\'|variable_revision_number:6|show_window:False|notes:\\x5B\\'One\\', \\'Two\\'\\x5D|batch_state:array(\\'\\', dtype=\\'\\x7CS1\\')|enabled:True|wants_pause:False]\r\n    \
    Input data file location:\\xff\\xfeE\\x00l\\x00s\\x00e\\x00\\x7C\\x00\r\n    \
    Hidden\\x3A revision number:\\\\\\\\g<Plate>\r\n";

const V1: &str = "CellProfiler Pipeline: http://www.cellprofiler.org\nVersion:1\nSVNRevision:9969\n\n\
    LoadImages:[module_num:1|svn_version:'9970'|variable_revision_number:6|show_window:True|notes:\\x5B\\x5D]\n    \
    What type of files are you loading?:individual images\n\n\
    Crop:[module_num:2|svn_version:'9935'|variable_revision_number:4|show_window:True|notes:\\x5B\\x5D]\n    \
    Select the input image:\\x7CDNA";

fn parse(text: &str) -> Pipeline {
    Pipeline::parse(text.as_bytes()).expect("a pipeline")
}

fn error(text: &str) -> String {
    Pipeline::parse(text.as_bytes()).expect_err("no pipeline").to_string()
}

#[test]
fn version_5_is_plain_text() {
    let pipeline = parse(V5);
    assert_eq!((pipeline.format_version(), pipeline.date_revision()), (5, Some(428)));
    assert_eq!(pipeline.modules[0].notes, ["a|b"]);
    assert_eq!(pipeline.modules[0].settings[2].value, "or (file does contain \"a:b\")");
    let unknown = &pipeline.modules[1];
    assert_eq!((unknown.enabled, unknown.number, unknown.revision), (false, 2, 99));
    assert_eq!(unknown.settings[0].value, "Elsewhere...|/data/é");
}

#[test]
fn version_3_is_escaped_utf_16() {
    let pipeline = parse(V3);
    assert_eq!(pipeline.modules[0].notes, ["One", "Two"]);
    assert_eq!(pipeline.modules[0].settings[0].value, "Else|");
    assert_eq!(pipeline.modules[0].settings[1].label, "Hidden: revision number");
    assert_eq!(pipeline.modules[0].settings[1].value, r"\g<Plate>");
}

#[test]
fn version_1_has_no_module_count() {
    let pipeline = parse(V1);
    assert_eq!(pipeline.format_version(), 1);
    assert_eq!(pipeline.modules.len(), 2);
    assert_eq!(pipeline.modules[1].settings[0].value, "|DNA");
}

#[test]
fn what_was_read_is_written_byte_for_byte() {
    for text in [V1, V3, V5] {
        assert_eq!(parse(text).to_text(), text);
        let bom = format!("\u{feff}{text}");
        assert_eq!(parse(&bom).to_text(), bom);
        let tail = format!("{text}\n\n");
        assert_eq!(parse(&tail).to_text(), tail);
    }
}

#[test]
fn a_changed_answer_changes_its_line_only() {
    let mut pipeline = parse(V3);
    pipeline.modules[0].settings[1].value = "two\nlines".into();
    let expected = V3.replace(r"\\\\g<Plate>", r"two\x0Alines");
    assert_eq!(pipeline.to_text(), expected);
    assert_eq!(parse(&expected).modules, pipeline.modules);
}

#[test]
fn modules_come_and_go() {
    let mut pipeline = parse(V5);
    let settings = vec![Setting { label: "New: one".into(), value: "x".into() }];
    let name = "Smooth".to_string();
    pipeline.modules.push(Module { name, number: 3, revision: 2, enabled: true, notes: vec![], settings });
    pipeline.modules[0].settings.push(Setting { label: "More".into(), value: " ".into() });
    pipeline.modules[1].enabled = true;
    let text = pipeline.to_text();
    assert!(text.contains("ModuleCount:3\n"));
    assert_eq!(parse(&text).modules, pipeline.modules);
    pipeline.modules.truncate(1);
    assert_eq!(parse(&pipeline.to_text()).modules, pipeline.modules);
}

#[test]
fn the_list_of_files_behind_the_modules_is_read() {
    let text = V5.replace("Details:False", "Details:True")
        + "\n\"Version\":\"1\",\"PlaneCount\":\"2\"\n\"URL\",\"Series\",\"Index\",\"Channel\"\n\
           \"file:///a,b.tif\",,,\n\"http://x/\\\"y\\\".tif\",,,\n";
    let pipeline = parse(&text);
    assert_eq!(pipeline.file_list(), ["file:///a,b.tif", r#"http://x/\"y\".tif"#]);
    assert_eq!(pipeline.to_text(), text);
    assert!(error(&text.replace("Count\":\"2", "Count\":\"3")).contains("ends after 2 of 3 files"));
    assert!(error(&text.replace("\"PlaneCount\"", "\"Planes\"")).contains("how many files"));
    assert!(error(&text.replace("\"Version\":\"1\"", "\"Version\":\"2\"")).contains("version is not 1"));
    assert!(error(&V5.replace("Details:False", "Details:True")).contains("it is not there"));
}

#[test]
fn a_file_that_is_not_utf_8_is_read_as_cellprofiler_does() {
    let bytes: Vec<u8> = V5.replace('é', "#").bytes().map(|b| if b == b'#' { 0xe9 } else { b }).collect();
    assert_eq!(Pipeline::parse(&bytes).unwrap().modules, parse(V5).modules);
    let broken = [&bytes[..], b"\\x"].concat();
    assert!(matches!(Pipeline::parse(&broken), Err(ParseError::Encoding { line: 14 })));
}

#[test]
fn what_is_wrong_is_said_with_its_line() {
    assert!(error("").contains("line 1: not a CellProfiler pipeline"));
    assert!(error("\u{89}PNG").contains("`\u{89}PNG`"));
    let first = V5.lines().next().unwrap();
    assert!(error(first).contains("line 1: the file ends here, within its head"));
    assert!(
        error(&V5.replace("Version:5", "Version:7")).contains("line 2: the file is of format version `7`")
    );
    assert!(error(&V5.replace("Version:5", "Version:x")).contains("line 2: Version is `x`"));
    assert!(error(&V5.replace("Count:2", "Count:two")).contains("line 5: ModuleCount is `two`"));
    assert!(error(&V5.replace("GitHash:", "GitHash")).contains("line 4: `GitHash` is not a line"));
    assert!(
        error(&V5.replace("    Filter images?:", "    Filter images? "))
            .contains("line 10: module Images: `Filter")
    );
    assert!(
        error(&V5.replace("\n\nNewer", "\n\nNew\nNewer")).contains("line 13: `New` does not begin a module")
    );
    let cut = V5.find("\n\nNewer").unwrap();
    assert!(error(&V5[..cut]).contains("line 11: the file ends here, within module 1 of 2"));
    let cut = V5.find("enabled:False").unwrap();
    assert!(error(&V5[..cut]).contains("line 13"));
    let cut = V5.find("tion:Elsewhere").unwrap();
    assert!(error(&V5[..cut]).contains("line 14: the file ends here, within module NewerThanWeKnow"));
}

#[test]
fn a_wrong_count_of_modules_is_remarked() {
    let more = parse(&V5.replace("Count:2", "Count:3"));
    assert_eq!(more.modules.len(), 2);
    assert_eq!(more.remarks(), ["line 5: ModuleCount is `3`, but there are 2 modules"]);
    let fewer = parse(&V5.replace("Count:2", "Count:1"));
    assert_eq!(fewer.modules.len(), 1);
    assert!(fewer.remarks()[0].starts_with("line 13: what stands after the 1 modules"));
    assert_eq!(fewer.to_text(), V5.replace("Count:2", "Count:1"));
}

fn setting() -> impl Strategy<Value = Setting> {
    let value = prop_oneof!["[^\0ÿþ]*", r"[ -~]*(\\x[0-9A-F]{2})?[a-z]*", r"[\\g<>x7C|]*"];
    ("[ -~]{0,20}", value).prop_map(|(label, value)| Setting { label: label.trim().into(), value })
}

fn module() -> impl Strategy<Value = Module> {
    let notes = prop::collection::vec("[ -~é☃\n]*", 0..3);
    let settings = prop::collection::vec(setting(), 0..5);
    ("[A-Z][A-Za-z]{1,20}", 0..9u32, any::<bool>(), notes, settings).prop_map(
        |(name, revision, enabled, notes, settings)| Module {
            name,
            number: 0,
            revision,
            enabled,
            notes,
            settings,
        },
    )
}

proptest! {
    #[test]
    fn a_pipeline_that_a_program_made_is_read_again(mut modules in prop::collection::vec(module(), 0..4)) {
        for (i, module) in modules.iter_mut().enumerate() {
            module.number = i + 1;
        }
        let pipeline = Pipeline::new(modules);
        let text = pipeline.to_text();
        let again = parse(&text);
        prop_assert_eq!(again.to_text(), text);
        for (a, b) in again.modules.iter().zip(&pipeline.modules) {
            prop_assert_eq!((&a.name, a.revision, a.enabled, &a.notes), (&b.name, b.revision, b.enabled, &b.notes));
            let values = |m: &Module| m.settings.iter().map(|s| s.value.clone()).collect::<Vec<_>>();
            prop_assert_eq!(values(a), values(b));
        }
        prop_assert_eq!(again.modules.len(), pipeline.modules.len());
    }

    #[test]
    fn text_that_is_read_is_written_back(body in r"([A-Z]:\[variable_revision_number:1(\|[a-z]:[ -~]*)?\]\r?\n( [a-z\\x7C]*:[ -~é]*\r?\n)*\r?\n)*") {
        let text = format!("CellProfiler Pipeline: http://www.cellprofiler.org\nVersion:4\n\n{body}");
        if let Ok(pipeline) = Pipeline::parse(text.as_bytes()) {
            prop_assert_eq!(pipeline.to_text(), text);
        }
    }

    #[test]
    fn nothing_panics(bytes in prop::collection::vec(any::<u8>(), 0..200), at in 0..V5.len()) {
        let mut text = V5.as_bytes().to_vec();
        text.splice(at..at, bytes);
        let _ = Pipeline::parse(&text);
    }
}
