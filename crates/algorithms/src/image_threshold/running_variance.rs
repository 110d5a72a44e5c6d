use crate::numpy::Real;

/// Returns the variance of the first values up to those at `places` (ascending), as John D. Cook's running variance
/// with means of a running sum in the values' type: in single precision these drift, and so do CellProfiler's.
pub(super) fn running_variances<T: Real>(
    mut values: impl Iterator<Item = T>,
    places: impl IntoIterator<Item = usize>,
) -> Vec<f64> {
    let Some(first) = values.next() else { return Vec::new() };
    let (mut sum, mut mean, mut squares) = (first, first.to_f64(), 0.0);
    let mut at = 0usize;
    let mut found = Vec::new();
    for place in places {
        while at < place {
            let Some(value) = values.next() else { break };
            at += 1;
            sum += value;
            let before = mean;
            mean = sum.to_f64() / (at + 1) as f64;
            squares += (value.to_f64() - before) * (value.to_f64() - mean);
        }
        found.push(if at == 0 { 0.0 } else { squares / at as f64 });
    }
    found
}
