use super::{DecodeError, corrupt, truncated};

const FAST: u32 = 9;

/// A Huffman table: symbols by code.
#[derive(Clone)]
pub(super) struct Table {
    /// Symbol and length of each code of up to nine bits, by its first nine bits; length 0 for longer codes.
    fast: Vec<(u8, u8)>,
    /// By length: one past the greatest code, moved to 16 bits.
    limit: [u32; 17],
    /// By length: what to add to a code for the symbol's index.
    offset: [i32; 17],
    symbols: Vec<u8>,
}

impl Table {
    /// Returns the table with `counts[i]` codes of `i + 1` bits.
    pub fn new(counts: &[u8; 16], symbols: &[u8]) -> Result<Self, DecodeError> {
        let mut table = Self {
            fast: vec![(0, 0); 1 << FAST],
            limit: [0; 17],
            offset: [0; 17],
            symbols: symbols.to_vec(),
        };
        let (mut code, mut index) = (0u32, 0usize);
        for length in 1..=16u32 {
            let count = u32::from(counts[length as usize - 1]);
            if code + count > 1 << length {
                return Err(corrupt("a Huffman table has too many codes"));
            }
            table.offset[length as usize] = index as i32 - code as i32;
            if length <= FAST {
                for k in 0..count as usize {
                    let first = (code as usize + k) << (FAST - length);
                    table.fast[first..first + (1 << (FAST - length))]
                        .fill((symbols[index + k], length as u8));
                }
            }
            index += count as usize;
            code += count;
            table.limit[length as usize] = code << (16 - length);
            code <<= 1;
        }
        Ok(table)
    }
}

/// Reads the bits of a scan, past stuffed zeros, up to the next marker.
pub(super) struct Bits<'a> {
    data: &'a [u8],
    at: usize,
    held: u64,
    count: u32,
    /// Bits that were made up after the data ended.
    missing: u32,
}

impl<'a> Bits<'a> {
    pub fn new(data: &'a [u8]) -> Self {
        Self { data, at: 0, held: 0, count: 0, missing: 0 }
    }

    fn fill(&mut self) {
        while self.count <= 48 {
            let byte = match self.data.get(self.at) {
                Some(0xff) if self.data.get(self.at + 1) == Some(&0) => {
                    self.at += 2;
                    0xff
                }
                Some(&byte) if byte != 0xff => {
                    self.at += 1;
                    byte
                }
                _ => {
                    self.missing += 8;
                    0
                }
            };
            self.held = self.held << 8 | u64::from(byte);
            self.count += 8;
        }
    }

    /// Returns the next `n` bits, at most 16.
    pub fn take(&mut self, n: u32) -> Result<i32, DecodeError> {
        if n == 0 {
            return Ok(0);
        }
        if self.count < n {
            self.fill();
        }
        self.count -= n;
        if self.count < self.missing {
            return Err(truncated("pixels"));
        }
        Ok((self.held >> self.count & ((1 << n) - 1)) as i32)
    }

    /// Returns the next symbol.
    pub fn symbol(&mut self, table: &Table) -> Result<u8, DecodeError> {
        if self.count < 16 {
            self.fill();
        }
        let next = (self.held >> (self.count - 16) & 0xffff) as u32;
        let (symbol, length) = table.fast[(next >> (16 - FAST)) as usize];
        let (symbol, length) = if length > 0 {
            (symbol, u32::from(length))
        } else {
            let length = (FAST + 1..=16).find(|&n| next < table.limit[n as usize]);
            let length = length.ok_or_else(|| corrupt("a code that is in no Huffman table"))?;
            let index = (next >> (16 - length)) as i32 + table.offset[length as usize];
            let symbol = usize::try_from(index).ok().and_then(|i| table.symbols.get(i));
            (*symbol.ok_or_else(|| corrupt("a code that is in no Huffman table"))?, length)
        };
        self.count -= length;
        if self.count < self.missing {
            return Err(truncated("pixels"));
        }
        Ok(symbol)
    }

    /// Returns the next `n` bits as a difference: the lower half of the numbers of `n` bits stands for negative ones.
    pub fn signed(&mut self, n: u32) -> Result<i32, DecodeError> {
        let v = self.take(n)?;
        Ok(if n > 0 && v < 1 << (n - 1) { v - (1 << n) + 1 } else { v })
    }

    /// Goes on behind the next restart marker.
    pub fn restart(&mut self) -> Result<(), DecodeError> {
        let found = self.data[self.at..].windows(2).position(|w| w[0] == 0xff && !matches!(w[1], 0 | 0xff));
        let marker = found.map(|i| self.at + i).ok_or_else(|| truncated("pixels"))?;
        if !matches!(self.data[marker + 1], 0xd0..=0xd7) {
            return Err(truncated("pixels"));
        }
        (self.at, self.held, self.count, self.missing) = (marker + 2, 0, 0, 0);
        Ok(())
    }

    /// Returns how many bytes were looked at.
    pub fn used(&self) -> usize {
        self.at
    }
}
