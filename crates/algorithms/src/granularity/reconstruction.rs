//! Reconstruction of an image from its erosions by crosses, all of them at once.

use crate::introsort::Sortable;
use crate::rank_order::stable_order;
use multiversion::multiversion;
use pixels::{Array, Plane, Shape};

/// How many reconstructions are made together.
pub const LANES: usize = 16;

/// One value of each of [`LANES`] reconstructions.
pub type Lanes<T> = [T; LANES];

/// Stands for a pixel outside the mask or the image: lower than every rank.
const OUTSIDE: i32 = -1;

/// The reconstructions of an image by dilation under itself from its erosions: the first from one erosion by the cross
/// of a pixel and its four neighbours (in a volume its six), the second from two …
///
/// All follow from one tree of the image's components: those of the pixels at or above a value lie within those at or
/// above a lower one. A component stays in a reconstruction if a pixel in it keeps the component's value when it is
/// eroded; what does not stay sinks to the nearest component around it that does. Equal pixels are told apart by their
/// place, so that each pixel is a component of its own, known by its rank. What is looked up is held by rank: neighbours
/// have ranks that are near, so it is near as well.
pub struct Reconstructions<T> {
    shape: Shape,
    /// The values in ascending order.
    sorted: Vec<T>,
    /// The place of each of them in `ranks`.
    places: Vec<u32>,
    /// Which neighbours of each of them are higher: a bit for each of [`steps`].
    higher: Vec<u8>,
    /// The rank of each pixel, with a margin of [`OUTSIDE`] on every side, but for the first and last plane of a flat image.
    ranks: Vec<i32>,
    /// The ranks, eroded as often as reconstructions were made.
    eroded: Array<i32>,
    other: Array<i32>,
}

/// In place of a way to a component: it stays in every reconstruction.
const STAYS: u32 = u32::MAX;

/// Pixels that hang together, of those joined so far.
#[derive(Clone, Copy, Default)]
struct Component {
    /// The rank of its lowest pixel.
    lowest: u32,
    /// About how many pixels it has.
    size: u16,
    /// The number of the last erosion that leaves one of its pixels at its value.
    kept: u8,
}

/// What the pixel of a rank becomes in all reconstructions: its own value in the first ones, a common value in others.
#[derive(Clone, Copy)]
struct Node<T> {
    value: T,
    /// In how many the value stays.
    kept: u8,
    /// The place of the values there are in the others.
    below: u32,
}

impl<T: Sortable + Default> Reconstructions<T> {
    /// Prepares the reconstructions of `image` (Z×H×W, no negative value); pixels outside `mask`, in which its planes lie below
    /// each other, are 0 for the erosions.
    pub fn new(image: &Array<T>, mask: Option<&Plane<bool>>) -> Self {
        let shape = image.shape();
        let order = stable_order(image.data());
        let mut eroded = image.map(|_| 0);
        for (rank, &pixel) in (0..).zip(&order) {
            eroded.data_mut()[pixel as usize] = rank;
        }
        let (height, width) = (shape.height + 2, shape.width + 2);
        let mut ranks = vec![OUTSIDE; (shape.depth + 2 * margin(shape)) * height * width];
        for y in 0..shape.depth * shape.height {
            let start = start_of(shape, y);
            ranks[start..start + shape.width].copy_from_slice(eroded.rows().row(y));
        }
        let (mut places, mut higher) = (vec![0; order.len()], vec![0; order.len()]);
        let steps = steps(shape);
        let steps = if shape.depth == 1 { &steps[..4] } else { &steps };
        let mut of_row = vec![0; shape.width];
        for y in 0..shape.depth * shape.height {
            let start = start_of(shape, y);
            higher_neighbours(&ranks, start, steps, &mut of_row);
            for ((place, &rank), &bits) in (start as u32..).zip(eroded.rows().row(y)).zip(&of_row) {
                places[rank as usize] = place;
                higher[rank as usize] = bits;
            }
        }
        if let Some(mask) = mask {
            let outside = eroded.data_mut().iter_mut().zip(mask.data()).filter(|(_, inside)| !**inside);
            outside.for_each(|(rank, _)| *rank = OUTSIDE);
        }
        let sorted = order.iter().map(|&pixel| image.data()[pixel as usize]).collect();
        let other = eroded.clone();
        Self { shape, sorted, places, higher, ranks, eroded, other }
    }

