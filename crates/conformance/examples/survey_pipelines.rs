//! Reads every pipeline below the folders given, writes it back and says what modules they use.
//!
//! `cargo run -p conformance --example survey_pipelines -- FOLDER…`

use std::io::Write;
use std::path::Path;

fn main() -> std::io::Result<()> {
    for folder in std::env::args().skip(1) {
        let survey = conformance::survey::survey(Path::new(&folder))?;
        write!(std::io::stdout(), "{survey}")?;
    }
    Ok(())
}
