//! Reads bytes as a table of LoadData; every value is of the type of its column.
#![no_main]

use imageset::{Cell, ColumnType, Table};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Ok(table) = Table::read("t.csv", bytes, None) else { return };
    for row in 0..table.rows.len() {
        for column in 0..table.columns.len() {
            let cell = table.cell(row, column);
            match table.types[column] {
                ColumnType::Integer => assert!(matches!(cell, Cell::Integer(_))),
                ColumnType::Float => assert!(matches!(cell, Cell::Float(_))),
                ColumnType::Text => assert!(matches!(cell, Cell::Text(_))),
            }
        }
    }
});
