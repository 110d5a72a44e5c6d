//! Where each object's pixels are: one pass over the label image, for every measurement after it.

use pixels::Plane;

/// A stretch of an object's pixels in one row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Run {
    /// The row.
    pub row: u32,
    /// The first column.
    pub start: u32,
    /// The column after the last.
    pub end: u32,
}

impl Run {
    /// Returns the number of pixels.
    pub fn len(&self) -> usize {
        (self.end - self.start) as usize
    }

    /// Returns whether there is no pixel.
    pub fn is_empty(&self) -> bool {
        self.start == self.end
    }

    /// Returns the columns.
    pub fn columns(&self) -> std::ops::Range<usize> {
        self.start as usize..self.end as usize
    }
}

/// The smallest upright rectangle around an object; bottom and right are exclusive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// First row.
    pub top: usize,
    /// First column.
    pub left: usize,
    /// Row after the last.
    pub bottom: usize,
    /// Column after the last.
    pub right: usize,
}

impl Bounds {
    /// Returns the number of rows.
    pub fn height(&self) -> usize {
        self.bottom - self.top
    }

    /// Returns the number of columns.
    pub fn width(&self) -> usize {
        self.right - self.left
    }
}

/// One object: its pixels as runs in raster order.
#[derive(Clone, Copy, Debug)]
pub struct Region<'a> {
    /// The runs, row by row, from left to right.
    pub runs: &'a [Run],
    /// Number of pixels, at least 1.
    pub area: usize,
    /// The rectangle around it.
    pub bounds: Bounds,
}

impl Region<'_> {
    /// Returns the object alone on its rectangle, with `margin` background pixels on every side.
    pub fn mask(&self, margin: usize) -> Plane<bool> {
        self.drawn(margin, true)
    }

    /// Returns the object's rectangle with `margin` pixels on every side: `value` in the object, else the default.
    pub fn drawn<T: Copy + Default>(&self, margin: usize, value: T) -> Plane<T> {
        let (height, width) = (self.bounds.height() + 2 * margin, self.bounds.width() + 2 * margin);
        let mut drawn = Plane::zeros(height, width);
        for run in self.runs {
            let row = drawn.row_mut(run.row as usize - self.bounds.top + margin);
            let from = run.start as usize - self.bounds.left + margin;
            row[from..from + run.len()].fill(value);
        }
        drawn
    }

    /// Visits the object's pixels (row, column) in raster order.
    pub fn pixels(&self) -> impl Iterator<Item = (usize, usize)> {
        self.runs.iter().flat_map(|r| r.columns().map(|x| (r.row as usize, x)))
    }
}

/// The pixels of all objects of a label image.
#[derive(Clone, Debug, PartialEq)]
pub struct Regions {
    runs: Vec<Run>,
    starts: Vec<u32>,
    areas: Vec<u32>,
    shape: (usize, usize),
}

impl Regions {
    /// Gathers the pixels of all objects of an H×W label image (0 is background).
    pub fn of(labels: &Plane<u32>) -> Self {
        Self::of_corner(labels, labels.height(), labels.width())
    }

    /// As [`Regions::of`], for the upper left `height`×`width` pixels only. Objects outside keep their number.
    ///
    /// # Panics
    /// When the label image is smaller.
    pub fn of_corner(labels: &Plane<u32>, height: usize, width: usize) -> Self {
        assert!(height <= labels.height() && width <= labels.width(), "a corner of the label image");
        let mut found = Vec::new();
        let mut count = 0;
        for y in 0..labels.height() {
            let row = labels.row(y);
            if y >= height || width < row.len() {
                let beyond = if y < height { &row[width..] } else { row };
                count = beyond.iter().fold(count, |c, &l| c.max(l));
            }
            if y < height {
                visit_runs(&row[..width], y as u32, |label, run| found.push((label, run)));
            }
        }
        let count = found.iter().fold(count, |c, f| c.max(f.0)) as usize;
        Self::sorted(found, count, (height, width))
    }

    /// Sorts runs in raster order by their label, keeping the order within each.
    fn sorted(found: Vec<(u32, Run)>, count: usize, shape: (usize, usize)) -> Self {
        let mut starts = vec![0u32; count + 1];
        let mut areas = vec![0u32; count];
        for (label, run) in &found {
            starts[*label as usize] += 1;
            areas[*label as usize - 1] += run.len() as u32;
        }
        for i in 1..=count {
            starts[i] += starts[i - 1];
        }
        let mut next: Vec<u32> = starts[..count].to_vec();
        let mut runs = vec![Run { row: 0, start: 0, end: 0 }; found.len()];
        for (label, run) in found {
            let at = &mut next[label as usize - 1];
            runs[*at as usize] = run;
            *at += 1;
        }
        Self { runs, starts, areas, shape }
    }

    /// Returns the number of objects: the greatest label.
    pub fn count(&self) -> usize {
        self.areas.len()
    }

    /// Returns (height, width) of the image.
    pub fn shape(&self) -> (usize, usize) {
        self.shape
    }

    /// Returns the number of pixels of all objects.
    pub fn total_area(&self) -> usize {
        self.areas.iter().map(|&a| a as usize).sum()
    }

    /// Returns the runs of the object with the given label, counted from 1, in raster order.
    pub fn runs(&self, label: usize) -> &[Run] {
        &self.runs[self.starts[label - 1] as usize..self.starts[label] as usize]
    }

