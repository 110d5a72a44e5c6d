//! Reads text as a filter rule and asks it about a file.
#![no_main]

use imageset::{Rule, Subject};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: (&str, &str)| {
    let (text, file) = input;
    for subject in [Subject::Files, Subject::Images] {
        if let Ok(rule) = Rule::parse(text, subject) {
            let url = imageset::path_to_url(file);
            assert_eq!(rule.holds_for_file(&url), rule.holds_for_file(&url));
        }
    }
});
