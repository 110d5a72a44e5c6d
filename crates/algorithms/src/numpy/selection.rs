use super::{Real, order};
use multiversion::multiversion;

/// Fewer values than this are sorted.
const FEW: usize = 2048;

/// In a part with more values than this it is seen first whether they are all the same.
const CROWD: usize = 4096;

/// Even parts of the range of the values.
const PARTS: usize = 1 << 13;

/// What is asked for of values: what they are, or something of each.
pub trait Seen<T>: Copy {
    /// Returns what is seen of a value.
    fn of(self, value: T) -> T;
}

/// The values themselves.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AsTheyAre;

/// How far values are from one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct DistanceFrom<T>(pub T);

impl<T> Seen<T> for AsTheyAre {
    #[inline(always)]
    fn of(self, value: T) -> T {
        value
    }
}

impl<T: Real> Seen<T> for DistanceFrom<T> {
    #[inline(always)]
    fn of(self, value: T) -> T {
        (value - self.0).abs()
    }
}

/// Values of which single places in ascending order are asked for, NaN last.
///
/// Not all are sorted: a value is looked for among those in the same part of the range.
#[derive(Clone, Debug, PartialEq)]
pub struct Selection<'a, T, S = AsTheyAre> {
    values: &'a [T],
    seen: S,
    order: Order<T>,
}

#[derive(Clone, Debug, PartialEq)]
enum Order<T> {
    Sorted(Vec<T>),
    /// How many values are in each part of the range or a lesser one.
    Parts(Parts, Vec<u32>),
}

impl<'a, T: Real> Selection<'a, T> {
    /// Selects among the values themselves.
    pub fn new(values: &'a [T]) -> Self {
        Self::within(values, AsTheyAre, order::extremes(values).unwrap_or((T::ZERO, T::ZERO)))
    }
}

impl<'a, T: Real, S: Seen<T>> Selection<'a, T, S> {
    /// Selects among what is seen of the values, all of it in a range, whose ends are NaN if any of it is.
    pub fn within(values: &'a [T], seen: S, (low, high): (T, T)) -> Self {
        let Some(parts) = Parts::of(low.to_f64(), high.to_f64()).filter(|_| values.len() >= FEW) else {
            let mut sorted: Vec<T> = values.iter().map(|&v| seen.of(v)).collect();
            T::sort(&mut sorted);
            return Self { values, seen, order: Order::Sorted(sorted) };
        };
        let mut tables = vec![[0u32; 2]; PARTS + 1];
        count_parts(values, seen, parts, &mut tables);
        let mut end = 0;
        let ends = tables.into_iter().map(|[a, b]| {
            end += a + b;
            end
        });
        Self { values, seen, order: Order::Parts(parts, ends.collect()) }
    }

    /// Returns the number of values.
    pub fn count(&self) -> usize {
        self.values.len()
    }

    /// Returns the value at each place below [`Self::count`] and the one after it, which for the last place is itself.
    pub fn pairs(&self, places: &[usize]) -> Vec<(T, T)> {
        let next = |place: usize| (place + 1).min(self.count() - 1);
        let (parts, ends) = match &self.order {
            Order::Sorted(sorted) => return places.iter().map(|&p| (sorted[p], sorted[next(p)])).collect(),
            Order::Parts(parts, ends) => (*parts, ends),
        };
        let part_of = |place: usize| ends.partition_point(|&end| end as usize <= place);
        let mut wanted: Vec<u16> =
            places.iter().flat_map(|&p| [p, next(p)]).map(|place| part_of(place) as u16).collect();
        wanted.sort_unstable();
        wanted.dedup();
        let start = |part: usize| if part == 0 { 0 } else { ends[part - 1] as usize };
        let crowded = |part: u16| ends[usize::from(part)] as usize - start(usize::from(part)) > CROWD;
        // Of few different values, as in a binary image, many are the same.
        let same: Vec<Option<T>> = wanted
            .iter()
            .map(|&part| if crowded(part) { only_one(self.values, self.seen, parts, part) } else { None })
            .collect();
        let open: Vec<u16> =
            wanted.iter().zip(&same).filter(|(_, same)| same.is_none()).map(|(&part, _)| part).collect();
        let mut alike = in_parts(self.values, self.seen, parts, &open);
        let mut at = |place: usize| {
            let part = part_of(place);
            let below = |parts: &[u16]| parts.partition_point(|&w| usize::from(w) < part);
            same[below(&wanted)].unwrap_or_else(|| {
                *alike[below(&open)].select_nth_unstable_by(place - start(part), T::order).1
            })
        };
        places.iter().map(|&place| (at(place), at(next(place)))).collect()
    }

