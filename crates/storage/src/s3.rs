//! Buckets and web addresses, on `object_store` and `reqwest`, made synchronous.

mod answers;
mod api;
mod bucket;
mod credentials;
mod runtime;
mod web;

pub use api::{Answered, Api, Call};
pub use bucket::S3;
pub use web::Web;