    /// Makes the next `count` (at most [`LANES`]) reconstructions. Hands their values to `visit`, row by row with its
    /// number, the planes of a volume one after the other; what is in the lanes after `count` means nothing.
    pub fn next(&mut self, count: usize, mut visit: impl FnMut(usize, &[Lanes<T>])) {
        let count = count.min(LANES) as u8;
        // For each component, the number of the last erosion that leaves a pixel at its value.
        let mut kept = vec![0; self.sorted.len()];
        for erosion in 1..=count {
            erode_by_cross(&self.eroded, &mut self.other);
            std::mem::swap(&mut self.eroded, &mut self.other);
            for &rank in self.eroded.data() {
                if rank != OUTSIDE {
                    kept[rank as usize] = erosion;
                }
            }
        }
        let parents = self.join(&mut kept, count);
        let (nodes, commons) = self.sink(&kept, parents);
        let mut row = vec![[T::default(); LANES]; self.shape.width];
        for y in 0..self.shape.depth * self.shape.height {
            let start = start_of(self.shape, y);
            draw(&self.ranks[start..start + self.shape.width], &nodes, &commons, &mut row);
            visit(y, &row);
        }
    }

    /// Joins the pixels, the highest first, into components (Najman and Couprie 2006). Returns the next component around
    /// each pixel's own, itself where there is none or none is needed: a component that stays in all `count`
    /// reconstructions, and so does all around it. Raises `kept` to that of the components inside.
    fn join(&self, kept: &mut [u8], count: u8) -> Vec<u32> {
        let steps = steps(self.shape);
        let mut parents: Vec<u32> = (0..self.places.len() as u32).collect();
        // On the way to the pixel that stands for the component, which leads to itself.
        let mut roots = parents.clone();
        // Of the pixels that stand for one.
        let mut components = vec![Component::default(); roots.len()];
        for (rank, &place) in self.places.iter().enumerate().rev() {
            let mut own = kept[rank];
            let mut joined = None;
            let mut higher = self.higher[rank];
            while higher != 0 {
                let step = steps[higher.trailing_zeros() as usize];
                higher &= higher - 1;
                let neighbour = self.ranks[(place as usize).wrapping_add(step)];
                let root = find(&mut roots, neighbour as u32);
                if root == STAYS {
                    own = count;
                    continue;
                }
                if joined == Some(root) {
                    continue;
                }
                let component = components[root as usize];
                own = own.max(component.kept);
                parents[component.lowest as usize] = rank as u32;
                // The larger of two components takes in the other.
                joined = Some(match joined {
                    None => root,
                    Some(other) => {
                        let sizes = (components[other as usize].size, component.size);
                        let (from, to) = if sizes.0 < sizes.1 { (other, root) } else { (root, other) };
                        roots[from as usize] = to;
                        components[to as usize].size = sizes.0.saturating_add(sizes.1);
                        to
                    }
                });
            }
            let root = joined.unwrap_or(rank as u32);
            let component = &mut components[root as usize];
            *component = Component { lowest: rank as u32, size: component.size.saturating_add(1), kept: own };
            roots[rank] = root;
            if own >= count {
                roots[root as usize] = STAYS;
            }
            kept[rank] = own;
        }
        parents
    }

    /// Lets every pixel sink to the value of the component around it that stays, in each reconstruction; where none
    /// does, to 0. Returns what the pixel of each rank becomes, and the values in common.
    fn sink(&self, kept: &[u8], mut parents: Vec<u32>) -> (Vec<Node<T>>, Vec<Lanes<T>>) {
        let mut has_inside = vec![false; parents.len()];
        for rank in 0..parents.len() {
            let parent = parents[rank] as usize;
            // A component that stays no longer than one within it is passed over.
            let around = if kept[parent] == kept[rank] { parents[parent] } else { parents[rank] };
            parents[rank] = around;
            has_inside[around as usize] |= around as usize != rank;
        }
        let mut commons = vec![[T::default(); LANES]];
        let mut places = vec![0; parents.len()];
        let mut nodes: Vec<Node<T>> = Vec::with_capacity(parents.len());
        for (rank, &value) in self.sorted.iter().enumerate() {
            let parent = parents[rank] as usize;
            let below = if parent == rank { 0 } else { places[parent] };
            let node = Node { value, kept: kept[rank], below };
            if has_inside[rank] {
                places[rank] = commons.len() as u32;
                commons.push(node.lanes(&commons));
            }
            nodes.push(node);
        }
        (nodes, commons)
    }
}

