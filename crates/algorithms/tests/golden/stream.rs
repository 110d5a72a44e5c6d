//! The numbers that the golden tests and the Python scripts beside them both make.

#![allow(dead_code)]

/// Returns `n` numbers in [0, 1), of 31 bits each.
pub fn uniform(n: usize, seed: u64) -> Vec<f64> {
    let mut state = seed;
    let step = |state: &mut u64| {
        *state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (*state >> 33) as f64 / 2f64.powi(31)
    };
    (0..n).map(|_| step(&mut state)).collect()
}

/// Returns a number that no two arrays of words share, as far as a test can tell.
pub fn digest(words: impl Iterator<Item = u64>) -> u64 {
    words.zip(1u64..).fold(0u64, |sum, (w, i)| sum.wrapping_add(w.wrapping_mul(2 * i - 1)))
}
