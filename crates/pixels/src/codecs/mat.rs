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
                inner.data
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

/// A numeric matrix, its values still to be read.
struct Matrix<'a> {
    shape: Vec<usize>,
    rest: &'a [u8],
}

impl<'a> Matrix<'a> {
    /// Reads name and extent; refuses what is no matrix of numbers.
    fn head(bytes: &'a [u8], order: Order) -> Result<(String, Self), DecodeError> {
        let (flags, rest) = Element::next(bytes, order)?;
        let (extent, rest) = Element::next(rest, order)?;
        let (name, rest) = Element::next(rest, order)?;
        let name = String::from_utf8_lossy(name.data).into_owned();
        let class = order.u32(flags.data)? & 0xff;
        if name == "Image" && !(6..=15).contains(&class) {
            let what = format!("a matrix `Image` of class {class}, not of numbers");
            return Err(DecodeError::unsupported(Format::Mat, what));
        }
        let sides = extent.data.chunks_exact(4).map(|side| Ok(order.u32(side)? as usize));
        let shape = sides.collect::<Result<Vec<_>, DecodeError>>()?;
        Ok((name, Self { shape, rest }))
    }

    /// Reads the values, turned from column after column to row after row.
    ///
    /// They stay in the type they are stored in, which MATLAB makes as small as it can: CellProfiler loads whole
    /// numbers of a `double` matrix as u8 and then takes them for 255ths.
    fn values(self, order: Order) -> Result<NpyArray, DecodeError> {
        let (element, _) = Element::next(self.rest, order)?;
        let values = numbers(&element, order)?;
        let count = self.shape.iter().try_fold(1_usize, |n, &side| n.checked_mul(side));
        if values.is_empty() || count != Some(values.len()) || !matches!(self.shape.len(), 2 | 3) {
            let what = format!("an extent of {:?} with {} values", self.shape, values.len());
            return Err(DecodeError::corrupt(Format::Mat, what));
        }
        let (height, width) = (self.shape[0], self.shape[1]);
        let channels = self.shape.get(2).copied().unwrap_or(1);
        let index = |i: usize| (i % channels * width + i / channels % width) * height + i / channels / width;
        Ok(NpyArray { samples: values.reordered((0..values.len()).map(index)), shape: self.shape })
    }
}

/// Returns an element's numbers in the type they are stored in.
fn numbers(element: &Element<'_>, order: Order) -> Result<Samples, DecodeError> {
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
                })
                .collect()
        };
    }
    Ok(match element.kind {
        1 => Samples::I8(each!(i8, 1)),
        2 => Samples::U8(each!(u8, 1)),
        3 => Samples::I16(each!(i16, 2)),
        4 => Samples::U16(each!(u16, 2)),
        5 => Samples::I32(each!(i32, 4)),
        6 => Samples::U32(each!(u32, 4)),
        7 => Samples::F32(each!(f32, 4)),
        9 => Samples::F64(each!(f64, 8)),
        12 => Samples::I64(each!(i64, 8)),
        13 => Samples::U64(each!(u64, 8)),
        other => return Err(DecodeError::unsupported(Format::Mat, format!("values of type {other}"))),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::Compression;
    use flate2::write::ZlibEncoder;
    use std::io::Write;

    fn element(kind: u32, data: &[u8]) -> Vec<u8> {
        let mut out = kind.to_le_bytes().to_vec();
        out.extend((data.len() as u32).to_le_bytes());
        out.extend(data);
        out.resize(out.len().next_multiple_of(8), 0);
        out
    }

    /// A file with one 2×3 matrix of class `class` whose values are stored as `kind`.
    fn file(class: u8, kind: u32, values: &[u8]) -> Vec<u8> {
        let body = [
            element(6, &[class, 0, 0, 0, 0, 0, 0, 0]),
            element(5, &[2, 0, 0, 0, 3, 0, 0, 0]),
            element(1, b"Image"),
            element(kind, values),
        ];
        let mut out = b"MATLAB 5.0 MAT-file".to_vec();
        out.resize(124, b' ');
        out.extend(b"\0\x01IM");
        out.extend(element(MATRIX, &body.concat()));
        out
    }

    /// `scipy.io.loadmat` of the same bytes gives uint8 [[1, 3, 5], [2, 4, 6]].
    #[test]
    fn whole_numbers_of_a_double_matrix_stay_in_the_bytes_they_are_stored_in() {
        let array = read(&file(6, 2, &[1, 2, 3, 4, 5, 6])).unwrap();
        assert_eq!(array.shape, [2, 3]);
        assert_eq!(array.samples, Samples::U8(vec![1, 3, 5, 2, 4, 6]));
    }

    #[test]
    fn a_matrix_of_text_or_of_another_extent_is_refused() {
        assert!(matches!(read(&file(4, 2, &[1; 6])), Err(DecodeError::Unsupported { .. })));
        assert!(matches!(read(&file(6, 2, &[1; 5])), Err(DecodeError::Corrupt { .. })));
        assert!(matches!(read(&file(6, 2, &[])), Err(DecodeError::Corrupt { .. })));
    }

    /// Returns a file that holds `element`, packed.
    fn packed(element: &[u8]) -> Vec<u8> {
        let mut encoder = ZlibEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(element).unwrap();
        let data = encoder.finish().unwrap();
        let mut file = b"MATLAB 5.0 MAT-file".to_vec();
        file.resize(124, b' ');
        file.extend([0, 1, b'I', b'M']);
        file.extend(COMPRESSED.to_le_bytes());
        file.extend((data.len() as u32).to_le_bytes());
        file.extend(data);
        file
    }

    #[test]
    fn a_packed_matrix_in_the_short_form_is_refused() {
        assert!(read(&packed(&[0x0e, 0, 4, 0, 1, 2, 3, 4])).is_err());
    }

    #[test]
    fn a_matrix_without_values_does_not_take_its_extents_word() {
        let matrix = [
            element(6, &[6, 0, 0, 0, 0, 0, 0, 0]),
            element(5, &[0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0]),
            element(1, b"Image"),
            element(9, &[]),
        ];
        assert!(read(&packed(&element(MATRIX, &matrix.concat()))).is_err());
    }
}
