//! Image algorithms on bare arrays, with the numbers of CellProfiler 4.2.8.
//!
//! One file an algorithm, its source named. Nothing here knows a pipeline or a module.

pub mod binary_shrink;
pub mod bspline_surface;
pub mod centers;
pub mod connected_components;
pub mod convex_hull;
pub mod convex_hull_transform;
pub mod declump;
pub mod distance_transform;
pub mod enclosing_circle;
pub mod feret;
pub mod fill_holes;
pub mod gaussian;
pub mod illumination;
pub mod intensity;
pub mod introsort;
pub mod least_squares;
pub mod local_maxima;
pub mod map_coordinates;
pub mod median;
pub mod moments;
pub mod morphology;
pub mod numpy;
pub mod object_extrema;
pub mod outline;
pub mod overlap;
pub mod perimeter;
pub mod polynomial_surface;
pub mod propagate;
pub mod random;
pub mod regions;
pub mod relabel;
pub mod resize;
pub mod rgb_to_grey;
pub mod size_shape;
pub mod sobel;
pub mod spline_background;
pub mod threshold;
pub mod tie_heap;
pub mod watershed;
pub mod zernike;
