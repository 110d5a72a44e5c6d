use super::dct;
use super::scan::ZIGZAG;

/// The tables of T.81 annex K: quantization of luminance and colour, in rows of eight.
const LUMA: [u16; 64] = [
    16, 11, 10, 16, 24, 40, 51, 61, 12, 12, 14, 19, 26, 58, 60, 55, 14, 13, 16, 24, 40, 57, 69, 56, 14, 17,
    22, 29, 51, 87, 80, 62, 18, 22, 37, 56, 68, 109, 103, 77, 24, 35, 55, 64, 81, 104, 113, 92, 49, 64, 78,
    87, 103, 121, 120, 101, 72, 92, 95, 98, 112, 100, 103, 99,
];
const CHROMA: [u16; 64] = [
    17, 18, 24, 47, 99, 99, 99, 99, 18, 21, 26, 66, 99, 99, 99, 99, 24, 26, 56, 99, 99, 99, 99, 99, 47, 66,
    99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99,
    99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99,
];

/// Huffman tables of annex K: how many codes of each length, then the symbols.
struct Codes {
    counts: [u8; 16],
    symbols: &'static [u8],
}

const DC: [Codes; 2] = [
    Codes {
        counts: [0, 1, 5, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0],
        symbols: &[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11],
    },
    Codes {
        counts: [0, 3, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0],
        symbols: &[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11],
    },
];
const AC: [Codes; 2] = [
    Codes {
        counts: [0, 2, 1, 3, 3, 2, 4, 3, 5, 5, 4, 4, 0, 0, 1, 0x7d],
        symbols: &[
            0x01, 0x02, 0x03, 0x00, 0x04, 0x11, 0x05, 0x12, 0x21, 0x31, 0x41, 0x06, 0x13, 0x51, 0x61, 0x07,
            0x22, 0x71, 0x14, 0x32, 0x81, 0x91, 0xa1, 0x08, 0x23, 0x42, 0xb1, 0xc1, 0x15, 0x52, 0xd1, 0xf0,
            0x24, 0x33, 0x62, 0x72, 0x82, 0x09, 0x0a, 0x16, 0x17, 0x18, 0x19, 0x1a, 0x25, 0x26, 0x27, 0x28,
            0x29, 0x2a, 0x34, 0x35, 0x36, 0x37, 0x38, 0x39, 0x3a, 0x43, 0x44, 0x45, 0x46, 0x47, 0x48, 0x49,
            0x4a, 0x53, 0x54, 0x55, 0x56, 0x57, 0x58, 0x59, 0x5a, 0x63, 0x64, 0x65, 0x66, 0x67, 0x68, 0x69,
            0x6a, 0x73, 0x74, 0x75, 0x76, 0x77, 0x78, 0x79, 0x7a, 0x83, 0x84, 0x85, 0x86, 0x87, 0x88, 0x89,
            0x8a, 0x92, 0x93, 0x94, 0x95, 0x96, 0x97, 0x98, 0x99, 0x9a, 0xa2, 0xa3, 0xa4, 0xa5, 0xa6, 0xa7,
            0xa8, 0xa9, 0xaa, 0xb2, 0xb3, 0xb4, 0xb5, 0xb6, 0xb7, 0xb8, 0xb9, 0xba, 0xc2, 0xc3, 0xc4, 0xc5,
            0xc6, 0xc7, 0xc8, 0xc9, 0xca, 0xd2, 0xd3, 0xd4, 0xd5, 0xd6, 0xd7, 0xd8, 0xd9, 0xda, 0xe1, 0xe2,
            0xe3, 0xe4, 0xe5, 0xe6, 0xe7, 0xe8, 0xe9, 0xea, 0xf1, 0xf2, 0xf3, 0xf4, 0xf5, 0xf6, 0xf7, 0xf8,
            0xf9, 0xfa,
        ],
    },
    Codes {
        counts: [0, 2, 1, 2, 4, 4, 3, 4, 7, 5, 4, 4, 0, 1, 2, 0x77],
        symbols: &[
            0x00, 0x01, 0x02, 0x03, 0x11, 0x04, 0x05, 0x21, 0x31, 0x06, 0x12, 0x41, 0x51, 0x07, 0x61, 0x71,
            0x13, 0x22, 0x32, 0x81, 0x08, 0x14, 0x42, 0x91, 0xa1, 0xb1, 0xc1, 0x09, 0x23, 0x33, 0x52, 0xf0,
            0x15, 0x62, 0x72, 0xd1, 0x0a, 0x16, 0x24, 0x34, 0xe1, 0x25, 0xf1, 0x17, 0x18, 0x19, 0x1a, 0x26,
            0x27, 0x28, 0x29, 0x2a, 0x35, 0x36, 0x37, 0x38, 0x39, 0x3a, 0x43, 0x44, 0x45, 0x46, 0x47, 0x48,
            0x49, 0x4a, 0x53, 0x54, 0x55, 0x56, 0x57, 0x58, 0x59, 0x5a, 0x63, 0x64, 0x65, 0x66, 0x67, 0x68,
            0x69, 0x6a, 0x73, 0x74, 0x75, 0x76, 0x77, 0x78, 0x79, 0x7a, 0x82, 0x83, 0x84, 0x85, 0x86, 0x87,
            0x88, 0x89, 0x8a, 0x92, 0x93, 0x94, 0x95, 0x96, 0x97, 0x98, 0x99, 0x9a, 0xa2, 0xa3, 0xa4, 0xa5,
            0xa6, 0xa7, 0xa8, 0xa9, 0xaa, 0xb2, 0xb3, 0xb4, 0xb5, 0xb6, 0xb7, 0xb8, 0xb9, 0xba, 0xc2, 0xc3,
            0xc4, 0xc5, 0xc6, 0xc7, 0xc8, 0xc9, 0xca, 0xd2, 0xd3, 0xd4, 0xd5, 0xd6, 0xd7, 0xd8, 0xd9, 0xda,
            0xe2, 0xe3, 0xe4, 0xe5, 0xe6, 0xe7, 0xe8, 0xe9, 0xea, 0xf2, 0xf3, 0xf4, 0xf5, 0xf6, 0xf7, 0xf8,
            0xf9, 0xfa,
        ],
    },
];

