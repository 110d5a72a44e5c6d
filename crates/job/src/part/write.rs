use super::{Entry, FORMAT, MAGIC, WrittenFile};
use crate::Class;
use crate::engine::ImageSetFailure;
use measurements::{Relationship, Value, Values};
use std::collections::HashMap;

/// Writes the entries of a part, one after the other.
#[derive(Debug)]
pub struct PartWriter {
    bytes: Vec<u8>,
    names: HashMap<String, u64>,
    count: usize,
}

impl Default for PartWriter {
    fn default() -> Self {
        let mut bytes = MAGIC.to_vec();
        bytes.push(FORMAT);
        Self { bytes, names: HashMap::new(), count: 0 }
    }
}

impl PartWriter {
    /// Returns how many entries there are.
    pub fn count(&self) -> usize {
        self.count
    }

    /// Returns how many bytes there are.
    pub fn size(&self) -> usize {
        self.bytes.len()
    }

    /// Returns the part.
    pub fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }

    /// Adds an entry.
    pub fn add(&mut self, entry: &Entry) {
        self.count += 1;
        let record = &entry.record;
        self.number(record.image_number as u64);
        self.number(record.image.len() as u64);
        for (feature, value) in &record.image {
            self.name(feature);
            self.value(value);
        }
        self.number(record.objects.len() as u64);
        for (object, features) in &record.objects {
            self.name(object);
            self.number(features.len() as u64);
            for (feature, values) in features {
                self.name(feature);
                self.values(values);
            }
        }
        self.number(record.relationships.len() as u64);
        record.relationships.iter().for_each(|r| self.relationship(r));
        match &entry.failure {
            None => self.bytes.push(0),
            Some(failure) => self.failure(failure),
        }
        self.number(entry.files.len() as u64);
        entry.files.iter().for_each(|file| self.file(file));
    }

    /// Seven bits a byte, the least first.
    fn number(&mut self, mut number: u64) {
        while number >= 0x80 {
            self.bytes.push(number as u8 | 0x80);
            number >>= 7;
        }
        self.bytes.push(number as u8);
    }

    /// Small numbers of either sign are short.
    fn signed(&mut self, number: i64) {
        self.number(((number << 1) ^ (number >> 63)) as u64);
    }

    fn text(&mut self, text: &str) {
        self.number(text.len() as u64);
        self.bytes.extend_from_slice(text.as_bytes());
    }

    /// A name that comes again and again: 0 and its text the first time, then its place.
    fn name(&mut self, name: &str) {
        if let Some(&place) = self.names.get(name) {
            return self.number(place);
        }
        self.names.insert(name.to_string(), self.names.len() as u64 + 1);
        self.number(0);
        self.text(name);
    }

    fn value(&mut self, value: &Value) {
        match value {
            Value::Integer(v) => {
                self.bytes.push(0);
                self.signed(*v);
            }
            Value::Float(v) => {
                self.bytes.push(1);
                self.bytes.extend_from_slice(&v.to_le_bytes());
            }
            Value::Text(v) => {
                self.bytes.push(2);
                self.text(v);
            }
        }
    }

    fn values(&mut self, values: &Values) {
        match values {
            Values::Integers(v) => {
                self.bytes.push(0);
                self.number(v.len() as u64);
                v.iter().for_each(|&v| self.signed(v));
            }
            Values::Floats(v) => {
                self.bytes.push(1);
                self.number(v.len() as u64);
                v.iter().for_each(|v| self.bytes.extend_from_slice(&v.to_le_bytes()));
            }
            Values::Texts(v) => {
                self.bytes.push(2);
                self.number(v.len() as u64);
                v.iter().for_each(|v| self.text(v));
            }
        }
    }

    fn relationship(&mut self, relationship: &Relationship) {
        self.number(relationship.module as u64);
        self.name(&relationship.relationship);
        self.name(&relationship.first);
        self.name(&relationship.second);
        self.number(relationship.pairs.len() as u64);
        relationship.pairs.iter().flatten().for_each(|&n| self.number(u64::from(n)));
    }

    fn failure(&mut self, failure: &ImageSetFailure) {
        self.bytes.push(match failure.class {
            Class::Input => 1,
            Class::Memory => 2,
            Class::Interrupted => 3,
            Class::Internal => 4,
        });
        self.number(failure.module_number as u64);
        self.name(&failure.module);
        self.text(&failure.message);
    }

    fn file(&mut self, file: &WrittenFile) {
        self.text(&file.path);
        self.number(file.size);
        self.text(&file.sha256);
    }
}
