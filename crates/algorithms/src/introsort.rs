//! numpy's unstable argsort, with its order of equal values.

/// A value that numpy's sort can order: NaN comes after everything.
pub trait Sortable: Copy {
    /// Returns whether `self` comes before `other`.
    fn less(self, other: Self) -> bool;
}

impl Sortable for f32 {
    fn less(self, other: Self) -> bool {
        self < other || (other.is_nan() && !self.is_nan())
    }
}

impl Sortable for f64 {
    fn less(self, other: Self) -> bool {
        self < other || (other.is_nan() && !self.is_nan())
    }
}

/// A value and the place it had before sorting.
#[derive(Clone, Copy, Debug)]
pub struct Placed<T> {
    /// The value.
    pub value: T,
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

/// Pairs every value with its place.
pub fn placed<T: Sortable>(values: &[T]) -> Vec<Placed<T>> {
    values.iter().zip(0..).map(|(&value, place)| Placed { value, place }).collect()
}

/// A piece still to sort: the places first..=last, how often it may still be split, and what bounds its values.
struct Piece<T> {
    first: usize,
    last: usize,
    splits_left: i32,
    lowest: Option<T>,
    highest: Option<T>,
}

/// Sorts those pieces of `items` that `wanted` asks for, by the bounds of their values (`None` is unbounded).
///
/// The pieces of a quicksort do not see each other, so leaving some out does not change the others. `settled` is
/// told every range of places that has its final values.
pub fn sort_where<T: Sortable>(
    items: &mut [Placed<T>],
    wanted: impl Fn(Option<T>, Option<T>) -> bool,
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
            let pivot = Some(items[middle].value);
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
fn partition<T: Sortable>(items: &mut [Placed<T>], first: usize, last: usize) -> usize {
    let middle = first + (last - first) / 2;
    for (a, b) in [(middle, first), (last, middle), (middle, first)] {
        if items[a].value.less(items[b].value) {
            items.swap(a, b);
        }
    }
    let pivot = items[middle].value;
    items.swap(middle, last - 1);
    let (mut up, mut down) = (first, last - 1);
    loop {
        up += 1;
        while items[up].value.less(pivot) {
            up += 1;
        }
        down -= 1;
        while pivot.less(items[down].value) {
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

fn insertion_sort<T: Sortable>(items: &mut [Placed<T>]) {
    for i in 1..items.len() {
        let item = items[i];
        let mut j = i;
        while j > 0 && item.value.less(items[j - 1].value) {
            items[j] = items[j - 1];
            j -= 1;
        }
        items[j] = item;
    }
}

fn heap_sort<T: Sortable>(items: &mut [Placed<T>]) {
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
fn sift_down<T: Sortable>(items: &mut [Placed<T>], root: usize, n: usize, item: Placed<T>) {
    let mut at = root;
    loop {
        let mut child = 2 * at + 1;
        if child >= n {
            break;
        }
        if child + 1 < n && items[child].value.less(items[child + 1].value) {
            child += 1;
        }
        if !item.value.less(items[child].value) {
            break;
        }
        items[at] = items[child];
        at = child;
    }
    items[at] = item;
}
