use crate::Address;
use storage::{OpenError, Store, Stores};

/// Where addresses lead: stores by URL or path, opened once each.
#[derive(Debug, Default)]
pub struct Places {
    stores: Stores,
    mounted: Vec<(Address, Store)>,
}

impl Places {
    /// Returns the places that these stores lead to.
    pub fn new(stores: Stores) -> Self {
        Self { stores, mounted: Vec::new() }
    }

    /// Puts a store in the place of everything below an address.
    pub fn mount(mut self, address: Address, store: Store) -> Self {
        self.mounted.push((address, store));
        self
    }

    /// Returns the store that holds a location, a path or URL, and its key there.
    ///
    /// # Errors
    /// When the location is none of a store.
    pub fn locate(&self, location: &str) -> Result<(Store, String), OpenError> {
        match self.mounted.iter().find(|(address, _)| address.holds(location)) {
            Some((address, store)) => {
                let key = location[address.as_str().len()..].trim_matches('/');
                Ok((store.clone(), key.to_string()))
            }
            None => self.stores.locate(location),
        }
    }

    /// Returns the store of a folder: its keys start below the address.
    ///
    /// # Errors
    /// When the address is none of a store.
    pub fn folder(&self, address: &Address) -> Result<Store, OpenError> {
        let (store, key) = self.locate(address.as_str())?;
        Ok(store.folder(&key))
    }

    /// Returns whether a location is a plain file of this machine.
    pub fn is_local_file(&self, location: &str) -> bool {
        location.starts_with('/') && !self.mounted.iter().any(|(address, _)| address.holds(location))
    }
}
