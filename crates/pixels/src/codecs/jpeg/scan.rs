use super::frame::Frame;
use super::huffman::{Bits, Table};
use super::{DecodeError, corrupt, truncated};

/// Where the coefficients of a block lie, in the order of the file.
pub(super) const ZIGZAG: [u8; 64] = [
    0, 1, 8, 16, 9, 2, 3, 10, 17, 24, 32, 25, 18, 11, 4, 5, 12, 19, 26, 33, 40, 48, 41, 34, 27, 20, 13, 6, 7,
    14, 21, 28, 35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23, 30, 37, 44, 51, 58, 59, 52, 45, 38, 31, 39,
    46, 53, 60, 61, 54, 47, 55, 62, 63,
];

/// One component in a scan and its tables.
pub(super) struct Part<'t> {
    pub component: usize,
    dc: Option<&'t Table>,
    ac: Option<&'t Table>,
}

/// A pass over the image that brings some coefficients of some components.
pub(super) struct Scan<'t> {
    pub parts: Vec<Part<'t>>,
    /// First and last coefficient, in the order of the file.
    band: (usize, usize),
    /// Bits of precision that were there before, and that are still to come after.
    high: u32,
    low: u32,
    restart: usize,
}

/// What carries over from block to block.
#[derive(Default)]
struct State {
    last_dc: [i32; 4],
    end_of_band: u32,
}

impl<'t> Scan<'t> {
    /// Reads a scan header.
    pub fn read(
        head: &[u8],
        frame: &Frame,
        dc: &'t [Option<Table>; 4],
        ac: &'t [Option<Table>; 4],
        restart: usize,
    ) -> Result<Self, DecodeError> {
        let (&count, rest) = head.split_first().ok_or_else(|| truncated("header"))?;
        let count = count as usize;
        let (parts, rest) = rest.split_at_checked(count * 2).ok_or_else(|| truncated("header"))?;
        let &[from, to, bits, ..] = rest else { return Err(truncated("header")) };
        let band = if frame.progressive { (from as usize, to as usize) } else { (0, 63) };
        let (high, low) =
            if frame.progressive { (u32::from(bits >> 4), u32::from(bits & 15)) } else { (0, 0) };
        let in_order = band.0 <= band.1 && band.1 < 64 && low < 14;
        if !in_order || (frame.progressive && band.0 == 0 && band.1 > 0) || (band.0 > 0 && count != 1) {
            return Err(corrupt("a scan of coefficients that cannot be"));
        }
        let mut found = Vec::with_capacity(count);
        for part in parts.chunks_exact(2) {
            let component = frame.components.iter().position(|c| c.id == part[0]);
            let component = component.ok_or_else(|| corrupt("a scan of a component that is not there"))?;
            if found.iter().any(|p: &Part<'_>| p.component == component) {
                return Err(corrupt("a component twice in one scan"));
            }
            let table =
                |tables: &'t [Option<Table>; 4], id: u8| tables.get(id as usize).and_then(Option::as_ref);
            found.push(Part { component, dc: table(dc, part[1] >> 4), ac: table(ac, part[1] & 15) });
        }
        if found.is_empty() {
            return Err(corrupt("a scan without components"));
        }
        Ok(Self { parts: found, band, high, low, restart })
    }

