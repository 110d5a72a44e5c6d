use crate::Delimited;
use std::collections::BTreeMap;
use std::io::{self, Write};

/// Writes the table of the run: a row of key and value for each feature.
///
/// # Errors
/// When `out` cannot be written.
pub fn write_experiment<W: Write>(
    out: &mut Delimited<W>,
    features: &BTreeMap<String, String>,
) -> io::Result<()> {
    out.texts(["Key", "Value"])?;
    features.iter().try_for_each(|(key, value)| out.texts([key.as_str(), value]))
}
