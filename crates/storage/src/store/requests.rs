use std::sync::atomic::{AtomicU64, Ordering};

/// How many requests were made of a store, in the two classes that S3 has prices for; each attempt is one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Requests {
    /// Objects read or looked at.
    pub reads: u64,
    /// Objects written or copied, parts of them, pages of listings.
    pub writes: u64,
}

/// The class of a request.
#[derive(Clone, Copy)]
pub(super) enum Paid {
    Read,
    Write,
    /// S3 takes nothing for removals.
    Free,
}

#[derive(Default)]
pub(super) struct Counter {
    reads: AtomicU64,
    writes: AtomicU64,
}

impl Counter {
    pub fn add(&self, paid: Paid) {
        match paid {
            Paid::Read => self.reads.fetch_add(1, Ordering::Relaxed),
            Paid::Write => self.writes.fetch_add(1, Ordering::Relaxed),
            Paid::Free => 0,
        };
    }

    pub fn now(&self) -> Requests {
        Requests { reads: self.reads.load(Ordering::Relaxed), writes: self.writes.load(Ordering::Relaxed) }
    }
}
