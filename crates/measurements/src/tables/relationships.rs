use crate::{Delimited, Record};
use std::collections::BTreeMap;
use std::io::{self, Write};

/// The names of the columns.
const HEADER: [&str; 9] = [
    "Module",
    "Module Number",
    "Relationship",
    "First Object Name",
    "First Image Number",
    "First Object Number",
    "Second Object Name",
    "Second Image Number",
    "Second Object Number",
];

/// Module number, relationship, first and second object set.
type Key = (usize, String, String, String);

/// The table of relationships of objects: gathered, for its rows go by relationship first, then by image set.
///
/// CellProfiler goes through the relationships in an order that changes from run to run (a Python set of texts); here
/// they go by module, relationship and objects.
#[derive(Clone, Debug, Default)]
pub struct RelationshipTable {
    pairs: BTreeMap<Key, Vec<[u32; 4]>>,
}

impl RelationshipTable {
    /// Takes the relationships of an image set.
    pub fn add(&mut self, record: &Record) {
        for r in &record.relationships {
            let key = (r.module, r.relationship.clone(), r.first.clone(), r.second.clone());
            self.pairs.entry(key).or_default().extend_from_slice(&r.pairs);
        }
    }

    /// Writes the table; `module_name` gives the name of a module by its number.
    ///
    /// # Errors
    /// When `out` cannot be written.
    pub fn write<W: Write>(
        &self,
        out: &mut Delimited<W>,
        module_name: impl Fn(usize) -> String,
    ) -> io::Result<()> {
        out.texts(HEADER)?;
        for ((module, relationship, first, second), pairs) in &self.pairs {
            let name = module_name(*module);
            for [first_image, first_object, second_image, second_object] in pairs {
                out.text(&name);
                out.integer(*module as i64);
                out.text(relationship);
                out.text(first);
                out.integer(i64::from(*first_image));
                out.integer(i64::from(*first_object));
                out.text(second);
                out.integer(i64::from(*second_image));
                out.integer(i64::from(*second_object));
                out.end_row()?;
            }
        }
        Ok(())
    }
}
