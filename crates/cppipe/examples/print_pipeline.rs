//! Prints the modules and settings of pipelines as JSON, one pipeline a line.
//!
//! `cargo run -p cppipe --example print_pipeline -- my.cppipe …`

use cppipe::Pipeline;
use std::io::Write;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut out = std::io::stdout().lock();
    for path in std::env::args().skip(1) {
        let pipeline = Pipeline::parse(&std::fs::read(&path)?).map_err(|e| format!("{path}: {e}"))?;
        let modules: Vec<_> = pipeline
            .modules
            .iter()
            .map(|m| {
                let settings: Vec<_> = m.settings.iter().map(|s| &s.value).collect();
                serde_json::json!({"name": m.name, "revision": m.revision, "enabled": m.enabled,
                    "notes": m.notes, "settings": settings})
            })
            .collect();
        writeln!(out, "{}", serde_json::json!({"path": path, "modules": modules}))?;
    }
    Ok(())
}
