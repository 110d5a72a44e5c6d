//! The spots of a grid as labels: rectangles, circles, or parts of the objects that guide them.

use crate::{Grid, RunError};
use algorithms::centers::centers;
use algorithms::numpy;
use pixels::Plane;

/// A grid laid over an image.
pub(super) struct Spots<'a> {
    grid: &'a Grid,
    guides: Option<&'a Plane<u32>>,
    rectangles: Plane<u32>,
}

/// Where each spot is, by its number from 1: row and column; NaN is nowhere.
pub(super) type Places = Vec<(f64, f64)>;

fn refused<T>(why: &str) -> Result<T, RunError> {
    Err(RunError::Refused(why.into()))
}

impl<'a> Spots<'a> {
    /// Lays the grid.
    ///
    /// # Errors
    /// When the image that the grid assumes has no whole size.
    pub(super) fn new(grid: &'a Grid, guides: Option<&'a Plane<u32>>) -> Result<Self, RunError> {
        let size = |n: &serde_json::Number| n.as_f64().filter(|n| n.fract() == 0.0 && *n >= 0.0);
        let (Some(height), Some(width)) = (size(&grid.image_height), size(&grid.image_width)) else {
            return refused("the grid's image has no whole size");
        };
        let top = (grid.y_location_of_lowest_y_spot as f64 - grid.y_spacing / 2.0).trunc();
        let left = (grid.x_location_of_lowest_x_spot as f64 - grid.x_spacing / 2.0).trunc();
        let cells = |n: f64, from: f64, spacing: f64, count: usize| -> Vec<Option<usize>> {
            let cell = |i: usize| ((i as f64 - from) / spacing).floor();
            let inside = |c: &f64| *c >= 0.0 && *c < count as f64;
            (0..n as usize).map(|i| Some(cell(i)).filter(inside).map(|c| c as usize)).collect()
        };
        let rows = cells(height, top, grid.y_spacing, grid.spot_table.len());
        let columns = cells(width, left, grid.x_spacing, grid.spot_table.first().map_or(0, Vec::len));
        let number = |row: Option<usize>, column: Option<usize>| match (row, column) {
            (Some(row), Some(column)) => grid.spot_table[row][column],
            _ => 0,
        };
        let data = rows.iter().flat_map(|&row| columns.iter().map(move |&column| number(row, column)));
        let rectangles = Plane::from_vec(rows.len(), columns.len(), data.collect());
        Ok(Self { grid, guides, rectangles })
    }

    pub(super) fn rectangles(&self) -> &Plane<u32> {
        &self.rectangles
    }

    /// Returns the places of the grid itself.
    pub(super) fn places(&self) -> Places {
        let mut places = vec![(0.0, 0.0); self.count() + 1];
        for (row, numbers) in self.grid.spot_table.iter().enumerate() {
            for (column, &number) in numbers.iter().enumerate() {
                places[number as usize] = (self.grid.y_locations[row], self.grid.x_locations[column]);
            }
        }
        places
    }

    fn count(&self) -> usize {
        self.grid.spot_table.iter().flatten().copied().max().unwrap_or(0) as usize
    }

    /// Returns the centres of the guiding objects in each rectangle.
    pub(super) fn places_of_objects(&self) -> Result<Places, RunError> {
        let guides = self.filtered()?;
        let (height, width) = self.rectangles.shape();
        let mut found = self.rectangles.clone();
        for y in 0..height {
            for x in 0..width {
                if guides[(y, x)] == 0 {
                    found[(y, x)] = 0;
                }
            }
        }
        let mut places = vec![(0.0, 0.0)];
        places.extend(centers(&found).into_iter().map(|c| (c.y, c.x)));
        places.resize(places.len().max(self.count() + 1), (f64::NAN, f64::NAN));
        Ok(places)
    }

    /// Returns circles at the places, each within its rectangle.
    pub(super) fn circles(&self, places: &Places, diameter: Option<f64>) -> Result<Plane<u32>, RunError> {
        let radius = match diameter {
            Some(diameter) => diameter / 2.0,
            None => self.radius()?,
        };
        let mut labels = self.fitted();
        let most = (radius + 0.5) * (radius + 0.5);
        for y in 0..labels.height() {
            for (x, label) in labels.row_mut(y).iter_mut().enumerate() {
                let (cy, cx) = places[*label as usize];
                let (dy, dx) = (y as f64 - cy, x as f64 - cx);
                let inside = dy * dy + dx * dx <= most;
                if !inside {
                    *label = 0;
                }
            }
        }
        Ok(labels)
    }

