//! Tile: puts images side by side, of one image set or of a whole group.

use crate::{Declaration, Group, Kind, Memory, Module, Need, RunError, Scope, Upstream, Workspace};
use cppipe::{Problem, Settings};
use pixels::{Array, Image, Pixels, Shape};

/// What the engine knows of this module.
pub const KIND: Kind = Kind {
    name: "Tile",
    former_names: &[],
    newest_revision: 1,
    summary: "puts images side by side, of one image set or of a whole group",
    read,
};

const INPUT: &str = "Select an input image";
const OUTPUT: &str = "Name the output image";
const METHOD: &str = "Tile assembly method";
const ROWS: &str = "Final number of rows";
const COLUMNS: &str = "Final number of columns";
const FIRST: &str = "Image corner to begin tiling";
const STYLE: &str = "Direction to begin tiling";
const MEANDER: &str = "Use meander mode?";
const AUTOMATIC_ROWS: &str = "Automatically calculate number of rows?";
const AUTOMATIC_COLUMNS: &str = "Automatically calculate number of columns?";
const ADDITIONAL: &str = "Select an additional image to tile";

#[derive(Debug, PartialEq)]
struct Tile {
    images: Vec<String>,
    output: String,
    across: bool,
    grid: Grid,
}

/// Where tiles go.
#[derive(Debug, PartialEq)]
struct Grid {
    /// `None` is as many as are needed.
    rows: Option<usize>,
    columns: Option<usize>,
    from_bottom: bool,
    from_right: bool,
    by_rows: bool,
    meander: bool,
}

/// What is remembered of a group.
#[derive(Default)]
struct Tiled {
    /// How many image sets the group has.
    count: usize,
    /// How many have come.
    placed: usize,
    pixels: Option<Array<f32>>,
}

fn read(module: &cppipe::Module) -> Result<Box<dyn Module>, Vec<Problem>> {
    let mut settings = Settings::new(module);
    let mut images = vec![settings.text(INPUT)];
    let output = settings.text(OUTPUT);
    let across = settings.choice(METHOD, &[("Within cycles", false), ("Across cycles", true)]);
    let (rows, columns) = (settings.number(ROWS), settings.number(COLUMNS));
    let corners = [
        ("top left", (false, false)),
        ("bottom left", (true, false)),
        ("top right", (false, true)),
        ("bottom right", (true, true)),
    ];
    let (from_bottom, from_right) = settings.choice(FIRST, &corners);
    let by_rows = settings.choice(STYLE, &[("row", true), ("column", false)]);
    let meander = settings.yes(MEANDER);
    let automatic_rows = settings.yes(AUTOMATIC_ROWS);
    let automatic_columns = settings.yes(AUTOMATIC_COLUMNS);
    while settings.left() > 0 {
        images.push(settings.text(ADDITIONAL));
    }
    if across {
        images.truncate(1);
    }
    let (rows, columns) = ((!automatic_rows).then_some(rows), (!automatic_columns).then_some(columns));
    for (count, label) in [(rows, ROWS), (columns, COLUMNS)] {
        if count == Some(0) {
            settings.problem(label, "there must be one at least".into(), None);
        }
    }
    let grid = Grid { rows, columns, from_bottom, from_right, by_rows, meander };
    Ok(Box::new(settings.finish(Tile { images, output, across, grid })?))
}

impl Module for Tile {
    fn declare(&self, _upstream: &Upstream) -> Declaration {
        Declaration {
            needs: self.images.iter().map(|name| Need::image(name, INPUT)).collect(),
            images: vec![self.output.clone()],
            scope: if self.across { Scope::Group } else { Scope::ImageSet },
            ..Declaration::default()
        }
    }

    fn start_group(&self, group: &Group<'_>) -> Result<Memory, RunError> {
        let length = group.image_sets.first().map_or(0, |set| set.group_length);
        let count = length.max(group.image_sets.len());
        Ok(Memory::new(Tiled { count, ..Tiled::default() }))
    }

    fn run(&self, workspace: &mut Workspace<'_>) -> Result<(), RunError> {
        let pixels = if self.across { self.tile(workspace)? } else { self.place_adjacent(workspace)? };
        workspace.add_image(&self.output, Image::new(Pixels::F32(pixels)));
        Ok(())
    }

    fn end_group(&self, workspace: &mut Workspace<'_>) -> Result<(), RunError> {
        // An image set that ended early has not come by this module.
        if self.across && !workspace.image_names().contains(&self.output) {
            let tiled: &mut Tiled = workspace.memory.get();
            if let Some(pixels) = tiled.pixels.clone() {
                workspace.add_image(&self.output, Image::new(Pixels::F32(pixels)));
            }
        }
        Ok(())
    }
}

