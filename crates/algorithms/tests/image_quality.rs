//! Measurements of whole images against CellProfiler 4.2.8 (`golden/make_image_quality.py`).

use algorithms::cooccurrence_correlation::Levels;
use algorithms::focus::{focus_score, local_focus_score, local_focus_score_of_volume};
use algorithms::image_statistics::Statistics;
use algorithms::image_threshold::{Classes, ImageThreshold, Intensities, Spread};
use algorithms::numpy::mean;
use algorithms::power_spectrum::power_slope;
use algorithms::threshold::Middle;
use pixels::Plane;
use pixels::codecs::npy;

fn golden(name: &str) -> npy::NpyArray {
    let path = format!("{}/tests/golden/image_quality_{name}.npy", env!("CARGO_MANIFEST_DIR"));
    npy::read(&std::fs::read(path).expect("a golden file")).expect("an array")
}

fn threshold(name: &str) -> Option<ImageThreshold> {
    let mixture = |object_fraction| ImageThreshold::MixtureOfGaussians { object_fraction };
    let three = Classes::Three;
    Some(match name {
        "Background" => ImageThreshold::Background,
        "Kapur" => ImageThreshold::Kapur,
        "MCT" => ImageThreshold::MaximumCorrelation,
        "RidlerCalvard" => ImageThreshold::RidlerCalvard,
        "RobustBackground" => ImageThreshold::RobustBackground,
        "MoG_5" => mixture(0.05),
        "MoG_25" => mixture(0.25),
        "MoG_75" => mixture(0.75),
        "MoG_95" => mixture(0.95),
        "Otsu_2S" => ImageThreshold::Otsu(Classes::Two, Spread::Entropy),
        "Otsu_2W" => ImageThreshold::Otsu(Classes::Two, Spread::Variance),
        "Otsu_3BS" => ImageThreshold::Otsu(three(Middle::Background), Spread::Entropy),
        "Otsu_3BW" => ImageThreshold::Otsu(three(Middle::Background), Spread::Variance),
        "Otsu_3FS" => ImageThreshold::Otsu(three(Middle::Foreground), Spread::Entropy),
        "Otsu_3FW" => ImageThreshold::Otsu(three(Middle::Foreground), Spread::Variance),
        _ => return None,
    })
}

fn measure(image: &Plane<f32>, mask: Option<&Plane<bool>>, name: &str) -> Option<f64> {
    let inside = |i: &usize| mask.is_none_or(|m| m.data()[*i]);
    let values: Vec<f32> = (0..image.len()).filter(inside).map(|i| image.data()[i]).collect();
    if let Some(method) = name.strip_prefix("Threshold").and_then(threshold) {
        return Some(method.threshold(&Intensities::new(values)));
    }
    let filled = mask.map(|mask| image.zip(mask, |&v, &m| if m { v } else { mean(&values) }));
    let statistics = Statistics::of(&values, &[])?;
    Some(match name {
        "Correlation_20" => Levels::of(image, mask).correlation(20)?,
        "Correlation_5" => Levels::of(image, mask).correlation(5)?,
        "FocusScore" => focus_score(&values)?,
        "LocalFocusScore_20" => local_focus_score(image, mask, 20)?,
        "LocalFocusScore_5" => local_focus_score(image, mask, 5)?,
        "PowerLogLogSlope" => power_slope(filled.as_ref().unwrap_or(image))?,
        "MADIntensity" => statistics.mad,
        "MaxIntensity" => statistics.max,
        "MeanIntensity" => statistics.mean,
        "MedianIntensity" => statistics.median,
        "MinIntensity" => statistics.min,
        "StdIntensity" => statistics.std,
        "TotalIntensity" => statistics.sum,
        "TotalArea" => statistics.count as f64,
        "PercentMaximal" => statistics.percent_maximal,
        "PercentMinimal" => {
            values.iter().filter(|v| f64::from(**v) == statistics.min).count() as f64 * 100.0
                / values.len() as f64
        }
        _ => return None,
    })
}

/// As [`measure`], of six planes of twelve rows that lie below each other.
fn measure_volume(image: &Plane<f32>, mask: Option<&Plane<bool>>, name: &str) -> Option<f64> {
    let focus = |scale| local_focus_score_of_volume(image, 6, mask, scale).ok().flatten();
    let correlation = |scale| Levels::of(image, mask).correlation_of_volume(scale, 12);
    match name {
        "LocalFocusScore_20" => focus(20),
        "LocalFocusScore_5" => focus(5),
        // Of a plane that is lower CellProfiler notes 0.
        "Correlation_20" => correlation(20).or(Some(0.0)),
        "Correlation_5" => correlation(5),
        flat => measure(image, mask, flat),
    }
}

#[test]
fn every_quality_of_an_image_is_cellprofilers() {
    let image = golden("image").plane_f32().unwrap();
    let mask = golden("mask").plane_bool().unwrap();
    let mut wrong = Vec::new();
    for line in include_str!("golden/image_quality.tsv").lines() {
        let fields: Vec<&str> = line.split('\t').collect();
        let mask = fields[0].contains("masked").then_some(&mask);
        let expected: f64 = fields[2].parse().unwrap();
        let measure = if fields[0].contains("volume") { measure_volume } else { measure };
        let got = measure(&image, mask, fields[1]);
        if got.is_none_or(|got| (got - expected).abs() > 1e-8 + 1e-7 * expected.abs()) {
            wrong.push(format!("{}: {got:?}, expected {expected}", fields[1]));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
