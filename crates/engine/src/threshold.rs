//! The threshold settings that IdentifyPrimaryObjects, IdentifySecondaryObjects and Threshold share.

mod apply;
mod level;
mod settings;
mod upgrade;

pub use apply::Thresholded;
pub use settings::{Adaptive, Strategy, ThresholdSettings, Use};
