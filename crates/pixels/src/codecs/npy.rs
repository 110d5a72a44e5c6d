//! NumPy's `.npy` files: the array's type and shape as a Python literal, then its values.
//!
//! Format: <https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html>.

use super::{DecodeError, Format, Samples};
use crate::{Array, Plane, Shape};

const MAGIC: &[u8] = b"\x93NUMPY";

/// An array of any number of axes, the last one fastest.
#[derive(Clone, Debug, PartialEq)]
pub struct NpyArray {
    /// The extent of each axis.
    pub shape: Vec<usize>,
    /// The values in the type of the file, in C order whatever the order of the file.
    pub samples: Samples,
}

impl NpyArray {
    /// Returns the values as a plane of f32; `None` unless there are two axes.
    pub fn plane_f32(&self) -> Option<Plane<f32>> {
        self.plane(Samples::to_f32)
    }

    /// Returns the values as a plane of f64; `None` unless there are two axes.
    pub fn plane_f64(&self) -> Option<Plane<f64>> {
        self.plane(Samples::to_f64)
    }

    /// Returns the values as a plane of labels; `None` unless there are two axes.
    pub fn plane_u32(&self) -> Option<Plane<u32>> {
        self.plane(Samples::to_u32)
    }

    /// Returns the values as a plane of signed integers; `None` unless there are two axes.
    pub fn plane_i32(&self) -> Option<Plane<i32>> {
        self.plane(Samples::to_i32)
    }

    /// Returns where a value is not 0, as a plane; `None` unless there are two axes.
    pub fn plane_bool(&self) -> Option<Plane<bool>> {
        self.plane(Samples::to_bool)
    }

    fn plane<T>(&self, values: impl Fn(&Samples) -> Vec<T>) -> Option<Plane<T>> {
        let &[height, width] = self.shape.as_slice() else { return None };
        Some(Plane::from_vec(height, width, values(&self.samples)))
    }

    /// Returns the extent of an image: y·x, y·x·c when the last of three axes is 3 or 4, else z·y·x, or z·y·x·c.
    pub fn image_shape(&self) -> Option<Shape> {
        let (depth, height, width, channels) = match *self.shape.as_slice() {
            [h, w] => (1, h, w, 1),
            [h, w, c @ (3 | 4)] => (1, h, w, c),
            [d, h, w] => (d, h, w, 1),
            [d, h, w, c] => (d, h, w, c),
            _ => return None,
        };
        Some(Shape { depth, height, width, channels })
    }
}

/// A type that `.npy` files can hold.
pub trait Element: Copy {
    /// NumPy's name of the type, little-endian.
    const DESCR: &'static str;
    /// Appends the bytes of the values, little-endian.
    fn put(values: &[Self], out: &mut Vec<u8>);
}

macro_rules! element {
    ($($t:ty = $d:literal),*) => {
        $(impl Element for $t {
            const DESCR: &'static str = $d;
            fn put(values: &[Self], out: &mut Vec<u8>) {
                let start = out.len();
                out.resize(start + size_of_val(values), 0);
                let places = out[start..].as_chunks_mut::<{ size_of::<$t>() }>().0;
                places.iter_mut().zip(values).for_each(|(place, v)| *place = v.to_le_bytes());
            }
        })*
    };
}
element!(
    u8 = "|u1",
    u16 = "<u2",
    u32 = "<u4",
    u64 = "<u8",
    i8 = "|i1",
    i16 = "<i2",
    i32 = "<i4",
    i64 = "<i8"
);
element!(f32 = "<f4", f64 = "<f8");

impl Element for bool {
    const DESCR: &'static str = "|b1";
    fn put(values: &[Self], out: &mut Vec<u8>) {
        out.extend(values.iter().map(|&v| u8::from(v)));
    }
}

/// Returns the `.npy` file of `data`, the values of `shape` with the last axis fastest.
///
/// # Panics
/// When the length of `data` is not that of `shape`.
pub fn write<T: Element>(shape: &[usize], data: &[T]) -> Vec<u8> {
    assert_eq!(data.len(), shape.iter().product::<usize>(), "values of an array of {shape:?}");
    let mut axes = shape.iter().map(|n| n.to_string()).collect::<Vec<_>>().join(", ");
    if shape.len() == 1 {
        axes.push(',');
    }
    let mut header = format!("{{'descr': '{}', 'fortran_order': False, 'shape': ({axes}), }}", T::DESCR);
    // The values start at a multiple of 64; the 10 bytes are magic, version and length.
    let padding = 63 - (10 + header.len()) % 64;
    header.extend(std::iter::repeat_n(' ', padding));
    header.push('\n');
    let mut out = Vec::with_capacity(10 + header.len() + size_of_val(data));
    out.extend_from_slice(MAGIC);
    out.extend_from_slice(&[1, 0]);
    out.extend_from_slice(&(header.len() as u16).to_le_bytes());
    out.extend_from_slice(header.as_bytes());
    T::put(data, &mut out);
    out
}

