//! GIF: each frame's palette indices, drawn over what was there.

use std::io::Cursor;

use super::{DecodeError, Format, PixelType, PlaneSamples, Samples, Series};
use gif::{ColorOutput, DecodeOptions, Decoder};

/// Returns what a GIF file holds; every frame is a time point.
pub(super) fn series(bytes: &[u8]) -> Result<Series, DecodeError> {
    let mut decoder = open(bytes)?;
    let mut planes = 0;
    while decoder.next_frame_info().map_err(error)?.is_some() {
        planes += 1;
    }
    Ok(Series {
        width: decoder.width().into(),
        height: decoder.height().into(),
        size_z: 1,
        size_c: 1,
        size_t: planes,
        planes,
        rgb_channels: 1,
        interleaved: false,
        indexed: true,
        pixel_type: PixelType::U8,
    })
}

/// Reads a frame; what it leaves transparent shows the frames before it.
pub(super) fn plane(bytes: &[u8], index: usize) -> Result<PlaneSamples, DecodeError> {
    let mut decoder = open(bytes)?;
    let (width, height) = (usize::from(decoder.width()), usize::from(decoder.height()));
    // LZW packs some 2700-fold at the most: a canvas that the bytes cannot fill is not a picture.
    if width * height > bytes.len() * 3000 {
        return Err(DecodeError::corrupt(
            Format::Gif,
            format!("a size of {width}×{height} in {} bytes", bytes.len()),
        ));
    }
    let global: Option<Vec<u8>> = decoder.global_palette().map(<[u8]>::to_vec);
    let mut canvas = vec![0_u8; width * height];
    let mut palette = global.clone();
    for _ in 0..=index {
        let frame = decoder.read_next_frame().map_err(error)?;
        let frame = frame.ok_or_else(|| DecodeError::truncated(Format::Gif, "frames"))?;
        let (left, top) = (usize::from(frame.left), usize::from(frame.top));
        let rows = frame.buffer.chunks_exact(usize::from(frame.width).max(1));
        for (y, row) in rows.enumerate().filter(|(y, _)| top + y < height) {
            for (x, &value) in row.iter().enumerate().filter(|(x, _)| left + x < width) {
                if frame.transparent != Some(value) {
                    canvas[(top + y) * width + left + x] = value;
                }
            }
        }
        palette = frame.palette.clone().or_else(|| global.clone());
    }
    let colors = |p: Vec<u8>| p.as_chunks::<3>().0.iter().map(|c| c.map(|v| u16::from(v) * 257)).collect();
    Ok(PlaneSamples { samples: Samples::U8(canvas), palette: palette.map(colors) })
}

fn open(bytes: &[u8]) -> Result<Decoder<Cursor<&[u8]>>, DecodeError> {
    let mut options = DecodeOptions::new();
    options.set_color_output(ColorOutput::Indexed);
    options.read_info(Cursor::new(bytes)).map_err(error)
}

fn error(error: gif::DecodingError) -> DecodeError {
    match error {
        gif::DecodingError::Io(e) if e.kind() == std::io::ErrorKind::UnexpectedEof => {
            DecodeError::truncated(Format::Gif, "pixels")
        }
        other => DecodeError::corrupt(Format::Gif, other.to_string()),
    }
}
