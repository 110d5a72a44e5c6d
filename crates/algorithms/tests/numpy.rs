//! The reductions against numpy 1.23.5 (`golden/make_numpy.py`).

use algorithms::numpy::{Bins, Real, mean, median, percentile, standard_deviation, sum, variance};

fn stream(n: usize, seed: u64) -> Vec<f64> {
    let mut state = seed;
    let step = |state: &mut u64| {
        *state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (*state >> 33) as f64 / 2f64.powi(31)
    };
    (0..n).map(|_| step(&mut state)).collect()
}

fn digest(words: impl Iterator<Item = u32>) -> u64 {
    words.zip(1u64..).fold(0u64, |sum, (w, i)| sum.wrapping_add(u64::from(w).wrapping_mul(i)))
}

fn check<T: Real>(n: usize, what: &str, show: impl Fn(T) -> String) -> String {
    let a: Vec<T> = stream(n, n as u64).into_iter().map(T::of).collect();
    match what {
        "sum" => show(sum(&a)),
        "mean" => show(mean(&a)),
        "var" => show(variance(&a, 0)),
        "std" => show(standard_deviation(&a, 0)),
        "median" => show(median(&a)),
        "percentile" => {
            let mut sorted = a;
            sorted.sort_by(T::order);
            format!("{:x}d", percentile(&sorted, 37.5).to_bits())
        }
        "histogram" => {
            let counts = Bins::over(&a, 256).count(&a);
            counts.iter().zip(1u64..).map(|(c, i)| c * i * i).sum::<u64>().to_string()
        }
        _ => show(Bins::over(&a, 256).edges()[100]),
    }
}

#[test]
fn reductions_and_logarithms_have_the_bits_of_numpy() {
    for line in include_str!("golden/numpy.tsv").lines() {
        let fields: Vec<&str> = line.split('\t').collect();
        let (n, size, what, expected) = (fields[0].parse().unwrap(), fields[1], fields[2], fields[3]);
        let ln = |x: u32| Real::ln(f32::from_bits(x)).to_bits();
        let got = match (size, what) {
            (_, "log") => digest((1..2139095040).step_by(2039).map(ln)).to_string(),
            (_, "log near 1") => digest((0x3F000000..0x40000000).step_by(5).map(ln)).to_string(),
            ("4", _) => check::<f32>(n, what, |x| format!("{:x}f", x.to_bits())),
            _ => check::<f64>(n, what, |x| format!("{:x}d", x.to_bits())),
        };
        assert_eq!(got, expected, "{n} {size} {what}");
    }
}
