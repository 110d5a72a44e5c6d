use std::num::NonZeroUsize;
use std::sync::{Condvar, Mutex, PoisonError};

/// Lets so many calls through at once.
pub struct Gate {
    free: Mutex<usize>,
    one_left: Condvar,
}

impl Gate {
    pub fn new(room: NonZeroUsize) -> Self {
        Self { free: Mutex::new(room.get()), one_left: Condvar::new() }
    }

    /// Waits for a place; it is given back when the pass is dropped.
    pub fn pass(&self) -> Pass<'_> {
        let free = self.free.lock().unwrap_or_else(PoisonError::into_inner);
        let mut free =
            self.one_left.wait_while(free, |free| *free == 0).unwrap_or_else(PoisonError::into_inner);
        *free -= 1;
        Pass(self)
    }
}

pub struct Pass<'a>(&'a Gate);

impl Drop for Pass<'_> {
    fn drop(&mut self) {
        *self.0.free.lock().unwrap_or_else(PoisonError::into_inner) += 1;
        self.0.one_left.notify_one();
    }
}
