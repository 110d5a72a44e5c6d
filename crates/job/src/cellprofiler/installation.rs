//! Where CellProfiler is, and with what it is run.

use crate::Class;
use crate::engine::EngineError;
use crate::files::hexadecimal;
use sha2::{Digest, Sha256};
use std::ffi::OsStr;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The variable that names the program; `cellprofiler` on the path without.
const PROGRAM: &str = "CPB_CELLPROFILER";
/// The variable that names the folder of plug-ins.
const PLUGINS: &str = "CPB_CELLPROFILER_PLUGINS";
/// The variable that names the file with the Python packages that the plug-ins need, for pip.
const REQUIREMENTS: &str = "CPB_CELLPROFILER_REQUIREMENTS";

/// One code path of the numeric libraries, whatever the processor: their results differ in the last bits otherwise.
const PINNED: [(&str, &str); 3] = [
    ("OPENBLAS_NUM_THREADS", "1"),
    ("OPENBLAS_CORETYPE", "Haswell"),
    ("NPY_DISABLE_CPU_FEATURES", "AVX512F AVX512CD AVX512_SKX AVX512_CLX AVX512_CNL AVX512_ICL"),
];

/// CellProfiler on this machine.
#[derive(Clone, Debug)]
pub struct Installation {
    program: PathBuf,
    plugins: Option<PathBuf>,
    packages: Option<PathBuf>,
    /// CellProfiler's version; with plug-ins, a digest of them too: other plug-ins may give other numbers.
    pub version: String,
}

impl Installation {
    /// Finds CellProfiler and its plug-ins, and installs the packages that these need, once.
    ///
    /// # Errors
    /// What is missing and how to name it.
    pub fn find() -> Result<Self, String> {
        let variable = |name| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
        let program = variable(PROGRAM).unwrap_or_else(|| "cellprofiler".into());
        let absent = |why: String| {
            format!(
                "CellProfiler cannot be run as `{}` ({why}): install it, or name it by {PROGRAM}",
                program.display()
            )
        };
        let printed = Command::new(&program).arg("--version").output().map_err(|e| absent(e.to_string()))?;
        let text = String::from_utf8_lossy(&printed.stdout).into_owned();
        let version =
            text.lines().map(str::trim).rfind(|line| line.starts_with(|c: char| c.is_ascii_digit()));
        let version = version.filter(|_| printed.status.success());
        let mut version = version.ok_or_else(|| absent("it tells no version".into()))?.to_string();
        let (plugins, requirements) = (variable(PLUGINS), variable(REQUIREMENTS));
        let mut packages = None;
        if plugins.is_some() || requirements.is_some() {
            let digest = digest(plugins.as_deref(), requirements.as_deref());
            let digest =
                digest.map_err(|(path, error)| format!("cannot read `{}`: {error}", path.display()))?;
            packages = requirements.map(|file| install(&program, &file, &digest)).transpose()?;
            version = format!("{version}+plugins.{}", &digest[..12]);
        }
        Ok(Self { program, plugins, packages, version })
    }

    /// Returns a command that starts it.
    pub(super) fn command(&self) -> Command {
        let mut command = Command::new(&self.program);
        for (name, value) in PINNED.iter().filter(|(name, _)| std::env::var_os(name).is_none()) {
            command.env(name, value);
        }
        command.env_remove("DISPLAY").env_remove("WAYLAND_DISPLAY").env("PYTHONUNBUFFERED", "1");
        if let Some(packages) = &self.packages {
            let paths = std::env::var_os("PYTHONPATH").unwrap_or_default();
            let paths = std::iter::once(packages.clone()).chain(std::env::split_paths(&paths));
            command.env("PYTHONPATH", std::env::join_paths(paths).unwrap_or_else(|_| packages.into()));
        }
        if let Some(plugins) = &self.plugins {
            command.arg("--plugins-directory").arg(plugins);
        }
        command
    }

    pub(super) fn not_started(&self, error: &io::Error) -> EngineError {
        let message = format!("CellProfiler cannot be started as `{}`: {error}", self.program.display());
        EngineError { class: Class::Internal, message }
    }
}

/// Returns a digest of the plug-ins' text and of the packages that they ask for.
fn digest(plugins: Option<&Path>, requirements: Option<&Path>) -> Result<String, (PathBuf, io::Error)> {
    let mut files: Vec<PathBuf> = requirements.map(Path::to_path_buf).into_iter().collect();
    if let Some(folder) = plugins {
        let entries = fs::read_dir(folder).map_err(|error| (folder.to_path_buf(), error))?;
        let mut found: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
        found.retain(|path| path.extension() == Some(OsStr::new("py")));
        found.sort();
        files.extend(found);
    }
    let mut digest = Sha256::new();
    for path in files {
        let bytes = fs::read(&path).map_err(|error| (path.clone(), error))?;
        digest.update(path.file_name().unwrap_or_default().as_encoded_bytes());
        digest.update((bytes.len() as u64).to_le_bytes());
        digest.update(bytes);
    }
    Ok(hexadecimal(&digest.finalize()))
}

/// Installs the packages of a requirements file into a folder of their own, by the Python beside CellProfiler.
fn install(program: &Path, requirements: &Path, digest: &str) -> Result<PathBuf, String> {
    let folder = std::env::temp_dir().join(format!("cpb-plugin-packages-{}", &digest[..20]));
    if folder.is_dir() {
        return Ok(folder);
    }
    let python = program.with_file_name("python");
    let python = if python.is_file() { python } else { "python3".into() };
    // Made beside its place and renamed: who sees it sees all of it.
    let made = folder.with_extension(std::process::id().to_string());
    let mut pip = Command::new(&python);
    pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--target"]).arg(&made);
    let ended = pip.arg("-r").arg(requirements).output();
    let ended = ended.map_err(|error| format!("cannot start `{}`: {error}", python.display()))?;
    if !ended.status.success() {
        let why = String::from_utf8_lossy(&ended.stderr);
        return Err(format!(
            "the packages of `{}` cannot be installed:\n{}",
            requirements.display(),
            why.trim()
        ));
    }
    match fs::rename(&made, &folder) {
        Err(error) if !folder.is_dir() => Err(format!("cannot write `{}`: {error}", folder.display())),
        _ => Ok(folder),
    }
}