    /// Returns the object with the given label, counted from 1; `None` when it has no pixel.
    pub fn get(&self, label: usize) -> Option<Region<'_>> {
        let runs = self.runs(label);
        let (first, last) = (runs.first()?, runs.last()?);
        let left = runs.iter().map(|r| r.start).min()? as usize;
        let right = runs.iter().map(|r| r.end).max()? as usize;
        let bounds = Bounds { top: first.row as usize, left, bottom: last.row as usize + 1, right };
        Some(Region { runs, area: self.areas[label - 1] as usize, bounds })
    }

    /// Visits the objects that have pixels, with their labels, in ascending order.
    pub fn iter(&self) -> impl Iterator<Item = (usize, Region<'_>)> {
        (1..=self.count()).filter_map(|label| Some((label, self.get(label)?)))
    }

    /// Returns the same objects with only those pixels where `keep` (row, column) holds.
    pub fn filtered(&self, keep: impl Fn(usize, usize) -> bool) -> Self {
        self.thinned(|_, run, part| {
            let mut start = run.start;
            for x in run.start..=run.end {
                if x == run.end || !keep(run.row as usize, x as usize) {
                    part(start, x);
                    start = x + 1;
                }
            }
        })
    }

    /// Returns the same objects with only those parts of each run (of a label, from, to) that `parts` hands on.
    fn thinned(&self, parts: impl Fn(u32, Run, &mut dyn FnMut(u32, u32))) -> Self {
        let mut runs = Vec::with_capacity(self.runs.len());
        let mut starts = vec![0];
        let mut areas = Vec::with_capacity(self.count());
        for label in 1..=self.count() {
            let mut area = 0;
            for &run in self.runs(label) {
                parts(label as u32, run, &mut |start, end| {
                    if start < end {
                        runs.push(Run { start, end, ..run });
                        area += end - start;
                    }
                });
            }
            areas.push(area);
            starts.push(runs.len() as u32);
        }
        Self { runs, starts, areas, shape: self.shape }
    }

    /// Returns the objects' pixels that have another label above, below, left or right of them.
    ///
    /// Beyond the image there is no other label, so an object cut by its border has no edge there
    /// (`skimage.segmentation.find_boundaries`, mode `inner`). `labels` is the image the objects were gathered from.
    pub fn inner_edges(&self, labels: &Plane<u32>) -> Self {
        self.edges::<false>(labels, self.shape.0)
    }

    /// As [`Regions::inner_edges`], of a volume whose planes of `plane_height` rows lie below each other: also where the
    /// label in the plane before or after is another.
    pub fn inner_edges_of_volume(&self, labels: &Plane<u32>, plane_height: usize) -> Self {
        self.edges::<true>(labels, plane_height)
    }

    fn edges<const VOLUME: bool>(&self, labels: &Plane<u32>, plane_height: usize) -> Self {
        let (height, width) = self.shape;
        self.thinned(|label, run, part| {
            let y = run.row as usize;
            let (top, below_plane) = (y - y % plane_height, y - y % plane_height + plane_height);
            let neighbour = |row: usize| &labels.row(row)[run.columns()];
            let above = neighbour(y.saturating_sub(1).max(top));
            let below = neighbour((y + 1).min(below_plane - 1));
            let before = neighbour(y.checked_sub(plane_height).unwrap_or(y));
            let after = neighbour(Some(y + plane_height).filter(|&row| row < height).unwrap_or(y));
            // Left and right of a run there is another label, if there is a pixel.
            let (first, last) = (run.start > 0, (run.end as usize) < width);
            let inner = |at: usize| {
                let flat = above[at] == label && below[at] == label;
                flat && (!VOLUME || (before[at] == label && after[at] == label))
            };
            let (from, to) = (usize::from(first).min(run.len()), run.len() - usize::from(last));
            let mut start = 0;
            let mut at = from;
            while at < to {
                if inner(at) {
                    part(run.start + start as u32, run.start + at as u32);
                    at += 1;
                    while at < to && inner(at) {
                        at += 1;
                    }
                    start = at;
                } else {
                    at += 1;
                }
            }
            part(run.start + start as u32, run.end);
        })
    }

    /// Gives each run of the objects, in raster order of the whole image, to `visit` with its label.
    pub fn visit_in_raster_order(&self, mut visit: impl FnMut(u32, Run)) {
        let mut all: Vec<(u32, Run)> = Vec::with_capacity(self.runs.len());
        for label in 1..=self.count() {
            let runs = self.runs(label);
            all.extend(runs.iter().map(|&r| (label as u32, r)));
        }
        all.sort_unstable_by_key(|(_, r)| (r.row, r.start));
        for (label, run) in all {
            visit(label, run);
        }
    }
}

/// Gives each stretch of one label of `row`, row number `y`, to `visit`; background is passed over.
pub(crate) fn visit_runs(row: &[u32], y: u32, mut visit: impl FnMut(u32, Run)) {
    let mut x = 0;
    loop {
        // Most of an image is background: eight pixels of it are passed at once.
        while row[x..].first_chunk::<8>().is_some_and(|c| c.iter().fold(0, |all, l| all | l) == 0) {
            x += 8;
        }
        let Some(&label) = row.get(x) else { break };
        let start = x;
        x += 1;
        while x < row.len() && row[x] == label {
            x += 1;
        }
        if label != 0 {
            visit(label, Run { row: y, start: start as u32, end: x as u32 });
        }
    }
}
