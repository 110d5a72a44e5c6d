//! Reads bytes as a pipeline; what is read is written back byte for byte and read again as the same.
#![no_main]

use cppipe::Pipeline;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Ok(pipeline) = Pipeline::parse(bytes) else { return };
    let text = pipeline.to_text();
    if let Ok(original) = std::str::from_utf8(bytes)
        && !bytes.starts_with(b"\x89HDF")
    {
        assert_eq!(text, original);
    }
    let mut changed = pipeline.clone();
    for setting in changed.modules.iter_mut().flat_map(|m| &mut m.settings) {
        setting.value = format!("{}|\\x41\n", setting.label.replace('\0', ""));
    }
    let again = Pipeline::parse_text(&changed.to_text()).expect("what is written can be read");
    let values = |p: &Pipeline| -> Vec<String> {
        p.modules.iter().flat_map(|m| m.settings.iter().map(|s| s.value.clone())).collect()
    };
    let kept: Vec<String> =
        values(&changed).iter().map(|v| v.trim_start_matches(['ÿ', 'þ']).to_string()).collect();
    assert_eq!(values(&again), kept);
});
