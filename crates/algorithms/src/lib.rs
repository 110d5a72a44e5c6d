//! Image algorithms on bare arrays, with the numbers of CellProfiler 4.2.8.
//!
//! One file an algorithm, its source named. Nothing here knows a pipeline or a module.

pub mod intensity;
pub mod introsort;
pub mod object_extrema;
pub mod regions;
