use super::{DecodeError, corrupt, dct, truncated, unsupported};

/// One colour of a JPEG: its coefficients, block by block.
pub(super) struct Component {
    pub id: u8,
    /// Samples for each unit of the frame, across and down.
    pub h: usize,
    pub v: usize,
    pub table: usize,
    pub quantization: Option<[u16; 64]>,
    /// Size in samples that count.
    pub width: usize,
    pub height: usize,
    /// Size in blocks that count.
    pub blocks_wide: usize,
    pub blocks_high: usize,
    /// Blocks in a row, with those that only fill the last unit.
    pub stride: usize,
    pub coefficients: Vec<[i16; 64]>,
}

impl Component {
    /// Returns the samples of all blocks, `stride · 8` to a row.
    pub fn samples(&mut self) -> Vec<u8> {
        let row = self.stride * 8;
        let mut out = vec![0; self.coefficients.len() * 64];
        let table = self.quantization.unwrap_or([1; 64]);
        for (i, block) in std::mem::take(&mut self.coefficients).iter().enumerate() {
            let at = i / self.stride * 8 * row + i % self.stride * 8;
            dct::inverse(block, &table, &mut out[at..], row);
        }
        out
    }
}

/// The size of the image and its components.
pub(super) struct Frame {
    pub width: usize,
    pub height: usize,
    pub progressive: bool,
    pub max_h: usize,
    pub max_v: usize,
    pub components: Vec<Component>,
}

impl Frame {
    /// Reads a frame header of a file of `size` bytes.
    pub fn read(body: &[u8], progressive: bool, size: usize) -> Result<Self, DecodeError> {
        let (head, parts) = body.split_first_chunk::<6>().ok_or_else(|| truncated("header"))?;
        if head[0] != 8 {
            return Err(unsupported(format!("{} bits", head[0])));
        }
        let height = u16::from_be_bytes([head[1], head[2]]) as usize;
        let width = u16::from_be_bytes([head[3], head[4]]) as usize;
        let count = head[5] as usize;
        if width == 0 || height == 0 || !matches!(count, 1..=4) {
            return Err(corrupt(format!("{width}×{height} pixels of {count} components")));
        }
        if parts.len() < count * 3 {
            return Err(truncated("header"));
        }
        // Even an image of one colour takes a bit or two for each block of 64 pixels.
        if width * height * count / 2000 > size {
            return Err(truncated("pixels"));
        }
        let mut components = Vec::with_capacity(count);
        for part in parts.chunks_exact(3).take(count) {
            let (h, v) = ((part[1] >> 4) as usize, (part[1] & 15) as usize);
            if !matches!((h, v), (1..=4, 1..=4)) {
                return Err(corrupt(format!("sampling {h}×{v}")));
            }
            if part[2] > 3 {
                return Err(corrupt(format!("quantization table {}", part[2])));
            }
            components.push(Component {
                id: part[0],
                h,
                v,
                table: part[2] as usize,
                quantization: None,
                width: 0,
                height: 0,
                blocks_wide: 0,
                blocks_high: 0,
                stride: 0,
                coefficients: Vec::new(),
            });
        }
        let max_h = components.iter().map(|c| c.h).max().unwrap_or(1);
        let max_v = components.iter().map(|c| c.v).max().unwrap_or(1);
        let units = (width.div_ceil(8 * max_h), height.div_ceil(8 * max_v));
        for c in &mut components {
            if max_h % c.h != 0 || max_v % c.v != 0 {
                return Err(unsupported(format!("sampling {}×{} of {max_h}×{max_v}", c.h, c.v)));
            }
            c.width = (width * c.h).div_ceil(max_h);
            c.height = (height * c.v).div_ceil(max_v);
            c.blocks_wide = c.width.div_ceil(8);
            c.blocks_high = c.height.div_ceil(8);
            c.stride = units.0 * c.h;
            c.coefficients = vec![[0; 64]; c.stride * units.1 * c.v];
        }
        Ok(Self { width, height, progressive, max_h, max_v, components })
    }
}