/// Returns the `.npy` file of a plane, two axes.
pub fn write_plane<T: Element>(plane: &Plane<T>) -> Vec<u8> {
    write(&[plane.height(), plane.width()], plane.data())
}

/// Returns the `.npy` file of an image: y·x, z·y·x, y·x·c or z·y·x·c, axes of extent 1 left out.
pub fn write_array<T: Element>(array: &Array<T>) -> Vec<u8> {
    let s = array.shape();
    let mut shape = Vec::with_capacity(4);
    shape.extend((s.depth > 1).then_some(s.depth));
    shape.extend([s.height, s.width]);
    shape.extend((s.channels > 1).then_some(s.channels));
    write(&shape, array.data())
}

/// Reads a `.npy` file of booleans, integers or floats in either byte order and either axis order.
///
/// # Errors
/// When the file is not a `.npy` file, is cut, or holds values of another type.
pub fn read(bytes: &[u8]) -> Result<NpyArray, DecodeError> {
    if bytes.is_empty() {
        return Err(DecodeError::Empty);
    }
    let cut = || DecodeError::truncated(Format::Npy, "header");
    let rest = bytes.strip_prefix(MAGIC).ok_or_else(|| corrupt("it does not start as one"))?;
    let (version, rest) = rest.split_at_checked(2).ok_or_else(cut)?;
    let (length, rest) = match version[0] {
        1 => rest.split_first_chunk::<2>().map(|(n, r)| (u16::from_le_bytes(*n) as usize, r)),
        2 | 3 => rest.split_first_chunk::<4>().map(|(n, r)| (u32::from_le_bytes(*n) as usize, r)),
        v => return Err(DecodeError::unsupported(Format::Npy, format!("version {v}"))),
    }
    .ok_or_else(cut)?;
    let (header, data) = rest.split_at_checked(length).ok_or_else(cut)?;
    let header = Header::parse(&String::from_utf8_lossy(header))?;
    let samples = header.samples(data)?;
    let samples = if header.fortran { c_order(&header.shape, &samples) } else { samples };
    Ok(NpyArray { shape: header.shape, samples })
}

fn corrupt(what: impl Into<String>) -> DecodeError {
    DecodeError::corrupt(Format::Npy, what)
}

struct Header {
    descr: String,
    fortran: bool,
    shape: Vec<usize>,
}

impl Header {
    fn parse(text: &str) -> Result<Self, DecodeError> {
        let after = |key: &str| {
            let at = text.find(key).ok_or_else(|| corrupt(format!("its header has no {key}")))?;
            Ok::<_, DecodeError>(text[at + key.len()..].trim_start_matches([':', ' ']))
        };
        let descr = after("'descr'")?;
        let Some(descr) = descr.strip_prefix('\'').and_then(|d| d.split('\'').next()) else {
            return Err(DecodeError::unsupported(Format::Npy, "a structured type"));
        };
        let fortran = after("'fortran_order'")?.starts_with("True");
        let shape = after("'shape'")?;
        let shape = shape.strip_prefix('(').and_then(|s| s.split_once(')')).map(|(s, _)| s);
        let shape = shape.ok_or_else(|| corrupt("its shape is not a tuple"))?;
        let shape: Result<Vec<usize>, _> = shape
            .split(',')
            .map(|s| s.trim().trim_end_matches('L'))
            .filter(|s| !s.is_empty())
            .map(str::parse)
            .collect();
        let shape = shape.map_err(|_| corrupt("its shape is not made of whole numbers"))?;
        Ok(Self { descr: descr.to_owned(), fortran, shape })
    }

