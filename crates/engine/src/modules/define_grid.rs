//! DefineGrid: lays a grid of spots over a plate or an array, by two spots or by objects.

use crate::{Declaration, Grid, Kind, Module, Need, RunError, Upstream, Workspace};
use algorithms::centers::centers;
use cppipe::{Problem, Settings};
use measurements::{Column, IMAGE};
use serde_json::Number;
use std::sync::Arc;

/// What the engine knows of this module.
pub const KIND: Kind = Kind {
    name: "DefineGrid",
    former_names: &[],
    newest_revision: 1,
    summary: "lays a grid of spots over a plate or an array",
    read,
};

const OBJECTS: &str = "Select the previously identified objects";
const SHOWN: &str = "Select the image on which to display the grid";
const BLANK: &str = "Leave blank";

#[derive(Debug, PartialEq)]
struct DefineGrid {
    name: String,
    rows: usize,
    columns: usize,
    /// Whether spots count from the top, and from the left.
    origin: (bool, bool),
    /// Whether the numbers go along rows.
    by_columns: bool,
    spots: Spots,
    /// The image that has the size of the grid's.
    shown: String,
}

/// Where two spots are.
#[derive(Debug, PartialEq)]
enum Spots {
    /// The outermost of these objects are the outermost spots.
    Objects(String),
    Given([Spot; 2]),
}

/// A spot's place (x, y) and its row and column as the user counts them.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Spot {
    x: f64,
    y: f64,
    row: i64,
    column: i64,
}

fn read(module: &cppipe::Module) -> Result<Box<dyn Module>, Vec<Problem>> {
    let mut settings = Settings::new(module);
    let name = settings.text("Name the grid");
    let (rows, columns) = (settings.number_within(1.., 8), settings.number_within(1.., 12));
    let origins = [
        ("Top left", (true, true)),
        ("Bottom left", (false, true)),
        ("Top right", (true, false)),
        ("Bottom right", (false, false)),
    ];
    let origin = settings.choice("Location of the first spot", &origins);
    let by_columns = settings.choice("Order of the spots", &[("Rows", false), ("Columns", true)]);
    // The grid is found in every cycle, whatever is chosen.
    settings.choice("Define a grid for which cycle?", &[("Each cycle", ()), ("Once", ())]);
    let automatic =
        settings.choice("Select the method to define the grid", &[("Automatic", true), ("Manual", false)]);
    let objects = settings.text(OBJECTS);
    let mouse = settings
        .choice("Select the method to define the grid manually", &[("Mouse", true), ("Coordinates", false)]);
    settings.skip(1);
    let given = ["first", "second"].map(|which| read_spot(&mut settings, which));
    let wants_image = settings.yes("Retain an image of the grid?");
    settings.skip(1);
    let shown = settings.text(SHOWN);
    if !automatic && mouse {
        settings.not_native("Select the method to define the grid manually", "a grid drawn by mouse".into());
    }
    if wants_image {
        settings.not_native("Retain an image of the grid?", "a picture of the grid".into());
    }
    let spots = if automatic { Spots::Objects(objects) } else { Spots::Given(given) };
    Ok(Box::new(settings.finish(DefineGrid { name, rows, columns, origin, by_columns, spots, shown })?))
}

fn read_spot(settings: &mut Settings<'_>, which: &str) -> Spot {
    let (x, y): (i64, i64) = settings.range(&format!("Coordinates of the {which} cell"));
    let row = settings.number_within(1.., 1);
    let column = settings.number_within(1.., 1);
    Spot { x: x as f64, y: y as f64, row, column }
}

impl DefineGrid {
    fn feature(&self, what: &str) -> String {
        format!("DefinedGrid_{}_{what}", self.name)
    }
}

impl Module for DefineGrid {
    fn declare(&self, _upstream: &Upstream) -> Declaration {
        let whole = ["Rows", "Columns"].map(|what| Column::integer(IMAGE, self.feature(what)));
        let floats = ["XSpacing", "YSpacing", "XLocationOfLowestXSpot", "YLocationOfLowestYSpot"];
        let floats = floats.map(|what| Column::float(IMAGE, self.feature(what)));
        let mut needs = Vec::new();
        if let Spots::Objects(name) = &self.spots {
            needs.push(Need::objects(name, OBJECTS));
        }
        if self.shown != BLANK {
            needs.push(Need::image(&self.shown, SHOWN));
        }
        Declaration { needs, columns: whole.into_iter().chain(floats).collect(), ..Declaration::default() }
    }

    fn run(&self, workspace: &mut Workspace<'_>) -> Result<(), RunError> {
        let mut shape = None;
        if self.shown != BLANK {
            let of_image = workspace.image(&self.shown)?.shape();
            shape = Some((of_image.height, of_image.width));
        }
        let spots = match &self.spots {
            Spots::Given(spots) => *spots,
            Spots::Objects(name) => {
                let objects = workspace.objects(name)?;
                let labels = objects.segmented.as_plane().ok_or_else(|| {
                    RunError::Refused(format!("the objects `{name}` overlap, or are a volume"))
                })?;
                shape = Some(labels.shape());
                self.outermost(name, &centers(labels))?
            }
        };
        let grid = self.grid(spots, shape)?;
        let record = &mut workspace.record;
        record.image_integer(self.feature("Rows"), self.rows as i64);
        record.image_integer(self.feature("Columns"), self.columns as i64);
        record.image_float(self.feature("XSpacing"), grid.x_spacing);
        record.image_float(self.feature("YSpacing"), grid.y_spacing);
        record.image_integer(self.feature("XLocationOfLowestXSpot"), grid.x_location_of_lowest_x_spot);
        record.image_integer(self.feature("YLocationOfLowestYSpot"), grid.y_location_of_lowest_y_spot);
        workspace.grids.insert(self.name.clone(), Arc::new(grid));
        Ok(())
    }
}

