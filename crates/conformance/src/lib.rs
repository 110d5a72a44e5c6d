//! Compares two result folders by the parity rule, and runs the cases.
//!
//! The rule: same files, same columns in the same order, same rows; text and integers the same; floats within
//! 1e-6 + 1e-5·|expected|, NaN equal to NaN; label matrices and images pixel by pixel. Columns of time, host,
//! path and digest are left out.

mod case;
mod compare;
mod databases;
mod expectations;
mod images;
mod labels;
mod report;
mod rule;
pub mod survey;
mod tables;

pub use case::{Case, find_cases};
pub use compare::{Comparison, Score, compare};
pub use expectations::Expectations;
pub use report::{Row, by_module, table};