/// Returns a baseline JPEG file of grey (1 channel) or RGB (3 channels) samples, colour at half the resolution, with
/// the tables and the arithmetic of the IJG library: decoded, it has the pixels that CellProfiler's own file has.
///
/// CellProfiler saves with `quality` 75, the library's default; 1 to 100.
///
/// # Panics
/// When the length of `data` is not `height · width · channels`, `channels` is neither 1 nor 3, or a side is 0 or
/// longer than 65535.
pub fn write(height: usize, width: usize, channels: usize, data: &[u8], quality: u8) -> Vec<u8> {
    assert!(matches!(channels, 1 | 3), "grey or RGB");
    assert!((1..65536).contains(&height) && (1..65536).contains(&width), "{height}×{width} pixels");
    assert_eq!(data.len(), height * width * channels, "{height}×{width} pixels of {channels} channels");
    let tables = [scaled(&LUMA, quality), scaled(&CHROMA, quality)];
    let parts: u8 = if channels == 1 { 1 } else { 3 };
    let mut out = vec![0xff, 0xd8];
    segment(&mut out, 0xe0, b"JFIF\0\x01\x01\0\0\x01\0\x01\0\0");
    for (i, table) in tables.iter().enumerate().take(parts.min(2) as usize) {
        let mut body = vec![i as u8];
        body.extend(ZIGZAG.iter().map(|&at| table[at as usize] as u8));
        segment(&mut out, 0xdb, &body);
    }
    let (h, w) = ((height as u16).to_be_bytes(), (width as u16).to_be_bytes());
    let mut body = vec![8, h[0], h[1], w[0], w[1], parts];
    for i in 0..parts {
        let sampling = if parts == 3 && i == 0 { 0x22 } else { 0x11 };
        body.extend([i + 1, sampling, u8::from(i > 0)]);
    }
    segment(&mut out, 0xc0, &body);
    for (class, codes) in [&DC, &AC].into_iter().enumerate() {
        for (i, codes) in codes.iter().enumerate().take(parts.min(2) as usize) {
            let mut body = vec![(class << 4 | i) as u8];
            body.extend(codes.counts);
            body.extend(codes.symbols);
            segment(&mut out, 0xc4, &body);
        }
    }
    let mut body = vec![parts];
    (0..parts).for_each(|i| body.extend([i + 1, if i > 0 { 0x11 } else { 0 }]));
    body.extend([0, 63, 0]);
    segment(&mut out, 0xda, &body);
    let mut bits = Bits { out, held: 0, count: 0 };
    if parts == 1 {
        let plane = Padded::new(height, width, |y, x| i32::from(data[y * width + x]), 1, 1);
        let mut coder = Coder::new(0, &tables[0]);
        for y in 0..height.div_ceil(8) {
            for x in 0..width.div_ceil(8) {
                coder.block(&plane, y, x, &mut bits);
            }
        }
    } else {
        color(height, width, data, &tables, &mut bits);
    }
    bits.finish()
}

