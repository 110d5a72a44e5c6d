//! What CI checks beyond `cargo xtask test`.

use crate::{aws_test, cellprofiler, golden, parity, readers, shards, shell, survey, templates};
use anyhow::{Result, bail};
use std::process::Command;
use std::time::{Duration, Instant};

/// How long the README's one command may take, compilation included.
const DEMO_LIMIT: Duration = Duration::from_secs(600);

/// The golden case that is made anew each time.
const MADE_ANEW: &str = "one-object-set";

pub fn run() -> Result<()> {
    shell::run("cargo", &["deny", "check", "licenses", "bans", "sources"])?;
    templates::run()?;
    aws_test::run(&aws_test::Args::default())?;
    cellprofiler::run()?;
    readers::run()?;
    shards::run(&shards::Args::default())?;
    survey::run(&survey::Args::default())?;
    parity::run(&parity::Args::all())?;
    golden::run(&golden::Args::one(MADE_ANEW))?;
    cold_demo()
}

/// Times the README's first command in a fresh clone with nothing compiled.
fn cold_demo() -> Result<()> {
    let work = tempfile::tempdir()?;
    let clone = work.path().join("clone");
    let mut git = Command::new("git");
    git.args(["clone", "--quiet", "--no-hardlinks"]).arg(shell::root()).arg(&clone);
    shell::check(&mut git, "git clone")?;
    let start = Instant::now();
    let mut demo = Command::new("cargo");
    demo.args(["run", "--release", "--", "demo"]).current_dir(&clone).env_remove("CARGO_TARGET_DIR");
    shell::check(&mut demo, "cargo run --release -- demo")?;
    let elapsed = start.elapsed();
    if !clone.join("demo/index.html").is_file() {
        bail!("the demo ended well but left no demo/index.html");
    }
    println!("cold demo: {:.0} s (limit {} s)", elapsed.as_secs_f64(), DEMO_LIMIT.as_secs());
    if elapsed > DEMO_LIMIT {
        bail!("the demo took {:.0} s, over {} s", elapsed.as_secs_f64(), DEMO_LIMIT.as_secs());
    }
    Ok(())
}