    fn samples(&self, data: &[u8]) -> Result<Samples, DecodeError> {
        let big = self.descr.starts_with('>');
        let kind = self.descr.trim_start_matches(['<', '>', '|', '=']);
        let count = self.shape.iter().try_fold(1usize, |n, &axis| n.checked_mul(axis));
        macro_rules! read {
            ($t:ty) => {{
                const SIZE: usize = size_of::<$t>();
                // Nothing is allocated for more values than there are bytes of.
                let bytes = count.and_then(|n| n.checked_mul(SIZE)).and_then(|n| data.get(..n));
                let bytes = bytes.ok_or_else(|| DecodeError::truncated(Format::Npy, "values"))?;
                let values = bytes.as_chunks::<SIZE>().0.iter();
                if big {
                    values.map(|&b| <$t>::from_be_bytes(b)).collect()
                } else {
                    values.map(|&b| <$t>::from_le_bytes(b)).collect()
                }
            }};
        }
        Ok(match kind {
            "b1" | "?" => {
                let bytes: Vec<u8> = read!(u8);
                Samples::Bool(bytes.into_iter().map(|b| b != 0).collect())
            }
            "u1" => Samples::U8(read!(u8)),
            "u2" => Samples::U16(read!(u16)),
            "u4" => Samples::U32(read!(u32)),
            "u8" => Samples::U64(read!(u64)),
            "i1" => Samples::I8(read!(i8)),
            "i2" => Samples::I16(read!(i16)),
            "i4" => Samples::I32(read!(i32)),
            "i8" => Samples::I64(read!(i64)),
            "f4" => Samples::F32(read!(f32)),
            "f8" => Samples::F64(read!(f64)),
            other => {
                return Err(DecodeError::unsupported(Format::Npy, format!("values of type `{other}`")));
            }
        })
    }
}

/// Returns values that lie with the first axis fastest with the last axis fastest.
fn c_order(shape: &[usize], samples: &Samples) -> Samples {
    let strides: Vec<usize> =
        shape.iter().scan(1, |next, &n| Some(std::mem::replace(next, *next * n))).collect();
    let order = (0..samples.len()).map(|mut i| {
        let mut at = 0;
        for (&n, &stride) in shape.iter().zip(&strides).rev() {
            at += i % n * stride;
            i /= n;
        }
        at
    });
    samples.reordered(order)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(header: &str, data: &[u8]) -> Vec<u8> {
        let mut f = MAGIC.to_vec();
        f.extend([1, 0]);
        f.extend((header.len() as u16).to_le_bytes());
        f.extend(header.as_bytes());
        f.extend(data);
        f
    }

    #[test]
    fn what_is_written_reads_back() {
        let data: Vec<f32> = (0..6).map(|v| v as f32 / 7.0).collect();
        let a = read(&write(&[2, 3], &data)).unwrap();
        assert_eq!(a, NpyArray { shape: vec![2, 3], samples: Samples::F32(data) });
        let flags = [true, false, true];
        let a = read(&write(&[3], &flags)).unwrap();
        assert_eq!(a, NpyArray { shape: vec![3], samples: Samples::Bool(flags.to_vec()) });
        assert_eq!(write(&[2, 2], &[1i32, 2, 3, 4]).len(), 128 + 16);
    }

    #[test]
    fn big_endian_fortran_order_becomes_c_order() {
        let header = "{'descr': '>i2', 'fortran_order': True, 'shape': (2, 3), }\n";
        let a = read(&file(header, &[0, 1, 0, 4, 0, 2, 0, 5, 0, 3, 0, 6])).unwrap();
        assert_eq!(a.shape, [2, 3]);
        assert_eq!(a.samples, Samples::I16(vec![1, 2, 3, 4, 5, 6]));
    }

    #[test]
    fn a_shape_without_its_bytes_is_refused_without_allocating() {
        for shape in ["(1000000, 1000000)", "(18446744073709551615, 8)", "(3,)"] {
            let header = format!("{{'descr': '<f8', 'fortran_order': False, 'shape': {shape}, }}\n");
            let e = read(&file(&header, &[0; 16])).unwrap_err();
            assert!(matches!(e, DecodeError::Truncated { .. }), "{e}");
        }
    }

    #[test]
    fn a_type_that_is_no_number_is_refused() {
        let header = "{'descr': '|O', 'fortran_order': False, 'shape': (1,), }\n";
        assert!(matches!(read(&file(header, &[])), Err(DecodeError::Unsupported { .. })));
        assert!(matches!(read(b""), Err(DecodeError::Empty)));
        assert!(matches!(read(b"\x93NUMPY\x01"), Err(DecodeError::Truncated { .. })));
    }
}