/// Codes units of four blocks of luminance and one of each colour difference.
fn color(height: usize, width: usize, data: &[u8], tables: &[[u16; 64]; 2], bits: &mut Bits) {
    let half = 1 << 15;
    // The differences are moved to 0–255; the library's one less than a half keeps 255.5 from rounding up to 256.
    let offset = (128 << 16) + half - 1;
    let weights =
        [[19595, 38470, 7471, half], [-11059, -21709, 32768, offset], [32768, -27439, -5329, offset]];
    let value = |y: usize, x: usize, w: &[i32; 4]| {
        let p = &data[(y * width + x) * 3..][..3];
        (w[0] * i32::from(p[0]) + w[1] * i32::from(p[1]) + w[2] * i32::from(p[2]) + w[3]) >> 16
    };
    let planes: [Padded; 3] = std::array::from_fn(|i| {
        let scale = if i == 0 { 1 } else { 2 };
        Padded::new(height, width, |y, x| value(y, x, &weights[i]), scale, 2 / scale)
    });
    let mut coders = [0, 1, 1].map(|i| Coder::new(i, &tables[i]));
    for y in 0..height.div_ceil(16) {
        for x in 0..width.div_ceil(16) {
            for (dy, dx) in [(0, 0), (0, 1), (1, 0), (1, 1)] {
                coders[0].block(&planes[0], 2 * y + dy, 2 * x + dx, bits);
            }
            coders[1].block(&planes[1], y, x, bits);
            coders[2].block(&planes[2], y, x, bits);
        }
    }
}

/// A plane at the resolution it is coded in, filled up to whole units by repeating its edge.
struct Padded {
    stride: usize,
    data: Vec<u8>,
}

impl Padded {
    /// Takes the mean of `scale · scale` values for each sample; units are `blocks` blocks each way.
    fn new(
        height: usize,
        width: usize,
        value: impl Fn(usize, usize) -> i32,
        scale: usize,
        blocks: usize,
    ) -> Self {
        let unit = 8 * blocks;
        let stride = width.div_ceil(scale).next_multiple_of(unit);
        let (real, rows) = (height.div_ceil(scale), height.div_ceil(scale).next_multiple_of(unit));
        let mut data = Vec::with_capacity(stride * rows);
        for y in 0..real {
            for x in 0..stride {
                let at = |dy: usize, dx: usize| {
                    value((y * scale + dy).min(height - 1), (x * scale + dx).min(width - 1))
                };
                data.push(match scale {
                    1 => at(0, 0),
                    // Rounded down and up in turns, from one column to the next.
                    _ => (at(0, 0) + at(0, 1) + at(1, 0) + at(1, 1) + 1 + (x as i32 & 1)) >> 2,
                } as u8);
            }
        }
        for _ in real..rows {
            data.extend_from_within((real - 1) * stride..real * stride);
        }
        Self { stride, data }
    }
}

