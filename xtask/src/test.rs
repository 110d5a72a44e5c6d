use crate::shell;
use anyhow::Result;

/// The README's test command.
pub fn run() -> Result<()> {
    shell::run("cargo", &["fmt", "--all", "--check"])?;
    shell::run("cargo", &["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"])?;
    shell::run("cargo", &["test", "--workspace", "--all-targets"])?;
    shell::run("cargo", &["test", "--workspace", "--doc"])?;
    crate::golden::run_stored()
}
