//! Modules with random settings on random images, in the real CellProfiler and in `cpb module`; input modules and exporters
//! in whole pipelines, in `cpb run`.

use crate::shell;
use anyhow::{Result, bail};
use clap::Parser;
use std::path::PathBuf;
use std::process::Command;

#[derive(Parser)]
pub struct Args {
    /// The modules to compare, as IdentifyPrimaryObjects; input modules and exporters are compared together
    #[arg(required = true)]
    modules: Vec<String>,

    /// Calls of each module
    #[arg(long, default_value_t = 20)]
    count: u32,

    /// The first seed: the same seed is the same call
    #[arg(long, default_value_t = 0)]
    seed: u32,

    /// Image sets of a call, one group
    #[arg(long, default_value_t = 1)]
    image_sets: u32,
}

/// Compares every module and fails when one differs.
pub fn run(args: &Args) -> Result<()> {
    shell::check(Command::new("bash").arg(shell::shared("oracle/install.sh")?), "install.sh")?;
    let cpb = shell::build_cpb()?;
    let scripts = shell::root().join("crates/conformance/differential");
    let mut differ = Vec::new();
    for module in &args.modules {
        let mut command = Command::new(python()?);
        let of_runs = match module.as_str() {
            "Images" | "Metadata" | "NamesAndTypes" | "Groups" => Some("folders"),
            "LoadData" => Some("tables"),
            "ExportToSpreadsheet" | "ExportToDatabase" => Some("exports"),
            _ => None,
        };
        match of_runs {
            Some(what) => command.arg(scripts.join("compare_runs.py")).arg(&cpb).arg(what),
            None => {
                let call = command.arg(scripts.join("compare_modules.py")).arg(&cpb).arg(module);
                call.args(["--image-sets", &args.image_sets.to_string()])
            }
        };
        command.args(["--count", &args.count.to_string(), "--seed", &args.seed.to_string()]);
        // The libraries' results depend on the processor otherwise.
        command
            .env("OPENBLAS_NUM_THREADS", "1")
            .env("OMP_NUM_THREADS", "1")
            .env("OPENBLAS_CORETYPE", "Haswell")
            .env("NPY_DISABLE_CPU_FEATURES", "AVX512F AVX512CD AVX512_SKX AVX512_CLX AVX512_CNL AVX512_ICL");
        if !command.status()?.success() {
            differ.push(module.as_str());
        }
    }
    if differ.is_empty() { Ok(()) } else { bail!("not equal: {}", differ.join(", ")) }
}

/// Returns the Python of the real CellProfiler.
fn python() -> Result<PathBuf> {
    let folder = std::env::var_os("CPB_ORACLE").map(PathBuf::from);
    let folder = folder.or_else(|| Some(std::env::home_dir()?.join(".cache/cellprofiler-4.2.8")));
    let python = folder.map(|f| f.join("bin/python")).filter(|p| p.exists());
    python.ok_or_else(|| anyhow::anyhow!("there is no CellProfiler; CPB_ORACLE names its Python environment"))
}
