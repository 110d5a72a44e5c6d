//! UnmixColors: tells the stains of a bright-field image apart.

use crate::{Declaration, Kind, Module, Need, RunError, Upstream, Workspace};
use algorithms::numpy::Real;
use algorithms::stains::inverse_absorbances;
use cppipe::{Problem, Settings};
use pixels::{Array, Pixels, Shape};

/// What the engine knows of this module.
pub const KIND: Kind = Kind {
    name: "UnmixColors",
    former_names: &[],
    newest_revision: 2,
    summary: "tells the stains of a bright-field image apart",
    read,
};

const COUNT: &str = "Stain count";
const INPUT: &str = "Select the input color image";
const OUTPUT: &str = "Name the output name";
const STAIN: &str = "Stain";

/// The stains CellProfiler knows, and what they absorb of red, green and blue.
const STAINS: [(&str, Option<[f64; 3]>); 18] = [
    ("Hematoxylin", Some([0.644, 0.717, 0.267])),
    ("Eosin", Some([0.093, 0.954, 0.283])),
    ("DAB", Some([0.268, 0.570, 0.776])),
    ("Fast red", Some([0.214, 0.851, 0.478])),
    ("Fast blue", Some([0.749, 0.606, 0.267])),
    ("Methyl blue", Some([0.799, 0.591, 0.105])),
    ("Methyl green", Some([0.980, 0.144, 0.133])),
    ("AEC", Some([0.274, 0.679, 0.680])),
    ("Aniline blue", Some([0.853, 0.509, 0.113])),
    ("Azocarmine", Some([0.071, 0.977, 0.198])),
    ("Alcian blue", Some([0.875, 0.458, 0.158])),
    ("PAS", Some([0.175, 0.972, 0.155])),
    ("Hematoxylin and PAS", Some([0.553, 0.754, 0.354])),
    ("Feulgen", Some([0.464, 0.830, 0.308])),
    ("Methylene blue", Some([0.553, 0.754, 0.354])),
    ("Orange-G", Some([0.107, 0.368, 0.923])),
    ("Ponceau-fuchsin", Some([0.100, 0.737, 0.668])),
    ("Custom", None),
];

#[derive(Debug, PartialEq)]
struct UnmixColors {
    input: String,
    /// Names of the images, and what their stains absorb.
    stains: Vec<(String, [f64; 3])>,
}

fn read(module: &cppipe::Module) -> Result<Box<dyn Module>, Vec<Problem>> {
    let mut settings = Settings::new(module);
    let count: usize = settings.number(COUNT);
    let input = settings.text(INPUT);
    let mut stains = Vec::new();
    for _ in 0..count.min(settings.left().div_ceil(5)) {
        let name = settings.text(OUTPUT);
        let known = settings.choice(STAIN, &STAINS);
        let custom = [(); 3].map(|()| settings.number_within(0.0..=1.0, 0.5));
        stains.push((name, known.unwrap_or(custom)));
    }
    Ok(Box::new(settings.finish(UnmixColors { input, stains })?))
}

impl Module for UnmixColors {
    fn declare(&self, _upstream: &Upstream) -> Declaration {
        Declaration {
            needs: vec![Need::image(&self.input, INPUT)],
            images: self.stains.iter().map(|(name, _)| name.clone()).collect(),
            ..Declaration::default()
        }
    }

    fn run(&self, workspace: &mut Workspace<'_>) -> Result<(), RunError> {
        let image = workspace.image(&self.input)?;
        let shape = image.shape();
        if image.volumetric {
            return Err(RunError::NotNative(format!("the volume `{}`", self.input)));
        }
        // A fourth channel, how opaque a pixel is, counts for nothing.
        if !matches!(shape.channels, 3 | 4) {
            let message =
                format!("image `{}` must be RGB, but it has {} channels", self.input, shape.channels);
            return Err(RunError::Refused(message));
        }
        let absorbances: Vec<[f64; 3]> = self.stains.iter().map(|(_, stain)| *stain).collect();
        let inverse = inverse_absorbances(&absorbances)
            .ok_or_else(|| RunError::Refused("the stains cannot be told apart by what they absorb".into()))?;
        let unmixed = match &image.pixels {
            Pixels::F32(array) => unmix(array, &inverse),
            other => unmix(&other.to_f64(), &inverse),
        };
        for ((name, _), pixels) in self.stains.iter().zip(unmixed) {
            let stain = workspace.derived_image(&image, Pixels::F32(pixels))?;
            workspace.add_image(name, stain);
        }
        Ok(())
    }
}

/// Returns how much there is of each stain: the logarithms in the type of the image, the rest in f64.
fn unmix<T: Real>(array: &Array<T>, inverse: &[[f64; 3]]) -> Vec<Array<f32>> {
    /// Half a step of a camera of 8 bits, so that black has a logarithm.
    const EPSILON: f64 = 1.0 / 256.0 / 2.0;
    let shape = array.shape();
    let mut unmixed = vec![Vec::with_capacity(shape.height * shape.width); inverse.len()];
    for pixel in array.data().chunks_exact(shape.channels) {
        let log = [0, 1, 2].map(|channel: usize| (pixel[channel] + T::of(EPSILON)).ln().to_f64());
        for (factors, out) in inverse.iter().zip(&mut unmixed) {
            let sum = log[0] * factors[0] + log[1] * factors[1] + log[2] * factors[2];
            let light = sum.exp() - EPSILON;
            let light = if light < 0.0 { 0.0 } else { light };
            out.push((1.0 - if light > 1.0 { 1.0 } else { light }) as f32);
        }
    }
    let grey = Shape { channels: 1, ..shape };
    unmixed.into_iter().map(|values| Array::from_vec(grey, values)).collect()
}
