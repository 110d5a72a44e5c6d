//! Buckets and web addresses, on `object_store` and `reqwest`, made synchronous.

mod answers;
mod bucket;
mod credentials;
mod runtime;
mod web;

pub use bucket::S3;
pub use web::Web;
