use super::Real;
use multiversion::multiversion;

/// Fewer values than this are sorted.
const FEW: usize = 2048;

/// Values of which single places in ascending order are asked for, NaN last.
///
/// Not all are sorted: a value is looked for among those whose leading bits tell that they may be it.
#[derive(Clone, Debug, PartialEq)]
pub struct Selection<'a, T> {
    values: &'a [T],
    order: Order<T>,
}

#[derive(Clone, Debug, PartialEq)]
enum Order<T> {
    Sorted(Vec<T>),
    /// How many values have each leading bits or lesser ones.
    Ends(Vec<u32>),
}

impl<'a, T: Real> Selection<'a, T> {
    /// Counts the values by their leading bits; where one is NaN, sorts them all.
    pub fn new(values: &'a [T]) -> Self {
        if values.len() < FEW || any_nan(values) {
            let mut sorted = values.to_vec();
            T::sort(&mut sorted);
            return Self { values, order: Order::Sorted(sorted) };
        }
        let mut tables = vec![[0u32; 2]; 1 << 16];
        count_leading_bits(values, &mut tables);
        let mut end = 0;
        let ends = tables.into_iter().map(|[a, b]| {
            end += a + b;
            end
        });
        Self { values, order: Order::Ends(ends.collect()) }
    }

    /// Returns the number of values.
    pub fn count(&self) -> usize {
        self.values.len()
    }

    /// Returns the values themselves, in the order they came in.
    pub fn values(&self) -> &'a [T] {
        self.values
    }

    /// Returns the value at a place below [`Self::count`] and the one after it, which for the last place is itself.
    pub fn pair(&self, place: usize) -> (T, T) {
        let last = place + 1 == self.count();
        match &self.order {
            Order::Sorted(sorted) => (sorted[place], sorted[place + usize::from(!last)]),
            Order::Ends(ends) => {
                let (start, mut alike) = self.alike(place, ends);
                let (_, &mut value, after) = alike.select_nth_unstable_by(place - start, T::order);
                if last {
                    return (value, value);
                }
                let least = |values: &[T]| values.iter().copied().min_by(T::order);
                let next = least(after).or_else(|| least(&self.alike(place + 1, ends).1));
                (value, next.unwrap_or(value))
            }
        }
    }

    /// Returns the values with the leading bits of that at a place, and the place of the first of them.
    fn alike(&self, place: usize, ends: &[u32]) -> (usize, Vec<T>) {
        let bits = ends.partition_point(|&end| end as usize <= place);
        let start = if bits == 0 { 0 } else { ends[bits - 1] as usize };
        (start, with_leading_bits(self.values, bits as u16, ends[bits] as usize - start))
    }

    /// Returns the median, with a NaN only where that is at the middle.
    pub fn median(&self) -> T {
        let n = self.count();
        if n % 2 == 1 {
            return self.pair(n / 2).0;
        }
        let (before, after) = self.pair(n / 2 - 1);
        T::of((before + after).to_f64() / 2.0)
    }

    /// Returns the `q`-th percentile with linear interpolation, as `numpy.percentile`; NaN of no value.
    pub fn percentile(&self, q: f64) -> f64 {
        super::order::percentile_of(self.count(), q, |place| self.pair(place))
    }
}

/// Values whose leading bits are taken together.
const BLOCK: usize = 64;

/// Counts values by their leading bits. Neighbours are often alike: two tables in turn keep them from waiting for each
/// other.
#[multiversion(targets("x86_64+avx2"))]
fn count_leading_bits<T: Real>(values: &[T], tables: &mut [[u32; 2]]) {
    let (blocks, rest) = values.as_chunks::<BLOCK>();
    for block in blocks {
        let bits = block.map(T::leading_bits);
        for [a, b] in bits.as_chunks::<2>().0 {
            tables[usize::from(*a)][0] += 1;
            tables[usize::from(*b)][1] += 1;
        }
    }
    for v in rest {
        tables[usize::from(v.leading_bits())][0] += 1;
    }
}

#[multiversion(targets("x86_64+avx2"))]
fn with_leading_bits<T: Real>(values: &[T], bits: u16, count: usize) -> Vec<T> {
    let mut alike = Vec::with_capacity(count);
    for block in values.chunks(BLOCK / 4) {
        if block.iter().fold(false, |any, v| any | (v.leading_bits() == bits)) {
            alike.extend(block.iter().filter(|v| v.leading_bits() == bits));
        }
    }
    alike
}

#[multiversion(targets("x86_64+avx2"))]
fn any_nan<T: Real>(values: &[T]) -> bool {
    values.chunks(BLOCK).any(|block| block.iter().fold(false, |any, v| any | v.is_nan()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::RandomState;

    fn check<T: Real>(values: &[T]) {
        let mut sorted = values.to_vec();
        T::sort(&mut sorted);
        let selection = Selection::new(values);
        let n = values.len();
        for place in (0..n).step_by(1 + n / 300).chain([n - 1]) {
            let (value, next) = selection.pair(place);
            assert_eq!(value.to_f64().to_bits(), sorted[place].to_f64().to_bits(), "{place} of {n}");
            let after = sorted[(place + 1).min(n - 1)];
            assert_eq!(next.to_f64().to_bits(), after.to_f64().to_bits(), "{place} of {n}");
        }
    }

    #[test]
    fn places_are_those_of_a_sort() {
        let mut random = RandomState::new(5);
        for n in [1, 7, FEW - 1, FEW, 20_001] {
            let any: Vec<f32> = (0..n).map(|_| f32::from_bits(random.next_u32())).collect();
            check(&any);
            let numbers: Vec<f32> = any.iter().map(|&v| if v.is_nan() { -0.0 } else { v }).collect();
            check(&numbers);
            check(&numbers.iter().map(|&v| f64::from(v) * 1.1).collect::<Vec<_>>());
            let few: Vec<f32> = (0..n).map(|_| (random.sample() * 9.0).floor() as f32 / 7.0).collect();
            check(&few);
            check(&vec![0.25f64; n]);
        }
    }
}
