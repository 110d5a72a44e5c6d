use algorithms::rgb_to_grey::rgb_to_grey_f32;
use pixels::{Array, Pixels, Shape};

/// Makes grey of colours, as scikit-image 0.18's `rgb2gray` on f32: weights of f32, summed in order, each sum rounded.
pub(super) fn from_colours(pixels: &Pixels) -> Pixels {
    let array = pixels.to_f32();
    let shape = array.shape();
    let channels = shape.channels;
    let rgb =
        array.data().chunks_exact(channels).flat_map(|p| [p[0], p[1], p.get(2).copied().unwrap_or(0.0)]);
    let grey = rgb_to_grey_f32(&rgb.collect::<Vec<_>>());
    Pixels::F32(Array::from_vec(Shape { channels: 1, ..shape }, grey))
}

/// Makes colour of grey: three equal channels, of the same type.
pub(super) fn tripled(pixels: &Pixels) -> Pixels {
    match pixels {
        Pixels::Bool(array) => Pixels::Bool(three_of(array)),
        other => Pixels::F32(three_of(&other.to_f32())),
    }
}

fn three_of<T: Copy>(array: &Array<T>) -> Array<T> {
    let shape = Shape { channels: 3, ..array.shape() };
    let data: Vec<[T; 3]> = array.data().iter().map(|&v| [v; 3]).collect();
    Array::from_vec(shape, data.into_flattened())
}
