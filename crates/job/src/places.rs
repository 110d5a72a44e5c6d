use crate::Address;
use std::sync::Arc;
use storage::{Budget, OpenError, Store, Stores};

/// Where addresses lead: stores by URL or path, opened once each.
#[derive(Debug, Default)]
pub struct Places {
    stores: Arc<Stores>,
    mounted: Vec<(Address, Store)>,
    budget: Option<Budget>,
}

impl Places {
    /// Returns the places that these stores lead to.
    pub fn new(stores: Stores) -> Self {
        Self { stores: Arc::new(stores), ..Self::default() }
    }

    /// Returns the same places, of which no more may be read than a budget has.
    pub fn within(&self, budget: &Budget) -> Self {
        let (stores, mounted) = (Arc::clone(&self.stores), self.mounted.clone());
        Self { stores, mounted, budget: Some(budget.clone()) }
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
        let (store, key) = match self.mounted.iter().find(|(address, _)| address.holds(location)) {
            Some((address, store)) => {
                let key = location[address.as_str().len()..].trim_matches('/');
                (store.clone(), key.to_string())
            }
            None => self.stores.locate(location)?,
        };
        Ok((self.budget.as_ref().map_or(store.clone(), |budget| budget.around(&store)), key))
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
