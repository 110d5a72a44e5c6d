use super::{DecodeError, Format, PlaneSamples, Samples, Series};
use crate::Shape;

/// Which part of a file is wanted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Wanted {
    /// The first plane in all its colours: what is read where an image set names a file and nothing else.
    #[default]
    Whole,
    /// One channel of the first z and t.
    Channel(usize),
    /// The plane with this number: what the input modules ask for. A palette's indices then are the pixels.
    Index(usize),
}

/// Pixels as a file has them.
#[derive(Clone, Debug, PartialEq)]
pub struct Raw {
    /// The extent.
    pub shape: Shape,
    /// The values, z·y·x·channel.
    pub samples: Samples,
    /// What the file's values are divided by; `None` for arrays (`.npy`, `.mat`), which are taken as they are.
    pub full_scale: Option<f64>,
}

/// Puts together what is wanted from the planes of a series, as python-bioformats' `ImageReader.read` does.
pub(super) fn select(
    format: Format,
    series: &Series,
    wanted: Wanted,
    full_scale: Option<f64>,
    mut plane: impl FnMut(usize) -> Result<PlaneSamples, DecodeError>,
) -> Result<Raw, DecodeError> {
    let mut get = |index: usize| {
        if index >= series.planes {
            return Err(DecodeError::NoSuchPlane { asked: index, planes: series.planes });
        }
        let found = plane(index)?;
        if found.samples.len() != series.width * series.height * series.rgb_channels {
            return Err(DecodeError::corrupt(format, "its pixels are not as many as its header says"));
        }
        Ok(found)
    };
    let done = |channels: usize, samples: Samples| Raw {
        shape: Shape { depth: 1, height: series.height, width: series.width, channels },
        samples,
        full_scale: full_scale.or(Some(series.pixel_type.full_scale())),
    };
    let rgb = series.rgb_channels;
    let effective_c = series.size_c / rgb.max(1);
    match wanted {
        Wanted::Index(index) => {
            let found = get(index)?;
            if !matches!(rgb, 1 | 3 | 4) {
                let what = format!("pixels of {rgb} channels, which CellProfiler cannot load plane by plane");
                return Err(DecodeError::unsupported(format, what));
            }
            Ok(done(rgb, found.samples))
        }
        Wanted::Whole | Wanted::Channel(_) if rgb > 1 => {
            let samples = get(0)?.samples;
            let channels = if series.interleaved { rgb.min(3) } else { 3 };
            Ok(done(channels, with_channels(&samples, rgb, channels)))
        }
        Wanted::Channel(c) => Ok(done(1, get(c)?.samples)),
        Wanted::Whole if effective_c > 1 => {
            let planes =
                (0..effective_c).map(|c| Ok(get(c)?.samples)).collect::<Result<Vec<_>, DecodeError>>()?;
            Ok(done(effective_c, interleave(&planes)))
        }
        Wanted::Whole => {
            let found = get(0)?;
            let Some(palette) = found.palette.filter(|_| series.indexed) else {
                return Ok(done(1, found.samples));
            };
            Ok(match colors(&found.samples, &palette) {
                Some(rgb) => done(3, rgb),
                None => done(1, found.samples),
            })
        }
    }
}

/// Returns pixels of `to` channels out of pixels of `from`: the first ones, zeros where there are no more.
fn with_channels(samples: &Samples, from: usize, to: usize) -> Samples {
    if from == to {
        return samples.clone();
    }
    let n = samples.len() / from;
    if to < from {
        return samples.reordered((0..n).flat_map(|i| (0..to).map(move |c| i * from + c)));
    }
    macro_rules! pad {
        ($($kind:ident),*) => {
            match samples {
                $(Samples::$kind(v) => Samples::$kind(
                    (0..n).flat_map(|i| (0..to).map(move |c| if c < from { v[i * from + c] } else { Default::default() })).collect(),
                ),)*
            }
        };
    }
    pad!(Bool, U8, U16, U32, U64, I8, I16, I32, I64, F32, F64)
}

/// Returns planes of one type as the channels of one image.
fn interleave(planes: &[Samples]) -> Samples {
    macro_rules! join {
        ($($kind:ident),*) => {
            match &planes[0] {
                $(Samples::$kind(first) => {
                    let all: Vec<&Vec<_>> = planes.iter().filter_map(|p| match p { Samples::$kind(v) => Some(v), _ => None }).collect();
                    Samples::$kind((0..first.len()).flat_map(|i| all.iter().map(move |v| v[i])).collect())
                })*
            }
        };
    }
    join!(Bool, U8, U16, U32, U64, I8, I16, I32, I64, F32, F64)
}

/// Returns the colours that indices stand for; `None` when the palette is the identity, whose indices are the grey.
fn colors(samples: &Samples, palette: &[[u16; 3]]) -> Option<Samples> {
    let at = |i: usize| palette.get(i).copied().unwrap_or([0; 3]);
    match samples {
        Samples::U8(v) => {
            // A palette of 8-bit numbers in 16-bit fields is meant as it stands.
            let narrow = palette.iter().flatten().all(|&c| c < 256);
            let byte = |c: u16| if narrow { c as u8 } else { (c >> 8) as u8 };
            if palette.iter().enumerate().all(|(i, c)| c.iter().all(|&c| usize::from(byte(c)) == i)) {
                return None;
            }
            Some(Samples::U8(v.iter().flat_map(|&i| at(i.into()).map(byte)).collect()))
        }
        // Bio-Formats hands 16-bit palettes over as signed numbers.
        Samples::U16(v) => {
            if palette.iter().enumerate().all(|(i, c)| c.iter().all(|&c| i32::from(c as i16) == i as i32)) {
                return None;
            }
            Some(Samples::I16(v.iter().flat_map(|&i| at(i.into()).map(|c| c as i16)).collect()))
        }
        _ => None,
    }
}