/// The ways from a pixel to its neighbours, in an image with a margin; those to other planes come last.
fn steps(shape: Shape) -> [usize; 6] {
    let line = shape.width + 2;
    let plane = (shape.height + 2) * line;
    let backwards = |step: usize| step.wrapping_neg();
    [backwards(line), backwards(1), 1, line, backwards(plane), plane]
}

/// Finds which neighbours of the pixels of a row, from `start` on, are higher: a bit for each of `steps`.
#[multiversion(targets("x86_64+avx2"))]
fn higher_neighbours(ranks: &[i32], start: usize, steps: &[usize], of_row: &mut [u8]) {
    let own = &ranks[start..][..of_row.len()];
    of_row.fill(0);
    for (bit, &step) in steps.iter().enumerate() {
        let others = &ranks[start.wrapping_add(step)..][..own.len()];
        for ((bits, own), other) in of_row.iter_mut().zip(own).zip(others) {
            *bits |= u8::from(other > own) << bit;
        }
    }
}

/// Returns how many planes there are before and after an image with a margin.
fn margin(shape: Shape) -> usize {
    usize::from(shape.depth > 1)
}

/// Returns where row `y` of all planes of an image begins when it has a margin.
fn start_of(shape: Shape, y: usize) -> usize {
    let (z, y) = (y / shape.height, y % shape.height);
    ((z + margin(shape)) * (shape.height + 2) + y + 1) * (shape.width + 2) + 1
}

impl<T: Copy> Node<T> {
    #[inline(always)]
    fn lanes(self, commons: &[Lanes<T>]) -> Lanes<T> {
        let below = &commons[self.below as usize];
        std::array::from_fn(|lane| if (lane as u8) < self.kept { self.value } else { below[lane] })
    }
}

/// Returns the rank that stands for the component of `rank`, or [`STAYS`], and makes the way there shorter.
fn find(roots: &mut [u32], mut rank: u32) -> u32 {
    loop {
        let next = roots[rank as usize];
        if next == rank || next == STAYS {
            return next;
        }
        let after = roots[next as usize];
        if after == STAYS {
            return STAYS;
        }
        roots[rank as usize] = after;
        rank = after;
    }
}

/// Fills the lanes of a row of pixels.
#[multiversion(targets("x86_64+avx2"))]
fn draw<T: Copy>(ranks: &[i32], nodes: &[Node<T>], commons: &[Lanes<T>], row: &mut [Lanes<T>]) {
    for (lanes, &rank) in row.iter_mut().zip(ranks) {
        *lanes = nodes[rank as usize].lanes(commons);
    }
}

/// Sets each pixel of `out` to the least of its own and its four or six neighbours' in `image`.
fn erode_by_cross(image: &Array<i32>, out: &mut Array<i32>) {
    let (shape, rows) = (image.shape(), image.rows());
    let width = shape.width;
    for (y, to) in out.data_mut().chunks_exact_mut(width).enumerate() {
        let (top, bottom) = (y - y % shape.height, y - y % shape.height + shape.height);
        let (above, below) = (rows.row(y.saturating_sub(1).max(top)), rows.row((y + 1).min(bottom - 1)));
        erode_row(rows.row(y), above, below, to);
        let planes = [y.checked_sub(shape.height), Some(y + shape.height).filter(|&y| y < rows.height())];
        for row in planes.into_iter().flatten() {
            to.iter_mut().zip(rows.row(row)).for_each(|(to, &other)| *to = (*to).min(other));
        }
    }
}

#[multiversion(targets("x86_64+avx2"))]
fn erode_row(row: &[i32], above: &[i32], below: &[i32], to: &mut [i32]) {
    let width = row.len();
    for x in 0..width {
        to[x] = row[x].min(above[x]).min(below[x]);
    }
    for (to, &left) in to.iter_mut().skip(1).zip(row) {
        *to = (*to).min(left);
    }
    for (to, &right) in to.iter_mut().zip(&row[1.min(width)..]) {
        *to = (*to).min(right);
    }
}
