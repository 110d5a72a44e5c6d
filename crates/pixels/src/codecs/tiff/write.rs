use std::io::Write;

use crate::Shape;
use crate::codecs::npy::Element;

/// Returns a TIFF file: one page a plane; three or four channels are RGB(A), any other number a page each with
/// ImageJ's comment. `deflate` packs the pixels.
///
/// Booleans become 0 and 255, as CellProfiler saves them.
///
/// # Panics
/// When the length of `data` is not that of `shape`, or `shape` is empty or 4 GB or more.
pub fn write<T: Element>(shape: Shape, data: &[T], deflate: bool) -> Vec<u8> {
    let samples = if matches!(shape.channels, 3 | 4) { shape.channels } else { 1 };
    let (channels, slices) = (shape.channels / samples, shape.depth);
    let pages = channels * slices;
    let comment = (pages > 1).then(|| {
        format!("ImageJ=1.11a\nimages={pages}\nchannels={channels}\nslices={slices}\nhyperstack=true\nmode=grayscale\nloop=false\n\0")
    });
    write_commented(shape, data, deflate, comment.as_deref())
}

/// As [`write`], of a volume of however many planes: the comment is tifffile's, from which a single plane is known for one.
///
/// # Panics
/// As [`write`].
pub fn write_volume<T: Element>(shape: Shape, data: &[T], deflate: bool) -> Vec<u8> {
    if !matches!(shape.channels, 1 | 3 | 4) {
        return write(shape, data, deflate);
    }
    let mut axes = vec![shape.depth, shape.height, shape.width];
    axes.extend((shape.channels > 1).then_some(shape.channels));
    write_commented(shape, data, deflate, Some(&format!("{{\"shape\": {axes:?}}}\0")))
}

fn write_commented<T: Element>(shape: Shape, data: &[T], deflate: bool, comment: Option<&str>) -> Vec<u8> {
    assert_eq!(data.len(), shape.len(), "values of an image of {shape:?}");
    assert!(!shape.is_empty() && size_of_val(data) < 0xf000_0000, "an image of {shape:?}");
    let rgb = matches!(shape.channels, 3 | 4);
    let (kind, size) = (T::DESCR.as_bytes()[1], size_of::<T>());
    let mut bytes = Vec::with_capacity(size_of_val(data));
    T::put(data, &mut bytes);
    if kind == b'b' {
        bytes.iter_mut().for_each(|b| *b *= 255);
    }
    let samples = if rgb { shape.channels } else { 1 };
    let page_size = shape.height * shape.width * samples * size;
    if !rgb && shape.channels > 1 {
        bytes = separated(&bytes, shape, size);
    }
    let mut out = b"II*\0\0\0\0\0".to_vec();
    let mut link = 4;
    for (i, page) in bytes.chunks_exact(page_size).enumerate() {
        let packed = if deflate { packed(page) } else { Vec::new() };
        let pixels = if deflate { &packed } else { page };
        let at = out.len() as u32;
        out.extend_from_slice(pixels);
        let tags = Tags { shape, samples, kind, bits: size * 8, deflate, at, length: pixels.len() as u32 };
        tags.put(comment.filter(|_| i == 0), &mut link, &mut out);
    }
    out
}

/// Returns z·y·x·c as z·c·y·x.
fn separated(bytes: &[u8], shape: Shape, size: usize) -> Vec<u8> {
    let plane = shape.height * shape.width * shape.channels * size;
    let mut out = Vec::with_capacity(bytes.len());
    for plane in bytes.chunks_exact(plane) {
        for c in 0..shape.channels {
            plane.chunks_exact(size).skip(c).step_by(shape.channels).for_each(|v| out.extend_from_slice(v));
        }
    }
    out
}

fn packed(page: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::new(6));
    let done = encoder.write_all(page).and_then(|()| encoder.finish());
    done.expect("a Vec takes every byte")
}

struct Tags {
    shape: Shape,
    samples: usize,
    kind: u8,
    bits: usize,
    deflate: bool,
    at: u32,
    length: u32,
}

impl Tags {
    /// Appends the directory of a page and links it to the one before.
    fn put(&self, comment: Option<&str>, link: &mut usize, out: &mut Vec<u8>) {
        let n = self.samples;
        let format = match self.kind {
            b'f' => 3,
            b'i' => 2,
            _ => 1,
        };
        const SHORT: u16 = 3;
        const LONG: u16 = 4;
        let mut tags: Vec<(u16, u16, Vec<u32>)> = vec![
            (256, LONG, vec![self.shape.width as u32]),
            (257, LONG, vec![self.shape.height as u32]),
            (258, SHORT, vec![self.bits as u32; n]),
            (259, SHORT, vec![if self.deflate { 8 } else { 1 }]),
            (262, SHORT, vec![if n > 1 { 2 } else { 1 }]),
            (273, LONG, vec![self.at]),
            (277, SHORT, vec![n as u32]),
            (278, LONG, vec![self.shape.height as u32]),
            (279, LONG, vec![self.length]),
            (339, SHORT, vec![format; n]),
        ];
        if n == 4 {
            tags.push((338, SHORT, vec![2]));
        }
        tags.sort_by_key(|t| t.0);
        let mut entries = Vec::new();
        let add =
            |entries: &mut Vec<u8>, tag: u16, kind: u16, count: usize, value: &[u8], out: &mut Vec<u8>| {
                entries.extend(tag.to_le_bytes());
                entries.extend(kind.to_le_bytes());
                entries.extend((count as u32).to_le_bytes());
                if value.len() <= 4 {
                    entries.extend(value);
                    entries.resize(entries.len().next_multiple_of(12), 0);
                } else {
                    out.resize(out.len().next_multiple_of(2), 0);
                    entries.extend((out.len() as u32).to_le_bytes());
                    out.extend(value);
                }
            };
        let mut count = 0u16;
        for (tag, kind, values) in &tags {
            if let (273, Some(text)) = (*tag, comment) {
                add(&mut entries, 270, 2, text.len(), text.as_bytes(), out);
                count += 1;
            }
            let size = if *kind == SHORT { 2 } else { 4 };
            let bytes: Vec<u8> = values.iter().flat_map(|v| v.to_le_bytes()[..size].to_vec()).collect();
            add(&mut entries, *tag, *kind, values.len(), &bytes, out);
            count += 1;
        }
        out.resize(out.len().next_multiple_of(2), 0);
        let at = (out.len() as u32).to_le_bytes();
        out[*link..*link + 4].copy_from_slice(&at);
        out.extend(count.to_le_bytes());
        out.extend(entries);
        *link = out.len();
        out.extend([0; 4]);
    }
}
