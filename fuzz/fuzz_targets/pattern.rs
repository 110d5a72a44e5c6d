//! Compiles text as a regular expression of a metadata method and matches it.
#![no_main]

use imageset::Pattern;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: (&str, &str)| {
    let (expression, text) = input;
    let Ok(pattern) = Pattern::new(expression) else { return };
    let found = pattern.extract(text);
    assert!(found.iter().all(|(name, _)| pattern.names().any(|n| n == *name)));
    if !found.is_empty() {
        assert!(pattern.is_found_in(text));
    }
});
