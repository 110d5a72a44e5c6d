//! Images that show numbers as colours.

use algorithms::colormap::Colormap;
use cppipe::Settings;
use pixels::{Array, Image, Pixels, Plane, Shape};

/// What CellProfiler takes for "Default".
const DEFAULT: &str = "jet";

/// Returns the colour map that CellProfiler takes unless told otherwise.
pub fn default_colormap() -> Colormap {
    Colormap::named(DEFAULT).expect("the table of colour maps has the default one")
}

/// Reads the name of a colour map; a wrong one is a problem only if it is `used`.
pub fn read_colormap(settings: &mut Settings<'_>, label: &str, used: bool) -> Colormap {
    let name = settings.text(label);
    let known = if name == "Default" { None } else { Colormap::named(&name) };
    if known.is_none() && name != "Default" && used {
        let near = cppipe::nearest(&name, Colormap::names());
        settings.problem(label, format!("`{name}` is not the name of a colour map"), near);
    }
    known.unwrap_or_else(default_colormap)
}

/// Returns an image of the colours of `values` (H×W), from the least to the greatest; black where `shown`, which gets
/// a pixel's place in the plane, is false.
pub fn colored(colormap: &Colormap, values: &Plane<f64>, shown: impl Fn(usize) -> bool) -> Image {
    let colors = colormap.scaled(values.data()).enumerate();
    color_image(values.shape(), colors.map(|(at, color)| if shown(at) { color } else { [0.0; 3] }))
}

/// Returns an image of (height, width) pixels of the colours.
pub fn color_image((height, width): (usize, usize), colors: impl Iterator<Item = [f64; 3]>) -> Image {
    let shape = Shape { depth: 1, height, width, channels: 3 };
    let data = colors.flatten().map(|c| c as f32).collect();
    Image::new(Pixels::F32(Array::from_vec(shape, data)))
}
