//! `cpb modules` and the page that it prints.

use std::process::Command;

fn modules(argument: &str) -> String {
    let output =
        Command::new(env!("CARGO_BIN_EXE_cpb")).args(["modules", argument]).output().expect("started");
    assert!(output.status.success());
    String::from_utf8(output.stdout).expect("text")
}

#[test]
fn the_page_in_docs_is_what_the_program_prints() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/MODULES.md");
    let stored = std::fs::read_to_string(path).expect("docs/MODULES.md");
    assert!(
        stored == modules("--markdown"),
        "docs/MODULES.md is old: cpb modules --markdown > docs/MODULES.md"
    );
}

#[test]
fn each_module_says_since_when_it_is_native() {
    let listed: serde_json::Value = serde_json::from_str(&modules("--json")).expect("JSON");
    let modules = listed["modules"].as_array().expect("a list");
    assert!(modules.iter().any(|m| m["name"] == "Threshold" && m["since"] == "0.1.0"), "{modules:?}");
}
