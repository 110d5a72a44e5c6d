//! Thresholds against CellProfiler's own (`tests/golden/make_threshold.py`).

use super::*;
use crate::threshold::Use;
use cppipe::Settings;

#[path = "../../../../algorithms/tests/golden/stream.rs"]
mod stream;

/// Makes the images of `make_threshold.py`.
fn image(kind: &str, height: usize, width: usize) -> Plane<f64> {
    let n = height * width;
    let [u1, u2, u3] = [1, 2, 3].map(|seed| stream::uniform(n, seed));
    let value = |i: usize| {
        let bright = if u2[i] > 0.8 { u3[i] * 0.5 } else { 0.0 };
        u1[i] * u1[i] * 0.1 + bright + 0.2 * ((i / width) as f64 / height as f64)
    };
    let either = |above, bright, dark| if above { bright } else { dark };
    let value = |i: usize| match kind {
        "grey16" => f64::from((value(i) * 65535.0).floor() as f32 / 65535.0),
        "grey8" => f64::from((value(i) * 31.0).floor() as f32 / 255.0),
        "rows" => value(i % width),
        "constant" => 0.25,
        "two" => either(value(i) > 0.2, 0.5, 0.125),
        "zero" => 0.0,
        "negative" => value(i) - 0.3,
        "binary" => either(value(i) > 0.2, 1.0, 0.0),
        _ => value(i),
    };
    Plane::from_vec(height, width, (0..n).map(value).collect())
}

fn settings(answers: &str, used: Use) -> ThresholdSettings {
    let setting = |value: &str| cppipe::Setting { label: String::new(), value: value.into() };
    let module = cppipe::Module {
        name: "Threshold".into(),
        number: 1,
        revision: 12,
        enabled: true,
        notes: Vec::new(),
        settings: std::iter::once("12").chain(answers.split('|')).map(setting).collect(),
    };
    let mut settings = Settings::new(&module);
    let read = ThresholdSettings::read(&mut settings, used);
    settings.finish(read).unwrap()
}

fn results<T: Real>(
    settings: &ThresholdSettings,
    image: &Plane<T>,
    mask: Option<&Plane<bool>>,
    bits: fn(&T) -> u64,
) -> Vec<String> {
    let mut record = Record::new(1);
    record.image_float("Given_Level", 0.23);
    let Ok(made) = settings.apply_to(image, mask, None, &record) else { return vec!["error".into()] };
    let Ok(found) = settings.find(image, mask, None, &record) else { return vec!["error".into()] };
    let hex = |v: f64| format!("{:016x}", v.to_bits());
    vec![
        match &found.last {
            Level::Global(v) => hex(*v),
            Level::Local(p) => stream::digest(p.data().iter().map(|v| v.to_bits())).to_string(),
            Level::Same(p) => stream::digest(p.data().iter().map(bits)).to_string(),
        },
        hex(made.final_threshold),
        hex(made.original_threshold),
        made.guide.map_or("-".into(), hex),
        stream::digest(made.foreground.data().iter().map(|&b| u64::from(b))).to_string(),
        hex(made.sigma),
        made.quality.weighted_variance.to_string(),
        made.quality.sum_of_entropies.to_string(),
    ]
}

#[test]
fn thresholds_and_masks_have_the_bits_of_cellprofiler() {
    let (mut lines, mut wrong) = (0, Vec::new());
    for line in include_str!("../../../tests/golden/threshold.tsv").lines() {
        let f: Vec<&str> = line.split('\t').collect();
        let (height, width): (usize, usize) = (f[2].parse().unwrap(), f[3].parse().unwrap());
        let used = if f[5] == "Yes" { Use::Advanced } else { Use::Automatic };
        let settings = settings(f[0], used);
        let some = || stream::uniform(height * width, 9).into_iter().map(|v| v > 0.3).collect();
        let mask = match f[4] {
            "all" => None,
            "some" => Some(Plane::from_vec(height, width, some())),
            _ => Some(Plane::filled(height, width, false)),
        };
        let image = image(f[1], height, width);
        let got = if f[1] == "double" || f[1] == "binary" {
            results(&settings, &image, mask.as_ref(), |v| v.to_bits())
        } else {
            let image = image.map(|&v| v as f32);
            results(&settings, &image, mask.as_ref(), |v| u64::from(v.to_bits()))
        };
        lines += 1;
        let float = |text: &str| text.parse::<f64>().unwrap();
        // The variance is CellProfiler's but for its f32 sums; logarithms and powers of 2 depend on the processor.
        let near = |a: &str, b: &str, by: f64| (float(a) - float(b)).abs() <= by * (1.0 + float(b).abs());
        let equal = got.len() == f.len() - 6
            && got.iter().zip(&f[6..]).enumerate().all(|(i, (g, e))| match i {
                0..6 => g == e,
                6 => near(g, e, 1e-6),
                _ => near(g, e, 1e-12),
            });
        if !equal {
            wrong.push(format!("{line}\n   got {}", got.join("\t")));
        }
    }
    assert!(wrong.is_empty(), "{} of {lines}:\n{}", wrong.len(), wrong.join("\n"));
}
