//! The median over a rectangular window, value for value that of `scipy.ndimage.median_filter` 1.9.
//!
//! Beyond the border everything is 0, and of an even number of values the median is the upper one. A block of
//! neighbouring pixels is done at a time by forgetting: of somewhat more than half of the values the least and the
//! greatest cannot be the median, go, and make room for the next value.

use crate::numpy::Real;

/// Pixels that are done together.
const LANES: usize = 16;

/// Returns the median of the `window` around each value of an array of three `axes` (the last is the fastest).
///
/// An even window reaches one farther backwards.
pub fn window_median<T: Real>(values: &[T], axes: [usize; 3], window: [usize; 3]) -> Vec<T> {
    let [depth, height, width] = axes;
    let before = window.map(|w| w / 2);
    // Rows with their margins; a last block of lanes may reach past the end.
    let stride = width + window[2] - 1 + LANES;
    let (tall, deep) = (height + window[1] - 1, depth + window[0] - 1);
    let mut padded = vec![T::ZERO; deep * tall * stride];
    for (i, row) in values.chunks_exact(width.max(1)).enumerate() {
        let (z, y) = (i / height + before[0], i % height + before[1]);
        padded[(z * tall + y) * stride + before[2]..][..width].copy_from_slice(row);
    }
    let count = window.iter().product::<usize>();
    // An even number of values gets one more that is greater than all.
    let odd = count | 1;
    let kept = odd / 2 + 2;
    let infinity = T::of(f64::INFINITY);
    let mut buffer = vec![[infinity; LANES]; kept.max(2)];
    let mut out = Vec::with_capacity(values.len());
    for z in 0..depth {
        for y in 0..height {
            for x in (0..width).step_by(LANES) {
                let starts = (0..window[0])
                    .flat_map(|dz| (0..window[1]).map(move |dy| ((z + dz) * tall + y + dy) * stride + x));
                let blocks = starts.flat_map(|start| start..start + window[2]).map(|at| -> [T; LANES] {
                    *padded[at..].first_chunk().expect("rows have room for a last block")
                });
                let extra = std::iter::repeat_n([infinity; LANES], odd - count);
                let median = forget(blocks.chain(extra), odd, &mut buffer);
                out.extend_from_slice(&median[..LANES.min(width - x)]);
            }
        }
    }
    out
}

/// Returns the median of an odd number of blocks, lane by lane.
fn forget<T: Real>(
    mut blocks: impl Iterator<Item = [T; LANES]>,
    count: usize,
    buffer: &mut [[T; LANES]],
) -> [T; LANES] {
    if count == 1 {
        return blocks.next().unwrap_or([T::ZERO; LANES]);
    }
    let mut n = (count / 2 + 2).min(count);
    for (to, block) in buffer.iter_mut().zip(blocks.by_ref().take(n)) {
        *to = block;
    }
    loop {
        // The greatest to the end, then the least to the start of the others.
        for i in 0..n - 1 {
            let (low, high) = buffer.split_at_mut(i + 1);
            exchange(&mut low[i], &mut high[0]);
        }
        for i in (0..n - 2).rev() {
            let (low, high) = buffer.split_at_mut(i + 1);
            exchange(&mut low[i], &mut high[0]);
        }
        let Some(next) = blocks.next() else { return buffer[1] };
        // The least gives its place to the next value, the greatest is dropped.
        buffer[0] = next;
        n -= 1;
    }
}

/// Puts the smaller of each pair first.
fn exchange<T: Real>(a: &mut [T; LANES], b: &mut [T; LANES]) {
    for lane in 0..LANES {
        let (x, y) = (a[lane], b[lane]);
        a[lane] = if x < y { x } else { y };
        b[lane] = if x < y { y } else { x };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn the_median_is_the_upper_one_of_the_sorted_window(
            axes in (1usize..4, 1usize..9, 1usize..40),
            window in (1usize..4, 1usize..6, 1usize..6),
            levels in 1u32..50,
            seed in any::<u32>(),
        ) {
            let (axes, window) = ([axes.0, axes.1, axes.2], [window.0, window.1, window.2]);
            let mut state = seed;
            let mut next = || {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                ((state >> 8) % levels) as f32 - 3.0
            };
            let values: Vec<f32> = (0..axes.iter().product()).map(|_| next()).collect();
            let at = |p: [isize; 3]| {
                let inside = (0..3).all(|i| (0..axes[i] as isize).contains(&p[i]));
                let [z, y, x] = p.map(|v| v as usize);
                if inside { values[(z * axes[1] + y) * axes[2] + x] } else { 0.0 }
            };
            let side = |i: usize| -(window[i] as isize / 2)..window[i] as isize - window[i] as isize / 2;
            let mut expected = Vec::new();
            for i in 0..values.len() {
                let (z, y, x) = (i / axes[2] / axes[1], i / axes[2] % axes[1], i % axes[2]);
                let mut found = Vec::new();
                for dz in side(0) {
                    for dy in side(1) {
                        for dx in side(2) {
                            found.push(at([z as isize + dz, y as isize + dy, x as isize + dx]));
                        }
                    }
                }
                found.sort_by(f32::total_cmp);
                expected.push(found[found.len() / 2]);
            }
            prop_assert_eq!(window_median(&values, axes, window), expected);
        }
    }
}
