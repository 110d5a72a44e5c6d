use std::io;

/// Bytes that can be read at any place: a file, a block of memory, an object in a store.
pub trait ReadAt: Send + Sync {
    /// Returns the number of bytes.
    fn size(&self) -> u64;

    /// Fills `buffer` from the bytes at `offset`.
    ///
    /// # Errors
    /// When the bytes end before the buffer is full, or reading fails.
    fn read_exact_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<()>;
}

impl ReadAt for [u8] {
    fn size(&self) -> u64 {
        self.len() as u64
    }

    fn read_exact_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<()> {
        let start = usize::try_from(offset).ok();
        let found = start.and_then(|s| self.get(s..s.checked_add(buffer.len())?));
        buffer.copy_from_slice(found.ok_or(io::ErrorKind::UnexpectedEof)?);
        Ok(())
    }
}

impl ReadAt for Vec<u8> {
    fn size(&self) -> u64 {
        self.as_slice().size()
    }

    fn read_exact_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<()> {
        self.as_slice().read_exact_at(offset, buffer)
    }
}
