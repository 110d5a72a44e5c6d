//! numpy's unstable argsort, with its order of equal values.

/// A value that numpy's sort can order: NaN comes after everything.
pub trait Sortable: Copy {
    /// Whole numbers in the order of the values; equal values have equal keys.
    type Key: Ord + Copy + Into<u64>;

    /// Returns the value's place in the order.
    fn key(self) -> Self::Key;

    /// Returns the value that has this place in the order.
    fn of_key(key: Self::Key) -> Self;
}

impl Sortable for f32 {
    type Key = u32;

    fn key(self) -> u32 {
        // Adding 0 makes a negative 0 positive: they are equal.
        let bits = (self + 0.0).to_bits();
        let key = bits ^ ((bits as i32 >> 31) as u32 | 1 << 31);
        if self.is_nan() { u32::MAX } else { key }
    }

    fn of_key(key: u32) -> Self {
        Self::from_bits(if key >> 31 == 1 { key & !(1 << 31) } else { !key })
    }
}

impl Sortable for f64 {
    type Key = u64;

    fn key(self) -> u64 {
        let bits = (self + 0.0).to_bits();
        let key = bits ^ ((bits as i64 >> 63) as u64 | 1 << 63);
        if self.is_nan() { u64::MAX } else { key }
    }

    fn of_key(key: u64) -> Self {
        Self::from_bits(if key >> 63 == 1 { key & !(1 << 63) } else { !key })
    }
}

/// The key of a value and the place it had before sorting.
#[derive(Clone, Copy, Debug)]
pub struct Placed<K> {
    /// The key.
    pub key: K,
    /// Its place before sorting.
    pub place: u32,
}

/// A piece whose last place is at most this far from its first is sorted by insertion.
const SMALL: usize = 15;

/// Returns the places of `values` in ascending order, as `numpy.argsort(values)` does.
///
/// Equal values come in the order that numpy 1.23's introsort leaves them in (its scalar path): median of three,
/// insertion sort for small pieces, heap sort when a piece is split too often.
pub fn argsort<T: Sortable>(values: &[T]) -> Vec<u32> {
    let mut items = placed(values);
    sort_where(&mut items, |_, _| true, |_, _| {});
    items.into_iter().map(|i| i.place).collect()
}

/// Pairs the key of every value with its place.
pub fn placed<T: Sortable>(values: &[T]) -> Vec<Placed<T::Key>> {
    values.iter().zip(0..).map(|(&value, place)| Placed { key: value.key(), place }).collect()
}

/// A piece still to sort: the places first..=last, how often it may still be split, and what bounds its values.
struct Piece<K> {
    first: usize,
    last: usize,
    splits_left: i32,
    lowest: Option<K>,
    highest: Option<K>,
}

/// Sorts those pieces of `items` that `wanted` asks for, by the bounds of their values (`None` is unbounded).
///
/// The pieces of a quicksort do not see each other, so leaving some out does not change the others. `settled` is
/// told every range of places that has its final values.
pub fn sort_where<K: Ord + Copy>(
    items: &mut [Placed<K>],
    wanted: impl Fn(Option<K>, Option<K>) -> bool,
    mut settled: impl FnMut(usize, usize),
) {
    if items.is_empty() {
        return;
    }
    let limit = 2 * items.len().ilog2() as i32;
    let mut stack =
        vec![Piece { first: 0, last: items.len() - 1, splits_left: limit, lowest: None, highest: None }];
    while let Some(mut piece) = stack.pop() {
        // Only a piece taken from the stack is looked at for its depth: the smaller half goes on unchecked.
        let mut alive = wanted(piece.lowest, piece.highest);
        if alive && piece.splits_left < 0 {
            heap_sort(&mut items[piece.first..=piece.last]);
            settled(piece.first, piece.last + 1);
            continue;
        }
        while alive && piece.last - piece.first > SMALL {
            let middle = partition(items, piece.first, piece.last);
            let pivot = Some(items[middle].key);
            piece.splits_left -= 1;
            if wanted(pivot, pivot) {
                settled(middle, middle + 1);
            }
            let left = Piece { last: middle - 1, highest: pivot, ..piece };
            let right = Piece { first: middle + 1, lowest: pivot, ..piece };
            let (smaller, larger) =
                if middle - piece.first < piece.last - middle { (left, right) } else { (right, left) };
            stack.push(larger);
            piece = smaller;
            alive = wanted(piece.lowest, piece.highest);
        }
        if alive {
            insertion_sort(&mut items[piece.first..=piece.last]);
            settled(piece.first, piece.last + 1);
        }
    }
}

