//! The threshold settings that IdentifyPrimaryObjects, IdentifySecondaryObjects and Threshold share.

mod apply;
mod settings;
mod upgrade;

pub use apply::Thresholded;
pub use settings::{Adaptive, Averaging, Method, Middle, Strategy, ThresholdSettings, Use, Variance};
