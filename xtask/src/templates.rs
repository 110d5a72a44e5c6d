//! The stacks' templates before cfn-lint and checkov: no finding that the template does not explain.

use crate::{lab, shell};
use anyhow::{Context, Result};
use std::path::PathBuf;
use std::process::Command;

/// The folder with the templates.
const TEMPLATES: &str = "crates/aws/templates";

/// Runs both linters; the lab's script installs them, pinned.
///
/// # Errors
/// When one finds something.
pub fn run() -> Result<()> {
    shell::check(Command::new("bash").arg(lab::scripts().join("install.sh")), "install.sh")?;
    let home = std::env::var_os("HOME").context("HOME is not set")?;
    let lab = PathBuf::from(home).join(".cache/cpb-aws-lab");
    let mut lint = Command::new(lab.join("venv/bin/cfn-lint"));
    for template in std::fs::read_dir(shell::root().join(TEMPLATES))? {
        lint.arg(template?.path());
    }
    shell::check(&mut lint, "cfn-lint")?;
    let mut checkov = Command::new(lab.join("checkov/bin/checkov"));
    checkov.args(["-d", TEMPLATES, "--framework", "cloudformation", "--compact", "--quiet"]);
    shell::check(checkov.current_dir(shell::root()).stderr(std::process::Stdio::null()), "checkov")
}