/// Codes the blocks of one component one after the other.
struct Coder<'t> {
    dc: Vec<(u16, u8)>,
    ac: Vec<(u16, u8)>,
    table: &'t [u16; 64],
    last: i32,
}

impl<'t> Coder<'t> {
    fn new(which: usize, table: &'t [u16; 64]) -> Self {
        Self { dc: codes(&DC[which]), ac: codes(&AC[which]), table, last: 0 }
    }

    fn block(&mut self, plane: &Padded, y: usize, x: usize, bits: &mut Bits) {
        let first = y * 8 * plane.stride + x * 8;
        let samples =
            std::array::from_fn(|i| i32::from(plane.data[first + i / 8 * plane.stride + i % 8]) - 128);
        let coefficients = dct::forward(&samples);
        let quantized = |k: usize| {
            let at = ZIGZAG[k] as usize;
            let step = i32::from(self.table[at]) * 8;
            let v = coefficients[at];
            (v.abs() + step / 2) / step * v.signum()
        };
        let dc = quantized(0);
        let size = bits_of(dc - self.last);
        bits.code(self.dc[size as usize]);
        bits.signed(dc - self.last, size);
        self.last = dc;
        let mut run = 0;
        for k in 1..64 {
            let v = quantized(k);
            if v == 0 {
                run += 1;
                continue;
            }
            while run > 15 {
                bits.code(self.ac[0xf0]);
                run -= 16;
            }
            let size = bits_of(v);
            bits.code(self.ac[run << 4 | size as usize]);
            bits.signed(v, size);
            run = 0;
        }
        if run > 0 {
            bits.code(self.ac[0]);
        }
    }
}

fn bits_of(v: i32) -> u32 {
    32 - v.unsigned_abs().leading_zeros()
}

/// Returns code and length by symbol.
fn codes(codes: &Codes) -> Vec<(u16, u8)> {
    let mut found = vec![(0, 0); 256];
    let mut symbols = codes.symbols.iter();
    let mut code = 0u16;
    for (length, &count) in (1..).zip(&codes.counts) {
        for &symbol in symbols.by_ref().take(count as usize) {
            found[symbol as usize] = (code, length);
            code += 1;
        }
        code <<= 1;
    }
    found
}

/// Returns a quantization table at a quality, as the library scales it.
fn scaled(table: &[u16; 64], quality: u8) -> [u16; 64] {
    let q = u32::from(quality.clamp(1, 100));
    let percent = if q < 50 { 5000 / q } else { 200 - 2 * q };
    table.map(|v| ((u32::from(v) * percent + 50) / 100).clamp(1, 255) as u16)
}

fn segment(out: &mut Vec<u8>, marker: u8, body: &[u8]) {
    out.extend([0xff, marker]);
    out.extend((body.len() as u16 + 2).to_be_bytes());
    out.extend(body);
}

struct Bits {
    out: Vec<u8>,
    held: u32,
    count: u32,
}

impl Bits {
    fn put(&mut self, value: u32, n: u32) {
        self.held = self.held << n | value;
        self.count += n;
        while self.count >= 8 {
            self.count -= 8;
            let byte = (self.held >> self.count) as u8;
            self.out.push(byte);
            if byte == 0xff {
                self.out.push(0);
            }
        }
    }

    fn code(&mut self, (code, length): (u16, u8)) {
        self.put(u32::from(code), u32::from(length));
    }

    fn signed(&mut self, v: i32, size: u32) {
        let bits = if v < 0 { v - 1 } else { v };
        self.put(bits as u32 & ((1 << size) - 1), size);
    }

    fn finish(mut self) -> Vec<u8> {
        self.put(0x7f, 7);
        self.out.extend([0xff, 0xd9]);
        self.out
    }
}
