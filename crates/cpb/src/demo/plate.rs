//! A small synthetic Cell Painting plate: cells that look like cells, the same ones each time.

use std::f64::consts::TAU;

/// The dyes, in the order of the tables.
pub const CHANNELS: [&str; 5] = ["DNA", "ER", "RNA", "AGP", "Mito"];

/// Rows and columns of an image.
pub const SIZE: usize = 520;

/// One site: an image for each dye, 16 bits, and how many cells were placed.
pub struct Site {
    /// The images, in the order of [`CHANNELS`]; SIZE × SIZE each.
    pub images: [Vec<u16>; 5],
    /// The number of cells.
    pub cells: usize,
}

/// Draws a site. `seed` decides all of it; `density` is the number of cells wanted.
pub fn site(seed: u64, density: usize) -> Site {
    let mut random = Random(seed);
    let cells = place_cells(&mut random, density);
    let mut light: [Vec<f64>; 5] = std::array::from_fn(|_| vec![0.0; SIZE * SIZE]);
    let grain = Grain::new(&mut random);
    for cell in &cells {
        cell.paint(&mut light, &grain);
    }
    let images = std::array::from_fn(|c| photograph(&mut random, &light[c], c));
    Site { images, cells: cells.len() }
}

/// What a cell is drawn from.
struct Cell {
    y: f64,
    x: f64,
    nucleus: Outline,
    body: Outline,
    /// How much of each dye it took up.
    uptake: [f64; 5],
    nucleoli: [(f64, f64); 3],
    golgi: (f64, f64),
}

/// A star-shaped outline: a radius that varies with the angle.
struct Outline {
    radius: f64,
    waves: [(f64, f64); 4],
}

impl Outline {
    fn new(random: &mut Random, radius: f64, wobble: f64) -> Self {
        let waves =
            std::array::from_fn(|k| (wobble / (k + 2) as f64 * random.normal(), TAU * random.uniform()));
        Self { radius, waves }
    }

    fn at(&self, angle: f64) -> f64 {
        let wave = |(k, (size, phase)): (usize, &(f64, f64))| size * ((k + 2) as f64 * angle + phase).cos();
        self.radius * (1.0 + self.waves.iter().enumerate().map(wave).sum::<f64>())
    }
}

fn place_cells(random: &mut Random, density: usize) -> Vec<Cell> {
    let mut cells: Vec<Cell> = Vec::new();
    for _ in 0..density * 30 {
        if cells.len() == density {
            break;
        }
        let (y, x) = (random.uniform() * SIZE as f64, random.uniform() * SIZE as f64);
        let radius = 14.0 + 1.8 * random.normal();
        let room = |c: &Cell| (c.y - y).hypot(c.x - x) > 1.5 * (c.nucleus.radius + radius);
        if !cells.iter().all(room) {
            continue;
        }
        let nucleus = Outline::new(random, radius, 0.12);
        let stretch = 2.1 + 0.6 * random.uniform();
        let body = Outline::new(random, radius * stretch, 0.24);
        let uptake = std::array::from_fn(|_| (0.22 * random.normal()).exp());
        let mut within = |reach: f64| {
            let (r, a) = (reach * random.uniform().sqrt(), TAU * random.uniform());
            (y + r * a.sin(), x + r * a.cos())
        };
        let nucleoli = std::array::from_fn(|_| within(0.55 * radius));
        let golgi = within(1.2 * radius);
        cells.push(Cell { y, x, nucleus, body, uptake, nucleoli, golgi });
    }
    cells
}

