//! `numpy.argpartition` 1.23 of floats that are numbers: introselect, whose order of equal values is its own. Its way out of
//! bad pivots (medians of medians, after 2 log₂ n rounds) is left out: equal values make good pivots.

/// Returns the places of `values` in such an order that the value at `kth` is as in sorted order, lesser ones stand before it and
/// greater ones behind.
///
/// # Panics
/// When `kth` is no place.
pub fn argpartition(values: &[f64], kth: usize) -> Vec<usize> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    let (mut low, mut high) = (0, values.len() - 1);
    if kth < 3 {
        select_first(values, &mut order, kth);
        return order;
    }
    if kth == high {
        let greatest =
            (0..values.len()).fold(0, |most, at| if values[at] < values[most] { most } else { at });
        order.swap(kth, greatest);
        return order;
    }
    while low + 1 < high {
        median_of_three(values, &mut order, low, high);
        let pivot = values[order[low]];
        let (mut from, mut to) = (low + 1, high);
        loop {
            from += 1;
            while values[order[from]] < pivot {
                from += 1;
            }
            to -= 1;
            while pivot < values[order[to]] {
                to -= 1;
            }
            if to < from {
                break;
            }
            order.swap(from, to);
        }
        order.swap(low, to);
        if to >= kth {
            high = to - 1;
        }
        if to <= kth {
            low = from;
        }
    }
    if high == low + 1 && values[order[high]] < values[order[low]] {
        order.swap(high, low);
    }
    order
}

/// Puts the least values, up to place `last`, in order.
fn select_first(values: &[f64], order: &mut [usize], last: usize) {
    for i in 0..=last {
        let mut least = i;
        for at in i + 1..order.len() {
            if values[order[at]] < values[order[least]] {
                least = at;
            }
        }
        order.swap(i, least);
    }
}

/// Puts the median of the first, the middle and the last value first, the least second and the greatest last.
fn median_of_three(values: &[f64], order: &mut [usize], low: usize, high: usize) {
    let middle = low + (high - low) / 2;
    let less = |order: &[usize], a: usize, b: usize| values[order[a]] < values[order[b]];
    if less(order, high, middle) {
        order.swap(high, middle);
    }
    if less(order, high, low) {
        order.swap(high, low);
    }
    if less(order, low, middle) {
        order.swap(low, middle);
    }
    order.swap(middle, low + 1);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_values_stand_as_numpy_leaves_them() {
        let values: Vec<f64> = (0..20_u32).map(|i| f64::from(i * 7 % 5)).collect();
        // numpy.argpartition(values, kth).tolist()
        let expected = [10, 13, 18, 3, 11, 5, 0, 15, 8, 6, 1, 16, 14, 9, 12, 7, 4, 17, 2, 19];
        assert_eq!(argpartition(&values, 9), expected);
        let expected = [13, 0, 18, 3, 16, 5, 6, 15, 8, 1, 10, 11, 14, 9, 4, 19, 17, 7, 2, 12];
        assert_eq!(argpartition(&values, 17), expected);
        assert_eq!(argpartition(&values, 1)[..6], [0, 5, 2, 3, 4, 1]);
        assert_eq!(argpartition(&values, 19)[16..], [16, 19, 18, 17]);
        assert_eq!(argpartition(&[0.0; 12], 8), [7, 5, 10, 9, 8, 0, 6, 2, 3, 1, 4, 11]);
    }
}
