//! MATLAB's matrices of level 5: the one called `Image`, which is what CellProfiler reads.
//!
//! Format: MathWorks, "MAT-File Format". Level 7.3 is HDF5 and is refused.

use super::npy::NpyArray;
use super::{DecodeError, Format, Samples};
use flate2::read::ZlibDecoder;
use std::io::Read;

const HEADER: usize = 128;
const MATRIX: u32 = 14;
const COMPRESSED: u32 = 15;
/// Deflate packs a thousandfold at the most; more is not unpacked.
const MOST_PACKED: u64 = 1100;

/// Reads the matrix called `Image`: real numbers of two axes, or three with channels last.
///
/// # Errors
/// When the file is cut or corrupt, is of level 7.3, or has no numeric matrix of that name.
pub fn read(bytes: &[u8]) -> Result<NpyArray, DecodeError> {
    if bytes.starts_with(b"MATLAB 7.3") {
        let what = "level 7.3: save it in MATLAB with the option `-v7`";
        return Err(DecodeError::unsupported(Format::Mat, what));
    }
    let order = match bytes.get(126..HEADER) {
        Some(b"IM") => Order::Little,
        Some(b"MI") => Order::Big,
        Some(_) => return Err(DecodeError::corrupt(Format::Mat, "its mark of the byte order")),
        None => return Err(cut("header")),
    };
    let mut rest = &bytes[HEADER..];
    let mut others = Vec::new();
    while !rest.is_empty() {
        let (element, after) = Element::next(rest, order)?;
        rest = after;
        let unpacked;
        let matrix = match element.kind {
            MATRIX => element.data,
            COMPRESSED => {
                unpacked = unpack(element.data)?;
                let (inner, _) = Element::next(&unpacked, order)?;
                if inner.kind != MATRIX {
                    continue;
                }
                &unpacked[8..8 + inner.data.len()]
            }
            _ => continue,
        };
        let (name, body) = Matrix::head(matrix, order)?;
        if name == "Image" {
            return body.values(order);
        }
        others.push(name);
    }
    let found = if others.is_empty() { "no matrix".to_string() } else { others.join(", ") };
    Err(DecodeError::corrupt(Format::Mat, format!("no matrix is called `Image`; it has: {found}")))
}

fn cut(what: &str) -> DecodeError {
    DecodeError::truncated(Format::Mat, what)
}

fn unpack(data: &[u8]) -> Result<Vec<u8>, DecodeError> {
    let mut unpacked = Vec::new();
    let limit = (data.len() as u64 + 64) * MOST_PACKED;
    ZlibDecoder::new(data).take(limit).read_to_end(&mut unpacked).map_err(|_| cut("packed matrix"))?;
    Ok(unpacked)
}

#[derive(Clone, Copy)]
enum Order {
    Little,
    Big,
}

impl Order {
    fn u32(self, bytes: &[u8]) -> Result<u32, DecodeError> {
        let four: [u8; 4] = bytes.get(..4).and_then(|b| b.try_into().ok()).ok_or_else(|| cut("element"))?;
        Ok(match self {
            Self::Little => u32::from_le_bytes(four),
            Self::Big => u32::from_be_bytes(four),
        })
    }
}

/// A piece of the file: what it is and its bytes.
struct Element<'a> {
    kind: u32,
    data: &'a [u8],
}

impl<'a> Element<'a> {
    /// Returns the element that `bytes` begins with, and what follows it.
    fn next(bytes: &'a [u8], order: Order) -> Result<(Self, &'a [u8]), DecodeError> {
        let first = order.u32(bytes)?;
        if first >> 16 != 0 {
            // A small element holds its size and up to four bytes beside its kind.
            let size = (first >> 16) as usize;
            let data = bytes.get(4..8).and_then(|d| d.get(..size)).ok_or_else(|| cut("element"))?;
            return Ok((Self { kind: first & 0xffff, data }, &bytes[8..]));
        }
        let size = order.u32(bytes.get(4..).unwrap_or_default())? as usize;
        let data = bytes.get(8..).and_then(|d| d.get(..size)).ok_or_else(|| cut("element"))?;
        // Packed elements are not padded.
        let padded = if first == COMPRESSED { size } else { size.next_multiple_of(8) };
        Ok((Self { kind: first, data }, bytes.get(8 + padded..).unwrap_or_default()))
    }
}