    /// Decodes the scan; returns how many bytes it took.
    pub fn decode(&self, frame: &mut Frame, data: &[u8]) -> Result<usize, DecodeError> {
        let mut bits = Bits::new(data);
        let mut state = State::default();
        let mut unit = 0;
        let mut next_unit = |bits: &mut Bits<'_>, state: &mut State| {
            if self.restart > 0 && unit > 0 && unit % self.restart == 0 {
                bits.restart()?;
                *state = State::default();
            }
            unit += 1;
            Ok::<_, DecodeError>(())
        };
        if let [part] = self.parts.as_slice() {
            let component = &mut frame.components[part.component];
            for y in 0..component.blocks_high {
                for x in 0..component.blocks_wide {
                    next_unit(&mut bits, &mut state)?;
                    let block = &mut component.coefficients[y * component.stride + x];
                    self.block(part, frame.progressive, block, &mut bits, &mut state)?;
                }
            }
            return Ok(bits.used());
        }
        let across = frame.width.div_ceil(8 * frame.max_h);
        let down = frame.height.div_ceil(8 * frame.max_v);
        for row in 0..down {
            for column in 0..across {
                next_unit(&mut bits, &mut state)?;
                for part in &self.parts {
                    let c = &mut frame.components[part.component];
                    for y in row * c.v..(row + 1) * c.v {
                        for x in column * c.h..(column + 1) * c.h {
                            let block = &mut c.coefficients[y * c.stride + x];
                            self.block(part, frame.progressive, block, &mut bits, &mut state)?;
                        }
                    }
                }
            }
        }
        Ok(bits.used())
    }

    fn block(
        &self,
        part: &Part<'_>,
        progressive: bool,
        block: &mut [i16; 64],
        bits: &mut Bits<'_>,
        state: &mut State,
    ) -> Result<(), DecodeError> {
        let missing = || corrupt("a Huffman table is missing");
        if self.band.0 == 0 {
            if self.high > 0 {
                block[0] |= (bits.take(1)? << self.low) as i16;
                return Ok(());
            }
            let size = u32::from(bits.symbol(part.dc.ok_or_else(missing)?)?);
            if size > 15 {
                return Err(corrupt("a difference of more than 15 bits"));
            }
            let last = &mut state.last_dc[part.component];
            *last = last.wrapping_add(bits.signed(size)?);
            block[0] = (*last << self.low) as i16;
            if progressive {
                return Ok(());
            }
        }
        let ac = part.ac.ok_or_else(missing)?;
        if !progressive {
            return sequential(ac, block, bits);
        }
        if self.high == 0 { self.first(ac, block, bits, state) } else { self.refine(ac, block, bits, state) }
    }

    /// The first pass over a band of a progressive file.
    fn first(
        &self,
        ac: &Table,
        block: &mut [i16; 64],
        bits: &mut Bits<'_>,
        state: &mut State,
    ) -> Result<(), DecodeError> {
        if state.end_of_band > 0 {
            state.end_of_band -= 1;
            return Ok(());
        }
        let mut k = self.band.0;
        while k <= self.band.1 {
            let symbol = bits.symbol(ac)?;
            let (run, size) = ((symbol >> 4) as usize, u32::from(symbol & 15));
            if size > 0 {
                k += run;
                let at = *ZIGZAG.get(k).ok_or_else(|| corrupt("a coefficient beyond its block"))?;
                block[at as usize] = (bits.signed(size)? << self.low) as i16;
                k += 1;
            } else if run == 15 {
                k += 16;
            } else {
                state.end_of_band = (1 << run) - 1 + bits.take(run as u32)? as u32;
                break;
            }
        }
        Ok(())
    }

    /// A pass that brings one more bit of a band.
    fn refine(
        &self,
        ac: &Table,
        block: &mut [i16; 64],
        bits: &mut Bits<'_>,
        state: &mut State,
    ) -> Result<(), DecodeError> {
        let one = 1i16 << self.low;
        let mut k = self.band.0;
        // One more bit of a coefficient that is known already.
        let correct = |c: &mut i16, bits: &mut Bits<'_>| {
            if bits.take(1)? != 0 && *c & one == 0 {
                *c = c.wrapping_add(if *c >= 0 { one } else { -one });
            }
            Ok::<_, DecodeError>(())
        };
        if state.end_of_band == 0 {
            while k <= self.band.1 {
                let symbol = bits.symbol(ac)?;
                let (mut run, size) = (symbol >> 4, symbol & 15);
                let mut value = 0;
                if size > 0 {
                    value = if bits.take(1)? != 0 { one } else { -one };
                } else if run < 15 {
                    state.end_of_band = (1 << run) + bits.take(u32::from(run))? as u32;
                    break;
                }
                while k <= self.band.1 {
                    let c = &mut block[ZIGZAG[k] as usize];
                    if *c != 0 {
                        correct(c, bits)?;
                    } else if run == 0 {
                        *c = value;
                        k += 1;
                        break;
                    } else {
                        run -= 1;
                    }
                    k += 1;
                }
            }
        }
        if state.end_of_band > 0 {
            for &at in &ZIGZAG[k..=self.band.1.max(k).min(63)] {
                let c = &mut block[at as usize];
                if *c != 0 {
                    correct(c, bits)?;
                }
            }
            state.end_of_band -= 1;
        }
        Ok(())
    }
}

/// The coefficients of a block of a file that has them in one pass.
fn sequential(ac: &Table, block: &mut [i16; 64], bits: &mut Bits<'_>) -> Result<(), DecodeError> {
    let mut k = 1;
    while k < 64 {
        let symbol = bits.symbol(ac)?;
        let (run, size) = ((symbol >> 4) as usize, u32::from(symbol & 15));
        if size > 0 {
            k += run;
            let at = *ZIGZAG.get(k).ok_or_else(|| corrupt("a coefficient beyond its block"))?;
            block[at as usize] = bits.signed(size)? as i16;
            k += 1;
        } else if run == 15 {
            k += 16;
        } else {
            break;
        }
    }
    Ok(())
}
