//! Two images, pixel by pixel, all pages.

use crate::Comparison;
use crate::rule::floats_equal;
use anyhow::Result;
use pixels::codecs::npy::{self, NpyArray};
use pixels::codecs::{self, Samples, Wanted};
use std::fs;
use std::path::Path;

/// The endings of image files.
pub const EXTENSIONS: &[&str] = &["tif", "tiff", "png", "jpg", "jpeg", "bmp", "gif"];

/// Compares the image `got` with the image `expected`; an image counts as one value.
///
/// Floats of `.npy` may differ as in tables, everything else not at all.
pub fn compare(found: &mut Comparison, file: &str, expected: &Path, got: &Path) {
    let (theirs, ours) = match (pages(expected), pages(got)) {
        (Ok(t), Ok(o)) => (t, o),
        (Err(error), _) | (_, Err(error)) => {
            return found.value(file, "an image", &format!("{error:#}"), Some(f64::INFINITY));
        }
    };
    if kind(&theirs) != kind(&ours) {
        return found.value(file, &kind(&theirs), &kind(&ours), Some(f64::INFINITY));
    }
    let pairs =
        theirs.iter().zip(&ours).flat_map(|(t, o)| t.samples.to_f64().into_iter().zip(o.samples.to_f64()));
    let rounded = file.ends_with(".npy");
    let unequal = pairs.filter(|&(t, o)| if rounded { !floats_equal(t, o) } else { t != o });
    let worst = unequal.map(|(t, o)| (t - o).abs()).fold(None, |w: Option<f64>, d| {
        Some(w.map_or(d, |w| if d.is_nan() { f64::INFINITY } else { w.max(d) }))
    });
    let got = format!("largest difference {}", worst.unwrap_or(0.0));
    found.value(file, &kind(&theirs), &got, worst);
}

fn kind(pages: &[NpyArray]) -> String {
    pages
        .first()
        .map_or("no page".into(), |p| format!("{} × {:?} {}", pages.len(), p.shape, type_name(&p.samples)))
}

/// Returns NumPy's name of the samples' type.
fn type_name(samples: &Samples) -> &'static str {
    match samples {
        Samples::Bool(_) => "bool",
        Samples::U8(_) => "uint8",
        Samples::U16(_) => "uint16",
        Samples::U32(_) => "uint32",
        Samples::U64(_) => "uint64",
        Samples::I8(_) => "int8",
        Samples::I16(_) => "int16",
        Samples::I32(_) => "int32",
        Samples::I64(_) => "int64",
        Samples::F32(_) => "float32",
        Samples::F64(_) => "float64",
    }
}

/// Reads every plane of every series.
fn pages(path: &Path) -> Result<Vec<NpyArray>> {
    let bytes = fs::read(path)?;
    if path.extension().is_some_and(|e| e.eq_ignore_ascii_case("npy")) {
        return Ok(vec![npy::read(&bytes)?]);
    }
    let info = codecs::probe(&bytes)?;
    let planes =
        info.series.iter().enumerate().flat_map(|(s, series)| (0..series.planes).map(move |p| (s, p)));
    planes
        .map(|(series, plane)| {
            let raw = codecs::read(&bytes, series, Wanted::Index(plane))?;
            let shape = vec![raw.shape.height, raw.shape.width, raw.shape.channels];
            Ok(NpyArray { shape, samples: raw.samples })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use pixels::codecs::png;

    #[test]
    fn one_grey_level_is_a_difference() {
        let folder = tempfile::tempdir().unwrap();
        let (a, b) = (folder.path().join("a.png"), folder.path().join("b.png"));
        fs::write(&a, png::write_u8(1, 2, 1, &[7, 8])).unwrap();
        fs::write(&b, png::write_u8(1, 2, 1, &[7, 9])).unwrap();
        let mut found = Comparison::default();
        compare(&mut found, "same.png", &a, &a);
        compare(&mut found, "other.png", &a, &b);
        assert_eq!((found.columns["same.png"].equal, found.columns["other.png"].equal), (1, 0));
    }
}
