//! Cell Painting Batch: the command line.

fn main() {}
