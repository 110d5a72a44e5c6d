//! Reconstruction of an image from its erosions by crosses, all of them at once.

use crate::introsort::Sortable;
use crate::rank_order::stable_order;
use pixels::Plane;

/// How many reconstructions are made together.
pub const LANES: usize = 16;

/// One value of each of [`LANES`] reconstructions.
pub type Lanes<T> = [T; LANES];

/// Stands for a pixel outside the mask: lower than every rank.
const MASKED: i32 = -1;

/// The reconstructions of an image by dilation under itself from its erosions: the first from one erosion by the cross
/// of a pixel and its four neighbours, the second from two …
///
/// All follow from one tree of the image's components: those of the pixels at or above a value lie within those at or
/// above a lower one. A component stays in a reconstruction if a pixel in it keeps the component's value when it is
/// eroded; what does not stay sinks to the nearest component around it that does. Equal pixels are told apart by their
/// place, so that each pixel is a component of its own, known by its rank.
pub struct Reconstructions<'a, T> {
    image: &'a Plane<T>,
    /// The pixels in ascending order.
    order: Vec<u32>,
    /// The place of each pixel in that order.
    ranks: Vec<i32>,
    /// The ranks, eroded as often as reconstructions were made.
    eroded: Plane<i32>,
    other: Plane<i32>,
    lanes: Vec<Lanes<T>>,
}

impl<'a, T: Sortable + Default> Reconstructions<'a, T> {
    /// Prepares the reconstructions of `image` (H×W, no negative value); pixels outside `mask` are 0 for the erosions.
    pub fn new(image: &'a Plane<T>, mask: Option<&Plane<bool>>) -> Self {
        let order = stable_order(image.data());
        let mut ranks = vec![0; image.len()];
        for (rank, &pixel) in (0..).zip(&order) {
            ranks[pixel as usize] = rank;
        }
        let mut eroded = Plane::from_vec(image.height(), image.width(), ranks.clone());
        if let Some(mask) = mask {
            let outside = eroded.data_mut().iter_mut().zip(mask.data()).filter(|(_, inside)| !**inside);
            outside.for_each(|(rank, _)| *rank = MASKED);
        }
        let other = eroded.clone();
        let lanes = vec![[T::default(); LANES]; image.len()];
        Self { image, order, ranks, eroded, other, lanes }
    }

    /// Makes the next `count` (at most [`LANES`]) reconstructions. Returns their values pixel by pixel, row by row;
    /// what is in the lanes after `count` means nothing.
    pub fn next(&mut self, count: usize) -> &[Lanes<T>] {
        // For each component, the number of the last erosion that leaves a pixel at its value.
        let mut kept = vec![0u8; self.image.len()];
        for erosion in 1..=count.min(LANES) as u8 {
            erode_by_cross(&self.eroded, &mut self.other);
            std::mem::swap(&mut self.eroded, &mut self.other);
            for &rank in self.eroded.data().iter().filter(|&&rank| rank != MASKED) {
                kept[self.order[rank as usize] as usize] = erosion;
            }
        }
        let parents = self.parents(&mut kept, count as u8);
        self.sink(&kept, &parents);
        &self.lanes
    }

    /// Joins the pixels, the highest first, into components (Najman and Couprie 2006). Returns the pixel of the next
    /// component around each pixel's own, itself where there is none or none is needed: a component that stays in all
    /// `count` reconstructions, and so does all around it. Raises `kept` to that of the components inside.
    fn parents(&self, kept: &mut [u8], count: u8) -> Vec<u32> {
        let (height, width) = self.image.shape();
        let mut parents: Vec<u32> = (0..self.image.len() as u32).collect();
        let mut roots = parents.clone();
        for &pixel in self.order.iter().rev() {
            let at = pixel as usize;
            let rank = self.ranks[at];
            let (y, x) = (at / width, at % width);
            let mut own = kept[at];
            let mut join = |neighbour: usize| {
                if self.ranks[neighbour] < rank {
                    return;
                }
                if kept[neighbour] >= count {
                    own = count;
                    return;
                }
                let root = find(&mut roots, neighbour as u32) as usize;
                own = own.max(kept[root]);
                if root != at && kept[root] < count {
                    roots[root] = pixel;
                    parents[root] = pixel;
                }
            };
            if y > 0 {
                join(at - width);
            }
            if x > 0 {
                join(at - 1);
            }
            if x + 1 < width {
                join(at + 1);
            }
            if y + 1 < height {
                join(at + width);
            }
            kept[at] = own;
        }
        parents
    }

    /// Lets every pixel sink to the value of the component around it that stays, in each reconstruction.
    fn sink(&mut self, kept: &[u8], parents: &[u32]) {
        for &pixel in &self.order {
            let at = pixel as usize;
            let (value, parent, kept) = (self.image.data()[at], parents[at], kept[at]);
            let below = if parent == pixel { [T::default(); LANES] } else { self.lanes[parent as usize] };
            let lanes = &mut self.lanes[at];
            for lane in 0..LANES {
                lanes[lane] = if (lane as u8) < kept { value } else { below[lane] };
            }
        }
    }
}

/// Returns the pixel that stands for the component of `pixel`, and makes the way there shorter.
fn find(roots: &mut [u32], mut pixel: u32) -> u32 {
    loop {
        let next = roots[pixel as usize];
        if next == pixel {
            return pixel;
        }
        let after = roots[next as usize];
        roots[pixel as usize] = after;
        pixel = after;
    }
}

/// Sets each pixel of `out` to the least of its own and its four neighbours' in `image`.
fn erode_by_cross(image: &Plane<i32>, out: &mut Plane<i32>) {
    let (height, width) = image.shape();
    for y in 0..height {
        let (row, to) = (image.row(y), out.row_mut(y));
        let (above, below) = (image.row(y.saturating_sub(1)), image.row((y + 1).min(height - 1)));
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
}
