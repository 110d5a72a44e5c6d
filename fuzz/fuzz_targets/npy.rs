//! Bytes that may be a npy file: read or refused, never a panic, never more memory than the bytes can justify.
#![no_main]

use libfuzzer_sys::fuzz_target;
use pixels::codecs::{Wanted, probe, read, read_volume};

fuzz_target!(|bytes: &[u8]| {
    let _ = probe(bytes);
    let _ = read(bytes, 0, Wanted::Whole);
    let _ = read(bytes, 0, Wanted::Index(0));
    let _ = read_volume(bytes);
});
