//! Filters against scipy.ndimage 1.9.0 and centrosome 1.2.3 (`golden/make_gaussian.py`).

#[path = "golden/stream.rs"]
mod stream;

use algorithms::gaussian::{Boundary, Weights, correlate_columns, correlate_rows, gaussian_filter, smooth};
use algorithms::numpy::Real;
use pixels::Plane;

fn digest<T: Real>(kind: &str, image: &Plane<T>, how: &str, number: f64, bits: fn(&T) -> u64) -> u64 {
    let boundary = match how {
        "reflect" => Boundary::Reflect,
        "nearest" => Boundary::Nearest,
        "mirror" => Boundary::Mirror,
        "wrap" => Boundary::Wrap,
        _ => Boundary::Constant(0.25),
    };
    let both = |w: &Weights| correlate_rows(&correlate_columns(image, w, boundary), w, boundary);
    let weights = || -> Vec<f64> {
        stream::uniform(number as usize, 100 + number as u64).into_iter().map(|v| v - 0.5).collect()
    };
    let out = match kind {
        "gaussian" => gaussian_filter(image, number, boundary),
        "correlate" => both(&Weights::correlate(&weights())),
        "convolve" => both(&Weights::convolve(&weights())),
        _ => {
            let (h, w) = image.shape();
            let some = stream::uniform(h * w, 9).into_iter().map(|v| v > 0.3).collect();
            let mask = (how == "some").then(|| Plane::from_vec(h, w, some));
            let out = smooth(image, mask.as_ref(), number);
            return stream::digest(out.data().iter().map(|v| v.to_bits()));
        }
    };
    stream::digest(out.data().iter().map(bits))
}

#[test]
fn filters_have_the_bits_of_scipy() {
    for line in include_str!("golden/gaussian.tsv").lines() {
        let f: Vec<&str> = line.split('\t').collect();
        let (h, w): (usize, usize) = (f[2].parse().unwrap(), f[3].parse().unwrap());
        let number = f[5].parse().unwrap();
        let image = Plane::from_vec(h, w, stream::uniform(h * w, 5));
        let got = match f[1] {
            "32" => digest(f[0], &image.map(|&v| v as f32), f[4], number, |v| u64::from(v.to_bits())),
            _ => digest(f[0], &image, f[4], number, |v| v.to_bits()),
        };
        assert_eq!(got, f[6].parse::<u64>().unwrap(), "{line}");
    }
}