    /// Returns the median, with a NaN only where that is at the middle.
    pub fn median(&self) -> T {
        self.median_and_percentiles(&[]).0
    }

    /// Returns the median, and percentiles with linear interpolation, as `numpy.percentile`; NaN of no value.
    pub fn median_and_percentiles(&self, percents: &[f64]) -> (T, Vec<f64>) {
        let n = self.count();
        let Some(last) = n.checked_sub(1) else { return (T::of(f64::NAN), vec![f64::NAN; percents.len()]) };
        let steps: Vec<order::Step> = percents.iter().map(|&q| order::Step::to_percentile(last, q)).collect();
        let places: Vec<usize> = std::iter::once(last / 2).chain(steps.iter().map(|s| s.before)).collect();
        let pairs = self.pairs(&places);
        let (before, after) = pairs[0];
        let median = if n % 2 == 1 { before } else { T::of((before + after).to_f64() / 2.0) };
        (median, steps.iter().zip(&pairs[1..]).map(|(step, &pair)| step.between(pair)).collect())
    }
}

/// A range in even parts.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Parts {
    low: f64,
    scale: f64,
}

impl Parts {
    /// `None` when the range has no ends, or is too narrow to be parted.
    fn of(low: f64, high: f64) -> Option<Self> {
        let scale = if high > low { PARTS as f64 / (high - low) } else { 0.0 };
        ((high - low).is_finite() && scale.is_finite()).then_some(Self { low, scale })
    }

    /// Returns the part of a value in the range, the nearest whole number: added to a great power of two, it is what the
    /// last bits are.
    #[inline(always)]
    fn part<T: Real>(self, value: T) -> u16 {
        const GREAT: f64 = (1_u64 << 52) as f64;
        ((value.to_f64() - self.low) * self.scale + GREAT).to_bits() as u16
    }
}

/// Values whose parts are taken together.
const BLOCK: usize = 64;

/// Counts values by their parts. Neighbours are often alike: two tables in turn keep them from waiting for each other.
#[multiversion(targets("x86_64+avx2"))]
fn count_parts<T: Real, S: Seen<T>>(values: &[T], seen: S, parts: Parts, tables: &mut [[u32; 2]]) {
    let (blocks, rest) = values.as_chunks::<BLOCK>();
    for block in blocks {
        let mut places = [0; BLOCK];
        for (place, &v) in places.iter_mut().zip(block) {
            *place = parts.part(seen.of(v));
        }
        for [a, b] in places.as_chunks::<2>().0 {
            tables[usize::from(*a)][0] += 1;
            tables[usize::from(*b)][1] += 1;
        }
    }
    for &v in rest {
        tables[usize::from(parts.part(seen.of(v)))][0] += 1;
    }
}

/// Returns the value that all in a part are; `None` when there are two.
#[multiversion(targets("x86_64+avx2"))]
fn only_one<T: Real, S: Seen<T>>(values: &[T], seen: S, parts: Parts, part: u16) -> Option<T> {
    let first = values.iter().map(|&v| seen.of(v)).find(|&v| parts.part(v) == part)?;
    let alike = |block: &[T]| {
        block.iter().fold(true, |alike, &v| {
            let v = seen.of(v);
            alike & ((v == first) | (parts.part(v) != part))
        })
    };
    values.chunks(BLOCK).all(alike).then_some(first)
}

/// Returns the values in each of the parts that are wanted, which ascend.
#[multiversion(targets("x86_64+avx2"))]
fn in_parts<T: Real, S: Seen<T>>(values: &[T], seen: S, parts: Parts, wanted: &[u16]) -> Vec<Vec<T>> {
    const FEW_PLACES: usize = BLOCK / 4;
    let mut found = vec![Vec::new(); wanted.len()];
    if wanted.is_empty() {
        return found;
    }
    let mut take = |value: T| {
        let value = seen.of(value);
        if let Ok(place) = wanted.binary_search(&parts.part(value)) {
            found[place].push(value);
        }
    };
    let (blocks, rest) = values.as_chunks::<FEW_PLACES>();
    for block in blocks {
        let mut places = [0; FEW_PLACES];
        for (place, &v) in places.iter_mut().zip(block) {
            *place = parts.part(seen.of(v));
        }
        let mut any = 0;
        for &part in wanted {
            for place in places {
                any |= u16::from(place == part);
            }
        }
        if any != 0 {
            block.iter().for_each(|&v| take(v));
        }
    }
    rest.iter().for_each(|&v| take(v));
    found
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
        let places: Vec<usize> = (0..n).step_by(1 + n / 300).chain([n - 1]).collect();
        for (&place, (value, next)) in places.iter().zip(selection.pairs(&places)) {
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
