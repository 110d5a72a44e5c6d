use super::Real;

/// Fewer values than this are sorted by comparison.
const FEW: usize = 4096;

/// Bits of a digit; three digits make an f32.
const BITS: u32 = 11;

/// Sorts by comparison, NaN last.
pub(super) fn by_comparison<T: Real>(values: &mut [T]) {
    values.sort_unstable_by(T::order);
}

/// Sorts digit by digit from the least: an f32's bits, turned so that they have the order of the numbers.
pub(super) fn by_digits(values: &mut [f32]) {
    if values.len() < FEW {
        return by_comparison(values);
    }
    // NaN of either sign is last.
    let key = |v: f32| if v.is_nan() { u32::MAX } else { ordered(v) };
    let mut keys: Vec<u32> = values.iter().map(|&v| key(v)).collect();
    let mut counts = [[0usize; 1 << BITS]; 3];
    for &key in &keys {
        for (digit, counts) in counts.iter_mut().enumerate() {
            counts[place(key, digit)] += 1;
        }
    }
    let mut sorted = vec![0; keys.len()];
    for (digit, counts) in counts.iter_mut().enumerate() {
        if counts.contains(&keys.len()) {
            continue;
        }
        let mut start = 0;
        for count in counts.iter_mut() {
            start += std::mem::replace(count, start);
        }
        for &key in &keys {
            let at = &mut counts[place(key, digit)];
            sorted[*at] = key;
            *at += 1;
        }
        std::mem::swap(&mut keys, &mut sorted);
    }
    let number = |key: u32| if key == u32::MAX { f32::NAN } else { unordered(key) };
    values.iter_mut().zip(keys).for_each(|(v, key)| *v = number(key));
}

fn place(key: u32, digit: usize) -> usize {
    (key >> (BITS * digit as u32)) as usize & ((1 << BITS) - 1)
}

/// Returns bits that compare as the number does: the sign turned, and all other bits too if it is negative.
fn ordered(v: f32) -> u32 {
    let bits = v.to_bits();
    bits ^ (((bits as i32 >> 31) as u32) | 0x8000_0000)
}

fn unordered(key: u32) -> f32 {
    f32::from_bits(key ^ ((!(key as i32 >> 31) as u32) | 0x8000_0000))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::RandomState;

    #[test]
    fn digits_sort_as_comparison_does() {
        let mut random = RandomState::new(1);
        let mut values: Vec<f32> = (0..20_000).map(|_| f32::from_bits(random.next_u32())).collect();
        values.extend([0.0, -0.0, f32::INFINITY, f32::NEG_INFINITY]);
        let mut other = values.clone();
        by_digits(&mut values);
        by_comparison(&mut other);
        assert!(values.iter().zip(&other).all(|(a, b)| a == b || a.is_nan() && b.is_nan()));
    }
}
