//! One handle over local folders, S3 and memory.
//!
//! A [`Store`] is a folder of objects named by keys (`a/b.csv`), wherever it is. It is synchronous, as its callers are, and
//! may be used from any thread. What it promises on every store alike:
//!
//! - an object appears whole or not at all, and once a call has returned it survives a crash;
//! - [`Store::create`] makes an object only where there is none, [`Store::replace`] only in place of the version that was
//!   read: of any number of callers, in any number of processes, one wins;
//! - listings come in the order of keys, page by page;
//! - calls that were throttled or failed in passing are made again after a random wait ([`Retry`]), and never more than so
//!   many at once ([`Options::in_flight`]). When the answer to a conditional write was lost, the object itself tells who won: it
//!   counts as the caller's own if it holds the very bytes that were sent. So a claim must hold something of its claimant's own.
//!
//! A store knows nothing of what is stored. Underneath is a [`Backend`], which does each call once; [`faults`] puts failures
//! between the two for tests. S3 and `https://` need the cargo feature `s3`.

mod backend;
mod budget;
mod error;
pub mod faults;
mod local;
mod memory;
#[cfg(feature = "s3")]
mod s3;
mod scratch;
mod store;

pub use backend::{Backend, Condition, Entry, Meta, Pages, Put, Upload, Version};
pub use budget::Budget;
pub use error::{Error, Kind, OpenError, Result};
pub use local::Local;
pub use memory::Memory;
#[cfg(feature = "s3")]
pub use s3::{Answered, Api, Call};
pub use scratch::Scratch;
pub use store::{
    Created, Listing, Options, Reader, Replaced, Requests, Retry, S3Options, Store, Stores, Writer,
};