/// Splits first..=last by the median of its first, middle and last value; returns the pivot's place.
fn partition<K: Ord + Copy>(items: &mut [Placed<K>], first: usize, last: usize) -> usize {
    let middle = first + (last - first) / 2;
    for (a, b) in [(middle, first), (last, middle), (middle, first)] {
        if items[a].key < items[b].key {
            items.swap(a, b);
        }
    }
    let pivot = items[middle].key;
    items.swap(middle, last - 1);
    let (mut up, mut down) = exchange_blocks(items, first, last - 1, pivot);
    loop {
        up += 1;
        while items[up].key < pivot {
            up += 1;
        }
        down -= 1;
        while pivot < items[down].key {
            down -= 1;
        }
        if up >= down {
            break;
        }
        items.swap(up, down);
    }
    items.swap(up, last - 1);
    up
}

/// Pixels looked at in one go by [`exchange_blocks`].
const BLOCK: usize = 64;

/// Does most of the exchanges of a partition, and returns where the two searches stand then.
///
/// The searches come from places `up` and `down`. They stop at the same values and exchange the same pairs as one step after
/// the other would, but the stops of a whole block are found without a branch (Edelkamp and Weiß 2016).
fn exchange_blocks<K: Ord + Copy>(
    items: &mut [Placed<K>],
    up: usize,
    down: usize,
    pivot: K,
) -> (usize, usize) {
    let (mut left, mut right) = (up + 1, down);
    let mut low = Stops::default();
    let mut high = Stops::default();
    while right >= left + 2 * BLOCK {
        if low.is_empty() {
            low.find(|at| pivot <= items[left + at].key);
        }
        if high.is_empty() {
            high.find(|at| items[right - 1 - at].key <= pivot);
        }
        for _ in 0..low.len().min(high.len()) {
            items.swap(left + low.take(), right - 1 - high.take());
        }
        left += if low.is_empty() { BLOCK } else { 0 };
        right -= if high.is_empty() { BLOCK } else { 0 };
    }
    (left - 1 + low.next().unwrap_or(0), right - high.next().unwrap_or(0))
}

/// The places within a block where a search stops, and how many of them are done.
struct Stops {
    places: [u8; BLOCK],
    done: usize,
    found: usize,
}

impl Default for Stops {
    fn default() -> Self {
        Self { places: [0; BLOCK], done: 0, found: 0 }
    }
}

impl Stops {
    fn len(&self) -> usize {
        self.found - self.done
    }

    fn is_empty(&self) -> bool {
        self.done == self.found
    }

    fn find(&mut self, stops: impl Fn(usize) -> bool) {
        (self.done, self.found) = (0, 0);
        for at in 0..BLOCK {
            self.places[self.found] = at as u8;
            self.found += usize::from(stops(at));
        }
    }

    fn take(&mut self) -> usize {
        let place = self.places[self.done];
        self.done += 1;
        usize::from(place)
    }

    fn next(&self) -> Option<usize> {
        (!self.is_empty()).then(|| usize::from(self.places[self.done]))
    }
}

fn insertion_sort<K: Ord + Copy>(items: &mut [Placed<K>]) {
    for i in 1..items.len() {
        let item = items[i];
        let mut j = i;
        while j > 0 && item.key < items[j - 1].key {
            items[j] = items[j - 1];
            j -= 1;
        }
        items[j] = item;
    }
}

fn heap_sort<K: Ord + Copy>(items: &mut [Placed<K>]) {
    let n = items.len();
    for root in (0..n / 2).rev() {
        let item = items[root];
        sift_down(items, root, n, item);
    }
    for end in (1..n).rev() {
        let item = items[end];
        items[end] = items[0];
        sift_down(items, 0, end, item);
    }
}

/// Lets `item` sink from `root` in the heap of the first `n` items.
fn sift_down<K: Ord + Copy>(items: &mut [Placed<K>], root: usize, n: usize, item: Placed<K>) {
    let mut at = root;
    loop {
        let mut child = 2 * at + 1;
        if child >= n {
            break;
        }
        if child + 1 < n && items[child].key < items[child + 1].key {
            child += 1;
        }
        if item.key >= items[child].key {
            break;
        }
        items[at] = items[child];
        at = child;
    }
    items[at] = item;
}
