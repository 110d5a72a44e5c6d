use crate::shell;
use anyhow::Result;

/// The README's test command.
pub fn run() -> Result<()> {
    shell::run("cargo", &["fmt", "--all", "--check"])?;
    shell::run("cargo", &["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"])?;
    // Alone, for it builds the storage with S3, and the program is tested without.
    shell::run("cargo", &["test", "--workspace", "--exclude", "aws", "--all-targets"])?;
    shell::run("cargo", &["test", "--package", "aws", "--all-targets"])?;
    shell::run("cargo", &["test", "--workspace", "--doc"])?;
    crate::golden::run_stored()
}
