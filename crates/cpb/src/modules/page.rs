//! `docs/MODULES.md`.

use super::facts::Facts;
use engine::{cellprofiler_modules, modules};
use std::collections::BTreeMap;
use std::fmt::Write;

const HEAD: &str = "\
# Modules

Every module of CellProfiler 4.2.8, native or not. A pipeline of native modules only runs without CellProfiler; `cpb check` says
which modules and settings of a pipeline are not native.

- **since**: the version of `cpb` that had it first. **revision**: the newest `variable_revision_number`; older ones are read too.
- **equal**: the share of the module's values in the stored cases that equal CellProfiler's ([PARITY.md](PARITY.md) has the rule).
  A module without measurements of its own shows none here: its images and objects are measured by the modules after it.
- **CPU**: how many times less CPU than CellProfiler's module, same images, one core each, in one go; in brackets the case and
  CellProfiler's seconds.

This page is printed by `cpb modules --markdown`; `cargo xtask facts` measures parity anew, `cargo xtask bench --record` speed.

";

/// Returns how many modules are native.
pub fn count() -> String {
    let of = cellprofiler_modules::NAMES.len();
    format!("{} of the {of} modules of CellProfiler 4.2.8 are native.", modules::KINDS.len())
}

/// Returns the page.
pub fn markdown(facts: &BTreeMap<String, Facts>) -> String {
    let mut page = format!("{HEAD}{}\n\n", count());
    page.push_str("| module | since | revision | equal | CPU | what it does |\n|---|---|---|---|---|---|\n");
    for name in cellprofiler_modules::NAMES {
        let Some(kind) = modules::find(name) else {
            let _ = writeln!(page, "| {name} | not native | | | | |");
            continue;
        };
        let Some(known) = facts.get(kind.name) else { continue };
        let speed = known.ratio().zip(known.speed.as_ref());
        let speed = speed.map(|(r, s)| format!("{r} ({}, {:.2} s)", s.case, s.cellprofiler));
        let former = match kind.former_names {
            [] => String::new(),
            names => format!(" (formerly {})", names.join(", ")),
        };
        let _ = writeln!(
            page,
            "| {name} | {} | {} | {} | {} | {}{former} |",
            known.since(),
            kind.newest_revision,
            known.equal().unwrap_or_default(),
            speed.unwrap_or_default(),
            kind.summary
        );
    }
    page.push_str("\n## What is measured\n\nAs the stored cases have it; `#` stands for a number.\n");
    for (name, facts) in facts.iter().filter(|(_, f)| !f.measures.is_empty()) {
        let _ = write!(page, "\n**{name}**\n\n");
        for feature in &facts.measures {
            let _ = writeln!(page, "- `{feature}`");
        }
    }
    page
}
