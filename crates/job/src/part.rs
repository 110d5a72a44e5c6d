//! The parts of a shard's results: the records of a few image sets, written as soon as they are there.
//!
//! A part is a file of format 1: the letters `CPBR`, the format, then an entry an image set. Floats are kept bit by
//! bit, so that the merge writes what an unsharded run would have written; names are written once a part.

mod read;
mod write;

pub use read::PartReader;
pub use write::PartWriter;

use crate::engine::ImageSetFailure;
use measurements::Record;
use serde::{Deserialize, Serialize};

const MAGIC: [u8; 4] = *b"CPBR";
const FORMAT: u8 = 1;

/// All that became of one image set.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// What was measured; of a failed image set what its row says.
    pub record: Record,
    /// Why it failed, if it did.
    pub failure: Option<ImageSetFailure>,
    /// The files that the pipeline wrote for it.
    pub files: Vec<WrittenFile>,
}

/// A file that was written.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct WrittenFile {
    /// Where: an absolute path or URL.
    pub path: String,
    /// How many bytes.
    pub size: u64,
    /// SHA-256, in hexadecimal.
    pub sha256: String,
}

/// Why a part cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PartError {
    /// The file is no part.
    #[error("this is no part of a shard's results")]
    NotAPart,
    /// A newer version wrote it.
    #[error("the part has format {0}, this version reads {FORMAT}")]
    Format(u8),
    /// It ends too early or says what cannot be.
    #[error("the part is damaged at byte {0}")]
    Damaged(usize),
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Class;
    use measurements::{Relationship, Value, Values};
    use proptest::prelude::*;

    fn value() -> impl Strategy<Value = Value> {
        prop_oneof![
            any::<i64>().prop_map(Value::Integer),
            any::<u64>().prop_map(|bits| Value::Float(f64::from_bits(bits))),
            ".{0,8}".prop_map(Value::Text),
        ]
    }

    fn values() -> impl Strategy<Value = Values> {
        prop_oneof![
            prop::collection::vec(any::<i64>(), 0..5).prop_map(Values::Integers),
            prop::collection::vec(any::<u64>().prop_map(f64::from_bits), 0..5).prop_map(Values::Floats),
            prop::collection::vec(".{0,4}", 0..5).prop_map(Values::Texts),
        ]
    }

    prop_compose! {
        fn entry()(
            image_number in 1usize..1_000_000,
            image in prop::collection::btree_map("[a-c]{1,3}", value(), 0..6),
            objects in prop::collection::btree_map("[A-C]", prop::collection::btree_map("[a-c]{1,3}", values(), 0..4), 0..3),
            pairs in prop::collection::vec(any::<[u32; 4]>(), 0..4),
            failed in any::<bool>(),
        ) -> Entry {
            let relationships = vec![Relationship {
                module: 7, relationship: "Parent".into(), first: "A".into(), second: "B".into(), pairs,
            }];
            let failure = failed.then(|| ImageSetFailure {
                class: Class::Input, module_number: 2, module: "LoadData".into(), message: "é".into(),
            });
            let files = vec![WrittenFile { path: "/a".into(), size: 3, sha256: "ab".into() }];
            Entry { record: Record { image_number, image, objects, relationships }, failure, files }
        }
    }

    fn written(entries: &[Entry]) -> Vec<u8> {
        let mut writer = PartWriter::default();
        entries.iter().for_each(|entry| writer.add(entry));
        writer.into_bytes()
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_bit_by_bit(entries in prop::collection::vec(entry(), 0..5)) {
            let bytes = written(&entries);
            let read: Result<Vec<Entry>, _> = PartReader::new(&bytes).expect("a part").collect();
            // Debug tells -0.0 from 0.0; NaNs are compared by writing them again.
            prop_assert_eq!(written(&read.clone().expect("entries")), bytes);
            prop_assert_eq!(format!("{:?}", read.expect("entries")), format!("{entries:?}"));
        }

        #[test]
        fn a_damaged_part_is_an_error_and_never_a_panic(entries in prop::collection::vec(entry(), 1..3), cut in 0usize..200, flip in any::<(usize, u8)>()) {
            let mut bytes = written(&entries);
            let at = flip.0 % bytes.len();
            bytes[at] ^= flip.1;
            bytes.truncate(bytes.len().saturating_sub(cut));
            if let Ok(reader) = PartReader::new(&bytes) {
                let _ = reader.collect::<Result<Vec<_>, _>>();
            }
        }
    }

    #[test]
    fn other_files_and_newer_formats_are_refused() {
        assert_eq!(PartReader::new(b"PK\x03\x04").err(), Some(PartError::NotAPart));
        assert_eq!(PartReader::new(b"CPBR\x02").err(), Some(PartError::Format(2)));
    }
}
