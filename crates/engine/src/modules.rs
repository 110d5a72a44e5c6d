//! The modules: one file each, named as CellProfiler names it.

use crate::Kind;

/// Every kind of module that the native engine knows, in alphabetical order.
pub const KINDS: &[Kind] = &[];

/// Returns the kind called `name`, by its name or a former one.
pub fn find(name: &str) -> Option<&'static Kind> {
    KINDS.iter().find(|k| k.name == name || k.former_names.contains(&name))
}
