//! The page that shows what the demo found.

use super::plate::{CHANNELS, SIZE, Site};
use super::{PLACES, PLATE, Place};
use std::collections::HashMap;
use std::fmt::Write;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// The colour each dye is shown in, red, green and blue from 0 to 1.
const COLORS: [[f64; 3]; 5] =
    [[0.25, 0.45, 1.0], [0.05, 0.75, 0.35], [0.75, 0.7, 0.1], [1.0, 0.4, 0.1], [0.85, 0.1, 0.45]];

/// Returns grey levels from the darkest thousandth to the brightest, for the eye.
pub fn stretched(image: &[u16]) -> Vec<u8> {
    let mut sorted = image.to_vec();
    sorted.sort_unstable();
    let edge = image.len() / 1000;
    let (low, high) = (f64::from(sorted[edge]), f64::from(sorted[image.len() - 1 - edge]));
    let scale = 255.0 / (high - low).max(1.0);
    image.iter().map(|&v| ((f64::from(v) - low) * scale).clamp(0.0, 255.0) as u8).collect()
}

/// Returns a colour picture of all dyes, red, green, blue.
pub fn composite(site: &Site) -> Vec<u8> {
    let dyes: Vec<Vec<u8>> = site.images.iter().map(|image| stretched(image)).collect();
    let mut picture = Vec::with_capacity(SIZE * SIZE * 3);
    for i in 0..SIZE * SIZE {
        for part in 0..3 {
            let light: f64 =
                dyes.iter().zip(&COLORS).map(|(dye, color)| f64::from(dye[i]) * color[part]).sum();
            picture.push((light * 0.75).min(255.0) as u8);
        }
    }
    picture
}

/// Writes `index.html` from the tables in `folder/results`; `drawn` is how many cells each site has.
///
/// # Errors
/// When a table cannot be read or the page cannot be written.
pub fn write(folder: &Path, drawn: &[usize]) -> io::Result<PathBuf> {
    let rows = read_table(&folder.join("results/Image.csv"))?;
    let mut sites = String::new();
    for ((place, row), drawn) in PLACES.iter().zip(&rows).zip(drawn) {
        let _ = write!(sites, "{}", site(place, row, *drawn));
    }
    let count = |what: &str| -> f64 { rows.iter().filter_map(|r| r.get(what)?.parse::<f64>().ok()).sum() };
    let features: usize = ["Nuclei", "Cells", "Cytoplasm"]
        .iter()
        .map(|name| read_heads(&folder.join(format!("results/{name}.csv"))).map_or(0, |heads| heads.len()))
        .sum();
    let page = TEMPLATE
        .replace("{plate}", PLATE)
        .replace("{cells}", &format!("{:.0}", count("Count_Cells")))
        .replace("{features}", &features.to_string())
        .replace("{sites}", &sites);
    let path = folder.join("index.html");
    fs::write(&path, page)?;
    Ok(path)
}

fn site(place: &Place, row: &HashMap<String, String>, drawn: usize) -> String {
    let value = |feature: &str| row.get(feature).and_then(|v| v.parse::<f64>().ok()).unwrap_or(f64::NAN);
    let name = place.name();
    let dyes: String = CHANNELS
        .iter()
        .map(|c| format!("<figure><img src=\"pictures/{name}_{c}.png\" alt=\"{c}\"><figcaption>{c}</figcaption></figure>"))
        .collect();
    format!(
        r#"<section>
<h2>Well {well}, site {number}</h2>
<div class="pair">
<figure><img src="pictures/{name}.png" alt="all dyes"><figcaption>all five dyes</figcaption></figure>
<figure><img src="results/outlines/{name}_outlines.png" alt="outlines"><figcaption>nuclei and cells found, on the RNA dye</figcaption></figure>
<table>
<tr><th>nuclei found</th><td>{nuclei:.0}</td></tr>
<tr><th>cells drawn, those at the border too</th><td>{drawn}</td></tr>
<tr><th>mean area of a nucleus, pixels</th><td>{nucleus:.0}</td></tr>
<tr><th>mean area of a cell, pixels</th><td>{cell:.0}</td></tr>
<tr><th>mean DNA intensity of a nucleus</th><td>{dna:.3}</td></tr>
<tr><th>mean Mito intensity of a cytoplasm</th><td>{mito:.3}</td></tr>
</table>
</div>
<div class="dyes">{dyes}</div>
</section>
"#,
        well = place.well,
        number = place.site,
        nuclei = value("Count_Nuclei"),
        nucleus = value("Mean_Nuclei_AreaShape_Area"),
        cell = value("Mean_Cells_AreaShape_Area"),
        dna = value("Mean_Nuclei_Intensity_MeanIntensity_DNA"),
        mito = value("Mean_Cytoplasm_Intensity_MeanIntensity_Mito"),
    )
}

fn read_heads(path: &Path) -> io::Result<Vec<String>> {
    let mut reader = csv::Reader::from_path(path)?;
    Ok(reader.headers()?.iter().map(String::from).collect())
}

/// Returns the rows of a table, each value by its column's name.
fn read_table(path: &Path) -> io::Result<Vec<HashMap<String, String>>> {
    let mut reader = csv::Reader::from_path(path)?;
    let rows: Result<Vec<HashMap<String, String>>, csv::Error> = reader.deserialize().collect();
    Ok(rows?)
}

const TEMPLATE: &str = r#"<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Cell Painting Batch: demo plate {plate}</title>
<style>
  :root { color-scheme: dark; }
  body { margin: 0 auto; max-width: 1180px; padding: 32px 24px 64px; background: #0e1116; color: #dfe5ee;
         font: 16px/1.5 system-ui, sans-serif; }
  h1 { font-size: 28px; margin: 0 0 4px; } h2 { font-size: 18px; margin: 40px 0 12px; }
  p { margin: 4px 0; color: #9aa7b8; } b { color: #fff; } a { color: #6cb8ff; } code { color: #ffcf70; }
  .pair { display: grid; grid-template-columns: 1fr 1fr 0.9fr; gap: 16px; align-items: start; }
  .dyes { display: grid; grid-template-columns: repeat(5, 1fr); gap: 12px; margin-top: 14px; }
  figure { margin: 0; } img { width: 100%; display: block; border-radius: 6px; background: #000; }
  figcaption { color: #9aa7b8; font-size: 13px; padding-top: 4px; }
  table { border-collapse: collapse; width: 100%; font-size: 14px; }
  th { text-align: left; font-weight: 400; color: #9aa7b8; } td { text-align: right; font-variant-numeric: tabular-nums; }
  th, td { padding: 7px 4px; border-bottom: 1px solid #232a35; }
</style>
<h1>Plate {plate}, measured</h1>
<p><b>{cells} cells</b> in 2 wells × 2 sites, <b>{features} columns</b> of measurements in the tables of
<a href="results/">results</a>: <a href="results/Image.csv">Image</a>, <a href="results/Nuclei.csv">Nuclei</a>,
<a href="results/Cells.csv">Cells</a>, <a href="results/Cytoplasm.csv">Cytoplasm</a>.</p>
<p>Made by two CellProfiler pipelines: <a href="illumination.cppipe">illumination.cppipe</a>, then
<a href="analysis.cppipe">analysis.cppipe</a>. Your own: <code>cpb run -p PIPELINE -i IMAGES -o RESULTS</code></p>
{sites}
</html>
"#;
