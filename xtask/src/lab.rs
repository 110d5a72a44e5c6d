//! The AWS lab of `xtask/aws-lab`: S3 and its neighbours on this machine.

use crate::shell;
use anyhow::{Context, Result};
use std::path::PathBuf;
use std::process::Command;

/// Returns the folder of what installs, starts and stops the emulator.
pub fn scripts() -> PathBuf {
    shell::root().join("xtask/aws-lab/emulator")
}

/// A lab that runs until it is dropped.
pub struct Lab {
    scripts: PathBuf,
    environment: Vec<(String, String)>,
}

impl Lab {
    /// Installs what the lab needs and starts one on a free port.
    ///
    /// # Errors
    /// When it does not start.
    pub fn start() -> Result<Self> {
        let scripts = scripts();
        shell::check(
            Command::new("bash").arg(scripts.join("install.sh")).env("AWS_LAB_CHECKOV", "0"),
            "install.sh",
        )?;
        let script = r#"exports=$("$0" 0) && eval "$exports" && env"#;
        let mut up = Command::new("bash");
        let printed = shell::output(up.args(["-c", script]).arg(scripts.join("up.sh")), "up.sh")?;
        let names = ["AWS_", "CONTAINERS_", "DOCKER_HOST="];
        let lines = printed.lines().filter(|line| names.iter().any(|name| line.starts_with(name)));
        let environment = lines.filter_map(|line| line.split_once('='));
        let environment = environment.map(|(name, value)| (name.to_string(), value.to_string())).collect();
        Ok(Self { scripts, environment })
    }

    /// Returns a command that finds the lab where it would find AWS.
    pub fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command.current_dir(shell::root()).envs(self.environment.iter().cloned());
        command.env_remove("AWS_PROFILE").env_remove("AWS_SESSION_TOKEN");
        command
    }

    /// Runs Python with boto3 in the lab.
    ///
    /// # Errors
    /// When it ends badly.
    pub fn python(&self, script: &str) -> Result<()> {
        shell::check(self.interpreter()?.args(["-c", script]), "python")
    }

    /// Runs a script of `xtask/aws-lab` in the lab.
    ///
    /// # Errors
    /// When it ends badly.
    pub fn script(&self, name: &str, arguments: &[&str]) -> Result<()> {
        let path = shell::root().join("xtask/aws-lab").join(name);
        shell::check(self.interpreter()?.arg(path).args(arguments), name)
    }

    fn interpreter(&self) -> Result<Command> {
        let state = self.variable("AWS_LAB_STATE").context("the lab did not say where its state is")?;
        let python = PathBuf::from(state).with_file_name("venv").join("bin/python");
        Ok(self.command(&python.to_string_lossy()))
    }

    /// Returns a variable of the lab's environment.
    pub fn variable(&self, name: &str) -> Option<&str> {
        self.environment.iter().find(|(is, _)| is == name).map(|(_, value)| value.as_str())
    }
}

impl Drop for Lab {
    fn drop(&mut self) {
        let port = self.variable("AWS_LAB_PORT").unwrap_or_default();
        if let Err(error) = shell::check(Command::new(self.scripts.join("down.sh")).arg(port), "down.sh") {
            eprintln!("the lab may still run: {error}");
        }
    }
}
