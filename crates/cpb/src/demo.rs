//! `cpb demo`: a small plate, made, measured and shown.

mod page;
mod plate;

use crate::exit::{Ended, Failed, Status};
use crate::run;
use pixels::Shape;
use pixels::codecs::{png, tiff};
use plate::{CHANNELS, SIZE, Site};
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

/// Makes a small Cell Painting plate, measures it and leaves a page to look at
///
/// 2 wells × 2 sites × 5 dyes, drawn here: nothing is downloaded. The illumination is corrected, nuclei, cells and
/// cytoplasm are found and measured, by the two pipelines that the demo leaves beside its results.
#[derive(clap::Args)]
#[command(after_help = "\
Example:
  cpb demo -o demo        then open demo/index.html")]
pub struct Args {
    /// The folder for all that is made
    #[arg(short, long, value_name = "DIR", default_value = "demo")]
    output: PathBuf,
}

const ILLUMINATION: &str = include_str!("demo/illumination.cppipe");
const ANALYSIS: &str = include_str!("demo/analysis.cppipe");
const PLATE: &str = "DEMO1";

/// A site's place on the plate and its seed.
struct Place {
    well: &'static str,
    site: usize,
    seed: u64,
    /// Cells wanted: the second well was treated with something that cells do not like.
    density: usize,
}

const PLACES: [Place; 4] = [
    Place { well: "A01", site: 1, seed: 11, density: 26 },
    Place { well: "A01", site: 2, seed: 12, density: 24 },
    Place { well: "A02", site: 1, seed: 21, density: 14 },
    Place { well: "A02", site: 2, seed: 22, density: 12 },
];

impl Place {
    /// Returns the name that the site's files begin with.
    fn name(&self) -> String {
        format!("{PLATE}_{}_s{}", self.well, self.site)
    }
}

/// Runs the verb.
pub fn run(args: &Args) -> Ended {
    let folder = &args.output;
    let fail = |error: std::io::Error| {
        Failed::new(Status::Input, format!("cannot write the demo to `{}`: {error}", folder.display()))
    };
    eprintln!("drawing a plate: {} sites × {} dyes", PLACES.len(), CHANNELS.len());
    let drawn = make_plate(folder).map_err(fail)?;
    for (pipeline, table, output, does) in [
        ("illumination.cppipe", "load_data.csv", "illum", "finding how the microscope lights each dye"),
        ("analysis.cppipe", "load_data_with_illum.csv", "results", "correcting, finding cells, measuring"),
    ] {
        eprintln!("{does}: {pipeline}");
        run::run(&run::Args::of_table(
            folder.join(pipeline),
            folder,
            folder.join(table),
            folder.join(output),
        ))?;
    }
    let page = page::write(folder, &drawn).map_err(fail)?;
    println!("Look at {}", page.display());
    Ok(())
}

/// Draws every site and writes images, pictures, tables and pipelines; returns how many cells each site has.
fn make_plate(folder: &Path) -> std::io::Result<Vec<usize>> {
    for name in ["images", "pictures"] {
        fs::create_dir_all(folder.join(name))?;
    }
    let sites: Vec<Site> = std::thread::scope(|scope| {
        let drawing: Vec<_> = PLACES.iter().map(|p| scope.spawn(|| plate::site(p.seed, p.density))).collect();
        drawing.into_iter().map(|d| d.join().expect("drawing does not fail")).collect()
    });
    for (place, site) in PLACES.iter().zip(&sites) {
        for (channel, image) in CHANNELS.iter().zip(&site.images) {
            let file = folder.join("images").join(format!("{}_{channel}.tif", place.name()));
            fs::write(file, tiff::write(Shape::grey(SIZE, SIZE), image, true))?;
            let picture = page::stretched(image);
            let file = folder.join("pictures").join(format!("{}_{channel}.png", place.name()));
            fs::write(file, png::write_u8(SIZE, SIZE, 1, &picture))?;
        }
        let file = folder.join("pictures").join(format!("{}.png", place.name()));
        fs::write(file, png::write_u8(SIZE, SIZE, 3, &page::composite(site)))?;
    }
    fs::write(folder.join("load_data.csv"), table(false))?;
    fs::write(folder.join("load_data_with_illum.csv"), table(true))?;
    fs::write(folder.join("illumination.cppipe"), ILLUMINATION)?;
    fs::write(folder.join("analysis.cppipe"), ANALYSIS)?;
    Ok(sites.iter().map(|site| site.cells).collect())
}

/// Returns the table that LoadData reads, a row a site.
fn table(with_illumination: bool) -> String {
    let mut heads: Vec<String> =
        CHANNELS.iter().flat_map(|c| [format!("FileName_Orig{c}"), format!("PathName_Orig{c}")]).collect();
    if with_illumination {
        heads.extend(
            CHANNELS.iter().flat_map(|c| [format!("FileName_Illum{c}"), format!("PathName_Illum{c}")]),
        );
    }
    heads.extend(["Metadata_Plate", "Metadata_Well", "Metadata_Site"].map(String::from));
    let mut text = heads.join(",") + "\n";
    for place in &PLACES {
        for channel in CHANNELS {
            let _ = write!(text, "{}_{channel}.tif,images,", place.name());
        }
        if with_illumination {
            CHANNELS.iter().for_each(|channel| {
                let _ = write!(text, "Illum{channel}.npy,illum,");
            });
        }
        let _ = writeln!(text, "{PLATE},{},{}", place.well, place.site);
    }
    text
}
