//! Colour maps that are formulas.

use super::Color;
use std::f64::consts::PI;

/// The names of the maps.
pub const NAMES: [&str; 11] = [
    "afmhot",
    "cubehelix",
    "flag",
    "gist_gray",
    "gist_heat",
    "gist_yarg",
    "gnuplot",
    "gnuplot2",
    "ocean",
    "prism",
    "rainbow",
];

/// Returns the colour at `x` (0 to 1) of the map called `name`.
pub fn color(name: &str, x: f64) -> Option<Color> {
    let wave = |turns: f64, shift: f64| ((x * turns + shift) * PI).sin();
    let color = match name {
        "afmhot" => [2.0 * x, 2.0 * x - 0.5, 2.0 * x - 1.0],
        "cubehelix" => {
            let (amplitude, angle) = (x * (1.0 - x) / 2.0, 2.0 * PI * (0.5 / 3.0 - 1.5 * x));
            [(-0.14861, 1.78277), (-0.29227, -0.90649), (1.97294, 0.0)]
                .map(|(cos, sin)| x + amplitude * (cos * angle.cos() + sin * angle.sin()))
        }
        "flag" => [0.75 * wave(31.5, 0.25) + 0.5, wave(31.5, 0.0), 0.75 * wave(31.5, -0.25) + 0.5],
        "gist_gray" => [x; 3],
        "gist_heat" => [1.5 * x, 2.0 * x - 1.0, 4.0 * x - 3.0],
        "gist_yarg" => [1.0 - x; 3],
        "gnuplot" => [x.sqrt(), x.powi(3), (x * 2.0 * PI).sin()],
        "gnuplot2" => {
            let blue = match x {
                ..0.25 => 4.0 * x,
                ..0.92 => -2.0 * x + 1.84,
                _ => x / 0.08 - 11.5,
            };
            [x / 0.32 - 0.78125, 2.0 * x - 0.84, blue]
        }
        "ocean" => [3.0 * x - 2.0, ((3.0 * x - 1.0) / 2.0).abs(), x],
        "prism" => [0.75 * wave(20.9, 0.25) + 0.67, 0.75 * wave(20.9, -0.25) + 0.33, -1.1 * wave(20.9, 0.0)],
        "rainbow" => [(2.0 * x - 0.5).abs(), (x * PI).sin(), (x * PI / 2.0).cos()],
        _ => return None,
    };
    Some(color.map(|c: f64| c.clamp(0.0, 1.0)))
}
