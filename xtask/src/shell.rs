//! Other programs, and where things are.

use anyhow::{Context, Result, bail};
use std::path::{Path, PathBuf};
use std::process::Command;

/// Returns the repository's root.
pub fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here).to_path_buf()
}

/// Returns the folder of the team's shared material beside the repository: cases, the real CellProfiler's scripts.
///
/// # Errors
/// When it is not there.
pub fn shared(what: &str) -> Result<PathBuf> {
    let path = root().join("../shared").join(what);
    path.canonicalize().with_context(|| {
        format!("{} is not there: parity needs the shared folder beside the repository", path.display())
    })
}

/// Runs a program in the repository's root, saying so, and fails when it does.
///
/// # Errors
/// When the program is missing or ends with another status than 0.
pub fn run(program: &str, arguments: &[&str]) -> Result<()> {
    eprintln!("\n$ {program} {}", arguments.join(" "));
    check(Command::new(program).args(arguments).current_dir(root()), program)
}

/// Runs a prepared command and fails when it does.
///
/// # Errors
/// As [`run`].
pub fn check(command: &mut Command, name: &str) -> Result<()> {
    let status = command.status().with_context(|| format!("cannot start `{name}`: is it installed?"))?;
    if !status.success() {
        bail!("`{name}` ended with {status}");
    }
    Ok(())
}

/// Returns what a command prints.
///
/// # Errors
/// When it cannot be started or ends with another status than 0.
pub fn output(command: &mut Command, name: &str) -> Result<String> {
    let output = command.output().with_context(|| format!("cannot start `{name}`: is it installed?"))?;
    if !output.status.success() {
        bail!("`{name}` ended with {}:\n{}", output.status, String::from_utf8_lossy(&output.stderr));
    }
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_string())
}

/// Builds the command line as users have it and returns its path.
///
/// # Errors
/// When it does not build.
pub fn build_cpb() -> Result<PathBuf> {
    run("cargo", &["build", "--release", "--package", "cpb"])?;
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from);
    Ok(root().join(target).join("release").join("cpb"))
}