/// A numeric matrix, its values still in the file's type.
struct Matrix<'a> {
    class: u32,
    shape: Vec<usize>,
    rest: &'a [u8],
}

impl<'a> Matrix<'a> {
    /// Reads name, class and extent.
    fn head(bytes: &'a [u8], order: Order) -> Result<(String, Self), DecodeError> {
        let (flags, rest) = Element::next(bytes, order)?;
        let (extent, rest) = Element::next(rest, order)?;
        let (name, rest) = Element::next(rest, order)?;
        let class = order.u32(flags.data)? & 0xff;
        let sides = extent.data.chunks_exact(4).map(|side| Ok(order.u32(side)? as usize));
        let shape = sides.collect::<Result<Vec<_>, DecodeError>>()?;
        Ok((String::from_utf8_lossy(name.data).into_owned(), Self { class, shape, rest }))
    }

    /// Reads the values, turned from column after column to row after row.
    fn values(self, order: Order) -> Result<NpyArray, DecodeError> {
        let (element, _) = Element::next(self.rest, order)?;
        let values = numbers(&element, order)?;
        let count = self.shape.iter().try_fold(1_usize, |n, &side| n.checked_mul(side));
        if count != Some(values.len()) || !matches!(self.shape.len(), 2 | 3) {
            let what = format!("an extent of {:?} with {} values", self.shape, values.len());
            return Err(DecodeError::corrupt(Format::Mat, what));
        }
        let (height, width) = (self.shape[0], self.shape[1]);
        let channels = self.shape.get(2).copied().unwrap_or(1);
        let mut turned = Vec::with_capacity(values.len());
        for y in 0..height {
            for x in 0..width {
                turned.extend((0..channels).map(|c| values[(c * width + x) * height + y]));
            }
        }
        let samples = match self.class {
            6 => Samples::F64(turned),
            7 => Samples::F32(turned.iter().map(|&v| v as f32).collect()),
            8 => Samples::I8(turned.iter().map(|&v| v as i8).collect()),
            9 => Samples::U8(turned.iter().map(|&v| v as u8).collect()),
            10 => Samples::I16(turned.iter().map(|&v| v as i16).collect()),
            11 => Samples::U16(turned.iter().map(|&v| v as u16).collect()),
            12 => Samples::I32(turned.iter().map(|&v| v as i32).collect()),
            13 => Samples::U32(turned.iter().map(|&v| v as u32).collect()),
            other => {
                let what = format!("a matrix `Image` of class {other}, not of numbers");
                return Err(DecodeError::unsupported(Format::Mat, what));
            }
        };
        Ok(NpyArray { shape: self.shape, samples })
    }
}

/// Returns an element's numbers, which may be stored in a smaller type than the matrix has.
fn numbers(element: &Element<'_>, order: Order) -> Result<Vec<f64>, DecodeError> {
    macro_rules! each {
        ($type:ty, $size:literal) => {
            element
                .data
                .as_chunks::<$size>()
                .0
                .iter()
                .map(|&b| match order {
                    Order::Little => <$type>::from_le_bytes(b),
                    Order::Big => <$type>::from_be_bytes(b),
                } as f64)
                .collect()
        };
    }
    Ok(match element.kind {
        1 => each!(i8, 1),
        2 => each!(u8, 1),
        3 => each!(i16, 2),
        4 => each!(u16, 2),
        5 => each!(i32, 4),
        6 => each!(u32, 4),
        7 => each!(f32, 4),
        9 => each!(f64, 8),
        other => return Err(DecodeError::unsupported(Format::Mat, format!("values of type {other}"))),
    })
}