    /// Returns the rectangles where their guiding objects are.
    pub(super) fn objects(&self) -> Result<Plane<u32>, RunError> {
        let guides = self.filtered()?;
        let labels = self.fitted();
        if labels.shape() != guides.shape() {
            return refused("the guiding objects' image is smaller than the grid's");
        }
        Ok(labels.zip(&guides, |&label, &guide| if guide == 0 { 0 } else { label }))
    }

    /// Returns the rectangles on an image as large as that of the guiding objects.
    fn fitted(&self) -> Plane<u32> {
        let (height, width) = self.rectangles.shape();
        let Some((tall, wide)) = self.guides.map(Plane::shape) else { return self.rectangles.clone() };
        let mut fitted = Plane::zeros(height.max(tall), width.max(wide));
        for y in 0..height {
            fitted.row_mut(y)[..width].copy_from_slice(self.rectangles.row(y));
        }
        fitted
    }

    /// Returns the radius of a circle of the guiding objects' median area.
    fn radius(&self) -> Result<f64, RunError> {
        let guides = self.filtered()?;
        let most = guides.data().iter().copied().max().unwrap_or(0) as usize;
        let mut areas = vec![0.0; most + 1];
        guides.data().iter().for_each(|&label| areas[label as usize] += 1.0);
        areas[0] = 0.0;
        areas.retain(|&area| area != 0.0);
        if areas.is_empty() {
            return refused("no guiding object is in the grid");
        }
        Ok((numpy::median(&areas) / std::f64::consts::PI).sqrt().max(1.0))
    }

    /// Returns the guiding objects without what lies in another rectangle than their centre, or whose centre is near a
    /// rectangle's edge.
    fn filtered(&self) -> Result<Plane<u32>, RunError> {
        let Some(guides) = self.guides else { return refused("no objects guide the grid") };
        let (height, width) = self.rectangles.shape();
        if guides.height() < height || guides.width() < width {
            return refused("the guiding objects' image is smaller than the grid's");
        }
        let border = |spacing: f64| (spacing / 10.0).ceil();
        let (down, right) = (border(self.grid.y_spacing), border(self.grid.x_spacing));
        if down < 1.0 || right < 1.0 {
            return Err(RunError::NotNative("a grid that runs backwards".into()));
        }
        let inner = without_edges(&self.rectangles, down as usize, right as usize);
        let mut spot_of = vec![0];
        spot_of.extend(centers(guides).into_iter().map(|c| {
            let inside = c.y < height as f64 && c.x < width as f64;
            let at = (c.y.round_ties_even(), c.x.round_ties_even());
            // A centre that rounds to beyond the grid is an error in CellProfiler; none is so near to its end.
            let last = |v: f64, n: usize| (v as usize).min(n - 1);
            if inside { inner[(last(at.0, height), last(at.1, width))] } else { 0 }
        }));
        let mut filtered = guides.clone();
        for y in 0..guides.height() {
            for (x, label) in filtered.row_mut(y).iter_mut().enumerate() {
                let spot = spot_of[*label as usize];
                let elsewhere = y < height && x < width && self.rectangles[(y, x)] != spot;
                if spot == 0 || elsewhere {
                    *label = 0;
                }
            }
        }
        Ok(filtered)
    }
}

/// Returns labels without the pixels that differ from those so many rows or columns away.
fn without_edges(labels: &Plane<u32>, down: usize, right: usize) -> Plane<u32> {
    let (height, width) = labels.shape();
    let mut inner = labels.clone();
    for y in down..height {
        for x in 0..width {
            if labels[(y, x)] != labels[(y - down, x)] {
                inner[(y, x)] = 0;
                inner[(y - down, x)] = 0;
            }
        }
    }
    for y in 0..height {
        for x in right..width {
            if labels[(y, x)] != labels[(y, x - right)] {
                inner[(y, x)] = 0;
                inner[(y, x - right)] = 0;
            }
        }
    }
    inner
}
