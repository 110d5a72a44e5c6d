//! The workspace file of CellProfiler Analyst: the plots that it opens.

use super::schema::Schema;
use measurements::IMAGE;

/// The version number of CellProfiler as the file has it.
const VERSION: &str = "4281";

/// A plot of CellProfiler Analyst.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Plot {
    pub(super) tool: Tool,
    pub(super) x: Axis,
    pub(super) y: Axis,
}

/// What shows a plot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tool {
    Scatter,
    Histogram,
    Density,
    PlateViewer,
    BoxPlot,
}

impl Tool {
    fn name(self) -> &'static str {
        match self {
            Self::Scatter => "Scatter",
            Self::Histogram => "Histogram",
            Self::Density => "Density",
            Self::PlateViewer => "PlateViewer",
            Self::BoxPlot => "BoxPlot",
        }
    }

    fn has_two_axes(self) -> bool {
        matches!(self, Self::Scatter | Self::Density)
    }
}

/// What is plotted along an axis.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Axis {
    /// A measurement of images.
    Image(String),
    /// A measurement of objects: whose and which.
    Object(String, String),
    /// `ImageNumber` or `Group_Index`.
    Index(String),
}

impl Axis {
    fn measurement(&self) -> String {
        match self {
            Self::Image(feature) => format!("{IMAGE}_{feature}"),
            Self::Object(object, feature) => format!("{object}_{feature}"),
            Self::Index(index) => index.clone(),
        }
    }

    fn table(&self, schema: &Schema<'_>) -> String {
        schema.table(if matches!(self, Self::Object(..)) { "Object" } else { IMAGE })
    }
}

/// Returns the file's text.
pub(super) fn text(plots: &[Plot], schema: &Schema<'_>) -> String {
    let mut text = format!("CellProfiler Analyst workflow\nversion: 1\nCP version : {VERSION}\n");
    for Plot { tool, x, y } in plots {
        let axis = if *tool == Tool::PlateViewer { "measurement" } else { "x-axis" };
        let table = if tool.has_two_axes() { "x-table" } else { "table" };
        text.push_str(&format!(
            "\n{}\n\t{axis}: {}\n\t{table}: {}",
            tool.name(),
            x.measurement(),
            x.table(schema)
        ));
        if tool.has_two_axes() {
            text.push_str(&format!("\n\ty-axis: {}\n\ty-table: {}", y.measurement(), y.table(schema)));
        }
        text.push('\n');
    }
    text
}
