use super::{Loaded, load_image};
use crate::planned::is_array;
use crate::{RunError, Source};
use imageset::{Channel, Rescale, Role};
use std::sync::{Arc, Mutex, PoisonError};

/// Arrays that were loaded lately: one illumination function serves all image sets of a plate, so that it is read,
/// hashed and kept once and not by every thread for every image set.
#[derive(Debug)]
pub struct ArrayCache {
    entries: Mutex<Vec<Entry>>,
    /// How many values all arrays may have.
    room: usize,
}

impl Default for ArrayCache {
    /// Has room for eight functions of 2160×2160.
    fn default() -> Self {
        Self::with_room(8 * 2160 * 2160)
    }
}

#[derive(Debug)]
struct Entry {
    location: String,
    role: Role,
    rescale: Rescale,
    loaded: Arc<Loaded>,
}

impl ArrayCache {
    /// Returns an empty cache for arrays of `room` values together.
    pub fn with_room(room: usize) -> Self {
        Self { entries: Mutex::default(), room }
    }

    /// Loads the image of a channel; an array that was loaded lately is not loaded again.
    ///
    /// # Errors
    /// As [`load_image`].
    pub fn load(&self, channel: &Channel, source: &dyn Source) -> Result<Arc<Loaded>, RunError> {
        if !is_array(&channel.location) {
            return load_image(channel, source).map(Arc::new);
        }
        if let Some(found) = self.find(channel) {
            return Ok(found);
        }
        let loaded = Arc::new(load_image(channel, source)?);
        self.keep(channel, &loaded);
        Ok(loaded)
    }

    fn find(&self, channel: &Channel) -> Option<Arc<Loaded>> {
        let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        let at = entries.iter().position(|e| e.is_of(channel))?;
        let entry = entries.remove(at);
        let loaded = entry.loaded.clone();
        entries.push(entry);
        Some(loaded)
    }

    /// Keeps an array; those that were not asked for the longest make room.
    fn keep(&self, channel: &Channel, loaded: &Arc<Loaded>) {
        let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        if entries.iter().any(|e| e.is_of(channel)) {
            return;
        }
        let (location, role, rescale) = (channel.location.clone(), channel.role, channel.rescale);
        entries.push(Entry { location, role, rescale, loaded: loaded.clone() });
        let values = |e: &Entry| e.loaded.image.shape().len();
        let mut total: usize = entries.iter().map(values).sum();
        while total > self.room {
            total -= values(&entries.remove(0));
        }
    }
}

impl Entry {
    fn is_of(&self, channel: &Channel) -> bool {
        self.location == channel.location && self.role == channel.role && self.rescale == channel.rescale
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io;
    use std::sync::atomic::{AtomicUsize, Ordering};

    /// Arrays of one row of as many values as their name says, and how often they were read.
    struct Arrays(AtomicUsize);

    impl Source for Arrays {
        fn read(&self, location: &str) -> io::Result<Vec<u8>> {
            self.0.fetch_add(1, Ordering::Relaxed);
            let count: usize = location.trim_end_matches(".npy").parse().map_err(io::Error::other)?;
            let header = format!("{{'descr': '|u1', 'fortran_order': False, 'shape': (1, {count}), }}");
            let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
            bytes.extend(u16::try_from(header.len()).map_err(io::Error::other)?.to_le_bytes());
            bytes.extend(header.bytes());
            bytes.extend(vec![1; count]);
            Ok(bytes)
        }
    }

    fn channel(location: &str) -> Channel {
        Channel {
            name: "Illum".into(),
            role: Role::Illumination,
            location: location.into(),
            file_name: String::new(),
            path_name: String::new(),
            url: String::new(),
            series: None,
            frame: None,
            colour_channel: None,
            planes: Vec::new(),
            spacing: None,
            rescale: Rescale::Off,
        }
    }

    #[test]
    fn an_array_is_loaded_once_until_others_need_its_room() {
        let (cache, source) = (ArrayCache::with_room(100), Arrays(AtomicUsize::new(0)));
        let load = |name: &str| {
            cache.load(&channel(name), &source).expect("an array");
            source.0.load(Ordering::Relaxed)
        };
        assert_eq!([load("10.npy"), load("10.npy"), load("20.npy"), load("10.npy")], [1, 1, 2, 2]);
        assert_eq!([load("80.npy"), load("10.npy"), load("20.npy")], [3, 3, 4]);
    }
}
