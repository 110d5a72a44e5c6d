use serde::{Deserialize, Serialize};

/// A grid of spots, as DefineGrid lays over a plate or an array; positions in pixels.
///
/// The names are those of CellProfiler's grid. Tables are rows of equal length.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Grid {
    /// Number of rows of spots.
    pub rows: usize,
    /// Number of columns of spots.
    pub columns: usize,
    /// Distance of neighbouring columns.
    pub x_spacing: f64,
    /// Distance of neighbouring rows.
    pub y_spacing: f64,
    /// Where the leftmost column is.
    pub x_location_of_lowest_x_spot: i64,
    /// Where the topmost row is.
    pub y_location_of_lowest_y_spot: i64,
    /// Where each column is.
    pub x_locations: Vec<f64>,
    /// Where each row is.
    pub y_locations: Vec<f64>,
    /// Ends of the vertical lines between columns: 2 rows, `columns + 1` long.
    pub vert_lines_x: Vec<Vec<f64>>,
    /// Ends of the vertical lines between columns.
    pub vert_lines_y: Vec<Vec<i64>>,
    /// Ends of the horizontal lines between rows: 2 rows, `rows + 1` long.
    pub horiz_lines_x: Vec<Vec<i64>>,
    /// Ends of the horizontal lines between rows.
    pub horiz_lines_y: Vec<Vec<f64>>,
    /// Number of each spot: `rows` rows of `columns`.
    pub spot_table: Vec<Vec<u32>>,
    /// Height of all rows.
    pub total_height: i64,
    /// Width of all columns.
    pub total_width: i64,
    /// Whether spots are numbered from the left.
    pub left_to_right: bool,
    /// Whether spots are numbered from the top.
    pub top_to_bottom: bool,
    /// Width of the image, a fraction where no image gave it.
    pub image_width: serde_json::Number,
    /// Height of the image, a fraction where no image gave it.
    pub image_height: serde_json::Number,
}
