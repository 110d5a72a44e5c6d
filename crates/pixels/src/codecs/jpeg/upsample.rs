use super::frame::{Component, Frame};
use super::{Color, Jpeg};

/// Joins the components, each brought to the size of the image, into pixels.
pub(super) fn join(frame: &Frame, planes: &[Vec<u8>], color: Color) -> Jpeg {
    let (width, height, channels) = (frame.width, frame.height, frame.components.len());
    let mut data = Vec::with_capacity(width * height * channels);
    let mut rows: Vec<Vec<u8>> = vec![vec![0; 8 * frame.max_h * width.div_ceil(8 * frame.max_h)]; channels];
    let convert = Conversion::new();
    for y in 0..height {
        for ((row, component), plane) in rows.iter_mut().zip(&frame.components).zip(planes) {
            upsampled_row(frame, component, plane, y, row);
        }
        match (rows.as_slice(), color) {
            ([grey], _) => data.extend_from_slice(&grey[..width]),
            ([luma, blue, red], Color::YCbCr) => {
                for ((&l, &b), &r) in luma.iter().zip(blue).zip(red).take(width) {
                    data.extend_from_slice(&convert.rgb(l, b, r));
                }
            }
            (rows, _) => data.extend((0..width).flat_map(|x| rows.iter().map(move |r| r[x]))),
        }
    }
    Jpeg { width, height, channels, data }
}

/// Writes row `y` of the image for one component.
fn upsampled_row(frame: &Frame, c: &Component, plane: &[u8], y: usize, out: &mut [u8]) {
    let stride = c.stride * 8;
    let row = |y: usize| &plane[y * stride..y * stride + c.width];
    let (across, down) = (frame.max_h / c.h, frame.max_v / c.v);
    match (across, down) {
        (1, 1) => out[..c.width].copy_from_slice(row(y)),
        (2, 1) if c.width > 2 => {
            let row = row(y);
            let v = |x: usize| u32::from(row[x]);
            let last = c.width - 1;
            out[0] = row[0];
            out[1] = ((3 * v(0) + v(1) + 2) >> 2) as u8;
            for x in 1..last {
                out[2 * x] = ((3 * v(x) + v(x - 1) + 1) >> 2) as u8;
                out[2 * x + 1] = ((3 * v(x) + v(x + 1) + 2) >> 2) as u8;
            }
            out[2 * last] = ((3 * v(last) + v(last - 1) + 1) >> 2) as u8;
            out[2 * last + 1] = row[last];
        }
        (2, 2) if c.width > 2 => {
            let near = row(y / 2);
            // An even row of the image lies nearer to the row above, an odd one to the row below.
            let far =
                if y.is_multiple_of(2) { (y / 2).saturating_sub(1) } else { (y / 2 + 1).min(c.height - 1) };
            let far = row(far);
            let v = |x: usize| 3 * u32::from(near[x]) + u32::from(far[x]);
            let last = c.width - 1;
            out[0] = ((4 * v(0) + 8) >> 4) as u8;
            out[1] = ((3 * v(0) + v(1) + 7) >> 4) as u8;
            for x in 1..last {
                out[2 * x] = ((3 * v(x) + v(x - 1) + 8) >> 4) as u8;
                out[2 * x + 1] = ((3 * v(x) + v(x + 1) + 7) >> 4) as u8;
            }
            out[2 * last] = ((3 * v(last) + v(last - 1) + 8) >> 4) as u8;
            out[2 * last + 1] = ((4 * v(last) + 7) >> 4) as u8;
        }
        _ => {
            for (to, &from) in out.chunks_mut(across).zip(row(y / down)) {
                to.fill(from);
            }
        }
    }
}

/// The colour conversion of JFIF in fixed point of 16 bits.
struct Conversion {
    red: [i32; 256],
    blue: [i32; 256],
    green_of_red: [i32; 256],
    green_of_blue: [i32; 256],
}

impl Conversion {
    fn new() -> Self {
        let table = |f: &dyn Fn(i32) -> i32| std::array::from_fn(|i| f(i as i32 - 128));
        Self {
            red: table(&|x| (91881 * x + 32768) >> 16),
            blue: table(&|x| (116130 * x + 32768) >> 16),
            green_of_red: table(&|x| -46802 * x),
            green_of_blue: table(&|x| -22554 * x + 32768),
        }
    }

    fn rgb(&self, luma: u8, blue: u8, red: u8) -> [u8; 3] {
        let (l, b, r) = (i32::from(luma), usize::from(blue), usize::from(red));
        let green = (self.green_of_blue[b] + self.green_of_red[r]) >> 16;
        [l + self.red[r], l + green, l + self.blue[b]].map(|v| v.clamp(0, 255) as u8)
    }
}
