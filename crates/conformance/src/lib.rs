//! Compares two result folders by the parity rule and runs the cases.

pub mod survey;
