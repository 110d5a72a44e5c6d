//! The demo from start to page, and the same results whatever the number of threads.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test says what failed by failing")]

use std::fs;
use std::path::Path;
use std::process::Command;

fn cpb(arguments: &[&str], folder: &Path) {
    let ended = Command::new(env!("CARGO_BIN_EXE_cpb")).args(arguments).current_dir(folder).output().unwrap();
    assert!(ended.status.success(), "{}", String::from_utf8_lossy(&ended.stderr));
}

/// The table's rows without the columns of time.
fn table(path: &Path) -> Vec<Vec<String>> {
    let mut reader = csv::Reader::from_path(path).unwrap();
    let timed: Vec<bool> =
        reader.headers().unwrap().iter().map(|h| h.starts_with("ExecutionTime_")).collect();
    let rows = reader.records().map(|row| {
        let row = row.unwrap();
        row.iter().zip(&timed).filter(|(_, timed)| !**timed).map(|(v, _)| v.to_string()).collect()
    });
    rows.collect()
}

#[test]
fn the_demo_leaves_a_page_tables_and_pictures_and_threads_do_not_change_them() {
    let folder = tempfile::tempdir().unwrap();
    cpb(&["demo", "-o", "demo"], folder.path());
    let demo = folder.path().join("demo");
    let page = fs::read_to_string(demo.join("index.html")).unwrap();
    for picture in page.split("<img src=\"").skip(1).map(|rest| rest.split('"').next().unwrap()) {
        assert!(demo.join(picture).is_file(), "{picture}");
    }
    let nuclei = table(&demo.join("results/Nuclei.csv")).len();
    // 76 cells are drawn, and those at the border are not counted.
    assert!((60..=76).contains(&nuclei), "{nuclei} nuclei");

    let again =
        ["-p", "analysis.cppipe", "-i", ".", "--data-file", "load_data_with_illum.csv", "-o", "again"];
    cpb(&[&["run", "-j", "1"], &again[..]].concat(), &demo);
    for name in ["Image", "Nuclei", "Cells", "Cytoplasm"] {
        let [first, second] = ["results", "again"].map(|f| table(&demo.join(f).join(format!("{name}.csv"))));
        assert_eq!(first, second, "{name}");
    }
}
