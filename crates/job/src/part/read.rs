use super::{Entry, FORMAT, MAGIC, PartError, WrittenFile};
use crate::Class;
use crate::engine::ImageSetFailure;
use measurements::{Record, Relationship, Value, Values};
use std::collections::BTreeMap;

/// Reads the entries of a part, one after the other.
#[derive(Debug)]
pub struct PartReader<'a> {
    bytes: &'a [u8],
    at: usize,
    names: Vec<String>,
}

impl<'a> PartReader<'a> {
    /// Starts at the first entry.
    ///
    /// # Errors
    /// When `bytes` is no part, or one of a newer format.
    pub fn new(bytes: &'a [u8]) -> Result<Self, PartError> {
        match bytes.strip_prefix(&MAGIC) {
            Some([FORMAT, ..]) => Ok(Self { bytes, at: MAGIC.len() + 1, names: Vec::new() }),
            Some([format, ..]) => Err(PartError::Format(*format)),
            _ => Err(PartError::NotAPart),
        }
    }

    fn entry(&mut self) -> Result<Entry, PartError> {
        let image_number = self.size()?;
        let mut image = BTreeMap::new();
        for _ in 0..self.count(2)? {
            image.insert(self.name()?, self.value()?);
        }
        let mut objects = BTreeMap::new();
        for _ in 0..self.count(2)? {
            let object = self.name()?;
            let mut features = BTreeMap::new();
            for _ in 0..self.count(3)? {
                features.insert(self.name()?, self.values()?);
            }
            objects.insert(object, features);
        }
        let relationships = (0..self.count(5)?).map(|_| self.relationship()).collect::<Result<_, _>>()?;
        let failure = self.failure()?;
        let files = (0..self.count(3)?).map(|_| self.file()).collect::<Result<_, _>>()?;
        Ok(Entry { record: Record { image_number, image, objects, relationships }, failure, files })
    }

    fn damaged(&self) -> PartError {
        PartError::Damaged(self.at)
    }

    fn take(&mut self, count: usize) -> Result<&'a [u8], PartError> {
        let end = self.at.checked_add(count).ok_or_else(|| self.damaged())?;
        let taken = self.bytes.get(self.at..end).ok_or_else(|| self.damaged())?;
        self.at = end;
        Ok(taken)
    }

    fn byte(&mut self) -> Result<u8, PartError> {
        Ok(self.take(1)?[0])
    }

    fn number(&mut self) -> Result<u64, PartError> {
        let mut number = 0;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            number |= u64::from(byte & 0x7F) << shift;
            if byte < 0x80 {
                return Ok(number);
            }
        }
        Err(self.damaged())
    }

    fn signed(&mut self) -> Result<i64, PartError> {
        let number = self.number()?;
        Ok((number >> 1) as i64 ^ -((number & 1) as i64))
    }

    fn size(&mut self) -> Result<usize, PartError> {
        usize::try_from(self.number()?).map_err(|_| self.damaged())
    }

    /// Reads how many things follow, of `least` bytes each at the least: no more than there is room for.
    fn count(&mut self, least: usize) -> Result<usize, PartError> {
        let count = self.size()?;
        if count > (self.bytes.len() - self.at) / least { Err(self.damaged()) } else { Ok(count) }
    }

    fn text(&mut self) -> Result<String, PartError> {
        let length = self.size()?;
        let bytes = self.take(length)?;
        std::str::from_utf8(bytes).map(String::from).map_err(|_| self.damaged())
    }

    fn name(&mut self) -> Result<String, PartError> {
        match self.size()? {
            0 => {
                let name = self.text()?;
                self.names.push(name.clone());
                Ok(name)
            }
            place => self.names.get(place - 1).cloned().ok_or_else(|| self.damaged()),
        }
    }

    fn float(&mut self) -> Result<f64, PartError> {
        let bytes = self.take(8)?.try_into().map_err(|_| self.damaged())?;
        Ok(f64::from_le_bytes(bytes))
    }

    fn value(&mut self) -> Result<Value, PartError> {
        match self.byte()? {
            0 => self.signed().map(Value::Integer),
            1 => self.float().map(Value::Float),
            2 => self.text().map(Value::Text),
            _ => Err(self.damaged()),
        }
    }

    fn values(&mut self) -> Result<Values, PartError> {
        match self.byte()? {
            0 => Ok(Values::Integers((0..self.count(1)?).map(|_| self.signed()).collect::<Result<_, _>>()?)),
            1 => Ok(Values::Floats((0..self.count(8)?).map(|_| self.float()).collect::<Result<_, _>>()?)),
            2 => Ok(Values::Texts((0..self.count(1)?).map(|_| self.text()).collect::<Result<_, _>>()?)),
            _ => Err(self.damaged()),
        }
    }

    fn relationship(&mut self) -> Result<Relationship, PartError> {
        let module = self.size()?;
        let (relationship, first, second) = (self.name()?, self.name()?, self.name()?);
        let mut pairs = Vec::new();
        for _ in 0..self.count(4)? {
            let mut pair = [0; 4];
            for number in &mut pair {
                *number = u32::try_from(self.number()?).map_err(|_| self.damaged())?;
            }
            pairs.push(pair);
        }
        Ok(Relationship { module, relationship, first, second, pairs })
    }

    fn failure(&mut self) -> Result<Option<ImageSetFailure>, PartError> {
        let class = match self.byte()? {
            0 => return Ok(None),
            1 => Class::Input,
            2 => Class::Memory,
            3 => Class::Interrupted,
            4 => Class::Internal,
            _ => return Err(self.damaged()),
        };
        let (module_number, module, message) = (self.size()?, self.name()?, self.text()?);
        Ok(Some(ImageSetFailure { class, module_number, module, message }))
    }

    fn file(&mut self) -> Result<WrittenFile, PartError> {
        Ok(WrittenFile { path: self.text()?, size: self.number()?, sha256: self.text()? })
    }
}

impl Iterator for PartReader<'_> {
    type Item = Result<Entry, PartError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.at >= self.bytes.len() {
            return None;
        }
        let entry = self.entry();
        if entry.is_err() {
            self.at = self.bytes.len();
        }
        Some(entry)
    }
}