impl Cell {
    /// Adds the cell's light to each dye's image; touches only the pixels around it.
    fn paint(&self, light: &mut [Vec<f64>; 5], grain: &Grain) {
        let reach = 1.7 * self.body.radius;
        let span = |c: f64| (c - reach).max(0.0) as usize..((c + reach).max(0.0) as usize).min(SIZE - 1) + 1;
        for row in span(self.y) {
            for column in span(self.x) {
                let (dy, dx) = (row as f64 - self.y, column as f64 - self.x);
                let (distance, angle) = (dy.hypot(dx), dy.atan2(dx));
                let edge = self.body.at(angle);
                let body = soft(edge - distance, 1.6);
                if body < 1e-3 {
                    continue;
                }
                let nucleus = soft(self.nucleus.at(angle) - distance, 1.0);
                let (fine, coarse, fibres) = grain.at(row, column);
                let near = |&(y, x): &(f64, f64), size: f64| {
                    (-((row as f64 - y).powi(2) + (column as f64 - x).powi(2)) / (2.0 * size * size)).exp()
                };
                let nucleoli: f64 = self.nucleoli.iter().map(|n| near(n, 2.2)).sum();
                let rim = (-((distance - edge) / 2.2).powi(2)).exp();
                let cytoplasm = body * (1.0 - 0.8 * nucleus);
                let fall = (-distance / (0.9 * self.body.radius)).exp();
                let shares = [
                    nucleus * (1.0 + 0.25 * coarse) * (1.0 - 0.25 * nucleoli.min(1.0)),
                    cytoplasm * (0.45 + fall) * (1.0 + 0.3 * fine),
                    body * (0.45 + 0.45 * fall) * (1.0 + 0.15 * fine) + 0.9 * nucleus * nucleoli.min(1.2),
                    0.45 * cytoplasm * (1.0 + 0.3 * coarse)
                        + 0.8 * body * rim
                        + 0.9 * body * near(&self.golgi, 5.0),
                    cytoplasm * (0.3 + 1.2 * fall) * (0.35 + 1.3 * fibres),
                ];
                for (dye, share) in shares.into_iter().enumerate() {
                    light[dye][row * SIZE + column] += share * self.uptake[dye];
                }
            }
        }
    }
}

/// Returns 0 far outside, 1 far inside, and a soft step of `width` pixels between.
fn soft(inside: f64, width: f64) -> f64 {
    1.0 / (1.0 + (-inside / width * 2.0).exp())
}

/// Turns light into grey levels: uneven lighting, a dark level, noise.
fn photograph(random: &mut Random, light: &[f64], dye: usize) -> Vec<u16> {
    let (gain, dark) = ([36_000.0, 32_000.0, 38_000.0, 33_000.0, 34_000.0][dye], 1_400.0);
    let half = SIZE as f64 / 2.0;
    let (cy, cx) = (half * (0.9 + 0.04 * dye as f64), half * (1.12 - 0.05 * dye as f64));
    let mut level = |(i, &value): (usize, &f64)| {
        let (dy, dx) = ((i / SIZE) as f64 - cy, (i % SIZE) as f64 - cx);
        let lamp = 1.0 - 0.22 * (dy * dy + dx * dx) / (half * half);
        let photons = (gain * value + dark) * lamp;
        let noise = (photons * 1.8).sqrt() * 2.0 + 60.0;
        (photons + noise * random.normal()).clamp(0.0, 65_535.0).round() as u16
    };
    light.iter().enumerate().map(&mut level).collect()
}

/// Smooth noise of three kinds, around 0 (fine, coarse) or from 0 to 1 (fibres).
struct Grain {
    fine: Vec<f64>,
    coarse: Vec<f64>,
    bent: Vec<f64>,
}

impl Grain {
    fn new(random: &mut Random) -> Self {
        Self { fine: clouds(random, 3), coarse: clouds(random, 9), bent: clouds(random, 6) }
    }

    fn at(&self, y: usize, x: usize) -> (f64, f64, f64) {
        let i = y * SIZE + x;
        let fibres = (-(self.bent[i] / 0.28).powi(2)).exp();
        (self.fine[i], self.coarse[i], fibres)
    }
}

/// Returns noise that changes over about `step` pixels: random values on a grid, blended between (value noise).
fn clouds(random: &mut Random, step: usize) -> Vec<f64> {
    let side = SIZE / step + 2;
    let grid: Vec<f64> = (0..side * side).map(|_| random.normal()).collect();
    let blend = |t: f64| t * t * (3.0 - 2.0 * t);
    let mut noise = Vec::with_capacity(SIZE * SIZE);
    for row in 0..SIZE {
        let (y, v) = (row / step, blend((row % step) as f64 / step as f64));
        for column in 0..SIZE {
            let (x, u) = (column / step, blend((column % step) as f64 / step as f64));
            let corner = |dy: usize, dx: usize| grid[(y + dy) * side + x + dx];
            let top = corner(0, 0) * (1.0 - u) + corner(0, 1) * u;
            let bottom = corner(1, 0) * (1.0 - u) + corner(1, 1) * u;
            noise.push(top * (1.0 - v) + bottom * v);
        }
    }
    noise
}

/// A stream of random numbers (SplitMix64): small, and the same on every machine.
struct Random(u64);

impl Random {
    fn uniform(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((z ^ (z >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// A normal number, near enough: the sum of twelve uniform ones.
    fn normal(&mut self) -> f64 {
        (0..12).map(|_| self.uniform()).sum::<f64>() - 6.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_draws_the_same_site() {
        let (a, b, c) = (site(1, 5), site(1, 5), site(2, 5));
        assert!(a.images == b.images && a.images != c.images);
        assert_eq!(a.cells, 5);
    }
}
