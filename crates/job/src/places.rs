use crate::{Address, Clock};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::SystemTime;
use storage::{Budget, OpenError, Requests, Store, Stores};

/// Where addresses lead: stores by URL or path, opened once each.
#[derive(Debug, Default)]
pub struct Places {
    stores: Arc<Stores>,
    mounted: Vec<(Address, Store)>,
    copies: Vec<(Address, PathBuf)>,
    budget: Option<Budget>,
    clock: Clock,
}

impl Places {
    /// Returns the places that these stores lead to.
    pub fn new(stores: Stores) -> Self {
        Self { stores: Arc::new(stores), ..Self::default() }
    }

    /// Returns the same places, of which no more may be read than a budget has.
    pub fn within(&self, budget: &Budget) -> Self {
        let (stores, mounted) = (Arc::clone(&self.stores), self.mounted.clone());
        Self {
            stores,
            mounted,
            copies: self.copies.clone(),
            budget: Some(budget.clone()),
            clock: self.clock.clone(),
        }
    }

    /// Puts a store in the place of everything below an address.
    pub fn mount(mut self, address: Address, store: Store) -> Self {
        self.mounted.push((address, store));
        self
    }

    /// Names a folder where the files below an address can be read too, as a file system that is mounted over a bucket has
    /// them. Nothing is written there.
    pub fn also_in(mut self, address: Address, folder: PathBuf) -> Self {
        self.copies.push((address, folder));
        self
    }

    /// Returns the file that has what is at a location, where a mounted file system has it.
    pub fn copy_of(&self, location: &str) -> Option<PathBuf> {
        let (address, folder) = self.copies.iter().find(|(address, _)| address.holds(location))?;
        let path = folder.join(location[address.as_str().len()..].trim_matches('/'));
        path.is_file().then_some(path)
    }

    /// Returns how many requests were made so far of all stores but this machine's disks.
    pub fn requests(&self) -> Requests {
        let mounted = self.mounted.iter().map(|(_, store)| store.requests());
        mounted.fold(self.stores.requests(), |sum, more| Requests {
            reads: sum.reads + more.reads,
            writes: sum.writes + more.writes,
        })
    }

    /// Lets the time be what another clock says.
    pub fn with_clock(mut self, clock: Clock) -> Self {
        self.clock = clock;
        self
    }

    pub(crate) fn clock(&self) -> &Clock {
        &self.clock
    }

    /// Returns the time.
    pub fn now(&self) -> SystemTime {
        self.clock.now()
    }

    /// Returns how many calls to these stores were made again so far.
    pub fn retries(&self) -> u64 {
        self.stores.retries() + self.mounted.iter().map(|(_, store)| store.retries()).sum::<u64>()
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