impl DefineGrid {
    /// Returns the outermost spots of objects, with the rows and columns they must have.
    fn outermost(&self, name: &str, centers: &[algorithms::centers::Center]) -> Result<[Spot; 2], RunError> {
        if centers.len() < 2 || centers.iter().any(|c| c.x.is_nan()) {
            return Err(RunError::Refused(format!(
                "`{name}` has too few grid cells, or gaps in their numbers"
            )));
        }
        let extreme = |of: fn(&algorithms::centers::Center) -> f64, pick: fn(f64, f64) -> f64| {
            centers.iter().map(of).reduce(pick).unwrap_or(f64::NAN)
        };
        let ends = |n: usize, forward: bool| if forward { (1, n as i64) } else { (n as i64, 1) };
        let (row, last_row) = ends(self.rows, self.origin.0);
        let (column, last_column) = ends(self.columns, self.origin.1);
        Ok([
            Spot { x: extreme(|c| c.x, f64::min), y: extreme(|c| c.y, f64::min), row, column },
            Spot {
                x: extreme(|c| c.x, f64::max),
                y: extreme(|c| c.y, f64::max),
                row: last_row,
                column: last_column,
            },
        ])
    }

    /// Returns the grid that has two spots, for an image of (height, width) if that is known.
    fn grid(&self, spots: [Spot; 2], shape: Option<(usize, usize)>) -> Result<Grid, RunError> {
        let count = |n: usize, at: i64, forward: bool| if forward { at - 1 } else { n as i64 - at };
        let row = |s: &Spot| count(self.rows, s.row, self.origin.0) as f64;
        let column = |s: &Spot| count(self.columns, s.column, self.origin.1) as f64;
        let [first, second] = spots;
        if row(&first) == row(&second) || column(&first) == column(&second) {
            return Err(RunError::Refused("the two spots of a grid are in one row or column".into()));
        }
        let x_spacing = (first.x - second.x) / (column(&first) - column(&second));
        let y_spacing = (first.y - second.y) / (row(&first) - row(&second));
        let x = (first.x - column(&first) * x_spacing) as i64;
        let y = (first.y - row(&first) * y_spacing) as i64;
        let (rows, columns) = (self.rows, self.columns);
        let total_width = (x_spacing * columns as f64) as i64;
        let total_height = (y_spacing * rows as f64) as i64;
        let left = (x as f64 - x_spacing / 2.0) as i64;
        let top = (y as f64 - y_spacing / 2.0) as i64;
        let steps = |n: usize, spacing: f64, from: i64| -> Vec<f64> {
            (0..n).map(|i| (i as f64 * spacing + from as f64).trunc()).collect()
        };
        let (image_height, image_width) = match shape {
            Some((height, width)) => (Some(Number::from(height)), Some(Number::from(width))),
            None => (
                Number::from_f64((top * 2) as f64 + y_spacing * rows as f64),
                Number::from_f64((left * 2) as f64 + x_spacing * columns as f64),
            ),
        };
        let (Some(image_height), Some(image_width)) = (image_height, image_width) else {
            return Err(RunError::Refused("the size of the grid is not a number".into()));
        };
        Ok(Grid {
            rows,
            columns,
            x_spacing,
            y_spacing,
            x_location_of_lowest_x_spot: x,
            y_location_of_lowest_y_spot: y,
            x_locations: steps(columns, x_spacing, x),
            y_locations: steps(rows, y_spacing, y),
            vert_lines_x: vec![steps(columns + 1, x_spacing, left); 2],
            vert_lines_y: vec![vec![top; columns + 1], vec![top + total_height; columns + 1]],
            horiz_lines_x: vec![vec![left; rows + 1], vec![left + total_width; rows + 1]],
            horiz_lines_y: vec![steps(rows + 1, y_spacing, top); 2],
            spot_table: self.spot_table(),
            total_height,
            total_width,
            left_to_right: self.origin.1,
            top_to_bottom: self.origin.0,
            image_width,
            image_height,
        })
    }

    /// Returns the number of each spot, row by row from the top left.
    fn spot_table(&self) -> Vec<Vec<u32>> {
        let number = |row: usize, column: usize| {
            let row = if self.origin.0 { row } else { self.rows - 1 - row };
            let column = if self.origin.1 { column } else { self.columns - 1 - column };
            // "Columns" numbers along a row, from column to column.
            let place = if self.by_columns { row * self.columns + column } else { column * self.rows + row };
            place as u32 + 1
        };
        (0..self.rows).map(|row| (0..self.columns).map(|column| number(row, column)).collect()).collect()
    }
}
