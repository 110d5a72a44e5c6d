//! What a job takes an image set, from ten to ten thousand: measured, and drawn into `docs/scaling.svg`.

use crate::bench::whole_process;
use crate::shell;
use anyhow::{Result, ensure};
use clap::Parser;
use serde_json::json;
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

#[derive(Parser)]
pub struct Args {
    /// How many image sets the jobs have
    #[arg(default_values_t = [10, 100, 1000, 10_000])]
    sizes: Vec<usize>,

    /// A program that is built already; built for release without
    #[arg(long, value_name = "FILE")]
    cpb: Option<PathBuf>,

    /// Where the plot goes
    #[arg(long, value_name = "SVG", default_value = "docs/scaling.svg")]
    plot: PathBuf,
}

/// What a job took.
struct Taken {
    image_sets: usize,
    /// Wall milliseconds an image set.
    wall: f64,
    /// CPU milliseconds an image set, of all processes.
    cpu: f64,
    /// MiB of the largest process.
    memory: f64,
}

pub fn run(args: &Args) -> Result<()> {
    let cpb = match &args.cpb {
        Some(path) => path.canonicalize()?,
        None => shell::build_cpb()?,
    };
    println!("{:>10} {:>14} {:>14} {:>10}", "image sets", "wall ms a set", "CPU ms a set", "MiB");
    let mut all = Vec::new();
    for &image_sets in &args.sizes {
        let taken = measure(&cpb, image_sets)?;
        println!("{image_sets:>10} {:>14.2} {:>14.2} {:>10.0}", taken.wall, taken.cpu, taken.memory);
        all.push(taken);
    }
    fs::write(shell::root().join(&args.plot), plot(&all))?;
    Ok(())
}

/// Runs a job of two small channels an image set, from submit to merged tables.
fn measure(cpb: &Path, image_sets: usize) -> Result<Taken> {
    // The pipeline's filter leaves folders out whose name begins with a dot.
    let work = tempfile::Builder::new().prefix("cpb-").tempdir()?;
    let golden = shell::root().join("crates/conformance/golden");
    let images = work.path().join("images");
    fs::create_dir(&images)?;
    for channel in ["DNA", "Cell"] {
        let image = work.path().join(channel);
        fs::copy(golden.join(format!("images/site1_{channel}.tif")), &image)?;
        for site in 1..=image_sets {
            fs::hard_link(&image, images.join(format!("site{site}_{channel}.tif")))?;
        }
    }
    let text = fs::read_to_string(golden.join("one-object-set/pipeline.cppipe"))?;
    let pipeline = work.path().join("p.cppipe");
    fs::write(&pipeline, text.replace("(?P<Site>[0-9])", "(?P<Site>[0-9]+)"))?;
    let message = json!({"pipeline": pipeline, "input": images, "output": work.path().join("out")});
    let timing = work.path().join("time.txt");
    let mut command = Command::new("/usr/bin/time");
    command.arg("-v").arg("-o").arg(&timing).arg(cpb);
    command.args(["submit", "--wait", "--bucket", "/", &message.to_string()]);
    shell::output(&mut command, "cpb submit")?;
    let rows = fs::read_to_string(work.path().join("out/Image.csv"))?.lines().count() - 1;
    ensure!(rows == image_sets, "{rows} rows of {image_sets} image sets");
    let cost = whole_process(&timing)?;
    let a_set = |seconds: f64| 1000.0 * seconds / image_sets as f64;
    Ok(Taken { image_sets, wall: a_set(cost.wall), cpu: a_set(cost.cpu), memory: cost.memory_mb })
}

const WIDTH: f64 = 640.0;
const HEIGHT: f64 = 260.0;
const MARGIN: f64 = 60.0;

/// Draws time and memory side by side over the number of image sets, which is logarithmic.
fn plot(all: &[Taken]) -> String {
    let panel = (WIDTH - 3.0 * MARGIN) / 2.0;
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" font-family=\"sans-serif\" font-size=\"11\">\n\
         <rect width=\"{WIDTH}\" height=\"{HEIGHT}\" fill=\"white\"/>\n"
    );
    let times: Vec<Line<'_>> = vec![
        ("wall", "#d1495b", all.iter().map(|t| t.wall).collect()),
        ("CPU", "#30638e", all.iter().map(|t| t.cpu).collect()),
    ];
    let memory: Vec<Line<'_>> = vec![("largest process", "#30638e", all.iter().map(|t| t.memory).collect())];
    let sets: Vec<usize> = all.iter().map(|t| t.image_sets).collect();
    draw(&mut svg, MARGIN, panel, "ms an image set", &sets, &times);
    draw(&mut svg, 2.0 * MARGIN + panel, panel, "memory, MiB", &sets, &memory);
    svg + "</svg>\n"
}

/// Name, colour, values.
type Line<'a> = (&'a str, &'a str, Vec<f64>);

fn draw(svg: &mut String, left: f64, width: f64, title: &str, sets: &[usize], lines: &[Line<'_>]) {
    let (top, bottom) = (MARGIN / 2.0 + 8.0, HEIGHT - MARGIN * 0.75);
    let most = lines.iter().flat_map(|(_, _, values)| values).copied().fold(1e-9, f64::max) * 1.15;
    let decades = |sets: usize| (sets.max(1) as f64).log10();
    let first = sets.iter().copied().min().map_or(0.0, decades);
    let span = (sets.iter().copied().max().map_or(1.0, decades) - first).max(1e-9);
    let x = |sets: usize| left + width * (decades(sets) - first) / span;
    let y = |value: f64| bottom - (bottom - top) * value / most;
    let mut push = |line: String| {
        // Writing into a text cannot fail.
        let _ = writeln!(svg, "{line}");
    };
    push(format!("<text x=\"{left}\" y=\"{:.1}\">{title}</text>", top - 12.0));
    push(format!("<path d=\"M{left} {top}V{bottom}H{:.1}\" fill=\"none\" stroke=\"#888\"/>", left + width));
    for &count in sets {
        push(format!(
            "<text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{count}</text>",
            x(count),
            bottom + 16.0
        ));
    }
    for value in [0.0, most / 2.3, most / 1.15] {
        push(format!(
            "<text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\">{value:.0}</text>",
            left - 6.0,
            y(value) + 4.0
        ));
    }
    push(format!(
        "<text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"middle\">image sets</text>",
        left + width / 2.0,
        bottom + 32.0
    ));
    for (row, (name, colour, values)) in lines.iter().enumerate() {
        let points: Vec<String> = sets
            .iter()
            .zip(values)
            .map(|(&count, &value)| format!("{:.1},{:.1}", x(count), y(value)))
            .collect();
        push(format!(
            "<polyline points=\"{}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"2\"/>",
            points.join(" ")
        ));
        push(format!(
            "<text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\" fill=\"{colour}\">{name}</text>",
            left + width,
            top + 14.0 * row as f64
        ));
    }
}
