use super::location::Location;
use super::{Options, Requests, Store};
use crate::OpenError;
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

/// Stores by address: each bucket or host is opened once.
#[derive(Debug, Default)]
pub struct Stores {
    options: Options,
    open: Mutex<HashMap<String, Store>>,
}

impl Stores {
    /// Returns the stores that are opened with these options.
    pub fn new(options: Options) -> Self {
        Self { options, open: Mutex::default() }
    }

    /// Returns the store that holds an object and the object's key there, from its URL or path. `memory://` is one store.
    ///
    /// # Errors
    /// When the address is none of a store, or the program was built without S3.
    pub fn locate(&self, address: &str) -> Result<(Store, String), OpenError> {
        let location = Location::parse(address)?;
        let (place, key) = match &location {
            Location::Local(path) => {
                let path = std::path::absolute(path)
                    .map_err(|error| OpenError::Url { url: address.to_string(), why: error.to_string() })?;
                let path = path.to_string_lossy();
                return Ok((self.at("/", &Location::Local("/".into()))?, path.trim_matches('/').to_string()));
            }
            Location::Memory => {
                let key = address.trim_start_matches(|c| c != '/').trim_matches('/');
                ("memory:".to_string(), key.to_string())
            }
            Location::S3 { bucket, key } => (format!("s3://{bucket}"), key.trim_matches('/').to_string()),
            Location::Web { host, path } => (host.clone(), path.clone()),
        };
        Ok((self.at(&place, &location)?, key))
    }

    /// Returns how many requests were made so far of all stores but those of this machine's disks.
    pub fn requests(&self) -> Requests {
        let open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let mut sum = Requests::default();
        for store in open.iter().filter(|(place, _)| *place != "/").map(|(_, store)| store.requests()) {
            sum.reads += store.reads;
            sum.writes += store.writes;
        }
        sum
    }

    /// Returns how many calls to these stores were made again so far.
    pub fn retries(&self) -> u64 {
        let open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        open.values().map(Store::retries).sum()
    }

    fn at(&self, place: &str, location: &Location) -> Result<Store, OpenError> {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(store) = open.get(place) {
            return Ok(store.clone());
        }
        let store = Store::over(location.backend(&self.options)?, &self.options);
        open.insert(place.to_string(), store.clone());
        Ok(store)
    }
}