impl Tile {
    /// Puts this image set's image beside those of the image sets before it.
    fn tile(&self, workspace: &mut Workspace<'_>) -> Result<Array<f32>, RunError> {
        let image = workspace.image(&self.images[0])?;
        let tile = flat(&image, &self.images[0])?;
        let tiled: &mut Tiled = workspace.memory.get();
        let (rows, columns) = self.grid.size(tiled.count);
        let shape = tile.shape();
        let whole = Shape { height: shape.height * rows, width: shape.width * columns, ..shape };
        let pixels = tiled.pixels.get_or_insert_with(|| Array::from_vec(whole, vec![0.0; whole.len()]));
        self.grid.put(&tile, pixels, tiled.placed, (rows, columns))?;
        tiled.placed += 1;
        Ok(pixels.clone())
    }

    /// Puts the images of this image set side by side.
    fn place_adjacent(&self, workspace: &Workspace<'_>) -> Result<Array<f32>, RunError> {
        let (rows, columns) = self.grid.size(self.images.len());
        let mut tiles = Vec::new();
        for name in &self.images {
            tiles.push(flat(&*workspace.image(name)?, name)?);
        }
        let shapes = || tiles.iter().map(Array::shape);
        let height = rows * shapes().map(|s| s.height).max().unwrap_or(0);
        let width = columns * shapes().map(|s| s.width).max().unwrap_or(0);
        let channels = if shapes().any(|s| s.channels > 1) { 3 } else { 1 };
        let whole = Shape { depth: 1, height, width, channels };
        let mut pixels = Array::from_vec(whole, vec![0.0; whole.len()]);
        for (index, tile) in tiles.iter().enumerate() {
            self.grid.put(tile, &mut pixels, index, (rows, columns))?;
        }
        Ok(pixels)
    }
}

fn flat(image: &Image, name: &str) -> Result<Array<f32>, RunError> {
    if image.volumetric {
        return Err(RunError::NotNative(format!("tiling the volume `{name}`")));
    }
    Ok(image.pixels.to_f32().into_owned())
}

impl Grid {
    /// Returns the numbers of rows and columns for `count` tiles.
    fn size(&self, count: usize) -> (usize, usize) {
        match (self.rows, self.columns) {
            (Some(rows), Some(columns)) => (rows, columns),
            (Some(rows), None) => (rows, count.div_ceil(rows)),
            (None, Some(columns)) => (count.div_ceil(columns), columns),
            (None, None) => {
                let rows = count.isqrt().max(1);
                (rows, count.div_ceil(rows))
            }
        }
    }

    /// Returns row and column of the tile at `index`.
    fn place(&self, index: usize, (rows, columns): (usize, usize)) -> Result<(usize, usize), RunError> {
        let outside = || {
            RunError::Refused(format!(
                "tile {} falls outside of a grid of {rows} rows and {columns} columns",
                index + 1
            ))
        };
        if index >= rows * columns {
            return Err(outside());
        }
        let (mut row, mut column) =
            if self.by_rows { (index / columns, index % columns) } else { (index % rows, index / rows) };
        if self.meander && self.by_rows && row % 2 == 1 {
            column = columns - column - 1;
        }
        if self.meander && !self.by_rows && column % 2 == 1 {
            row = rows - row - 1;
        }
        if self.from_bottom {
            row = rows - row - 1;
        }
        if self.from_right {
            column = columns - column - 1;
        }
        Ok((row, column))
    }

    /// Copies a tile to its place, cut to the tiles' size; a grey one goes to every channel.
    fn put(
        &self,
        tile: &Array<f32>,
        pixels: &mut Array<f32>,
        index: usize,
        (rows, columns): (usize, usize),
    ) -> Result<(), RunError> {
        let (row, column) = self.place(index, (rows, columns))?;
        let (of, whole) = (tile.shape(), pixels.shape());
        if of.channels != 1 && of.channels != whole.channels {
            return Err(RunError::Refused(format!(
                "a tile of {} channels does not go into an image of {}",
                of.channels, whole.channels
            )));
        }
        let (tile_height, tile_width) = (whole.height / rows, whole.width / columns);
        let (height, width) = (tile_height.min(of.height), tile_width.min(of.width));
        for y in 0..height {
            let from = &tile.data()[y * of.width * of.channels..][..width * of.channels];
            let start = ((row * tile_height + y) * whole.width + column * tile_width) * whole.channels;
            let to = &mut pixels.data_mut()[start..][..width * whole.channels];
            if of.channels == whole.channels {
                to.copy_from_slice(from);
            } else {
                to.chunks_exact_mut(whole.channels).zip(from).for_each(|(pixel, &v)| pixel.fill(v));
            }
        }
        Ok(())
    }
}
