//! Cell Painting Batch on AWS: messages from SQS become array jobs of AWS Batch, whose results are in S3.
//!
//! What a job is, and how it stands, is in the crate `job` and its ledger; nothing here knows of image sets.

mod batch;
mod client;
mod dead_letters;
mod deploy;
mod dispatcher;
mod fargate;
pub mod image;
mod lambda;
pub mod log;
mod placement;
mod planning;
mod reconcile;
mod registry;
mod settings;
mod stack;
mod xml;

pub use batch::{Batch, BatchExecutor, BatchSettings};
pub use client::{Aws, AwsError};
pub use dead_letters::{DeadLetters, RedriveError};
pub use deploy::{Change, DeployError, Deployed, Deployer};
pub use dispatcher::{Dispatched, Dispatcher, Rejected};
pub use lambda::{run as run_lambda, runtime_api};
pub use placement::{Turn, turn_of};
pub use planning::{PlanningError, PlanningLimits, plan_marked};
pub use registry::{Reference, Repository};
pub use settings::{Settings, SettingsError};
pub use stack::Stack;
