//! The files of an output, as they are compared.

use std::collections::BTreeMap;
use storage::Store;

/// The files of an output by name; of tables without what depends on time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Results(pub BTreeMap<String, Vec<u8>>);

impl Results {
    /// Reads what is in an output, but for the ledger and the provenance.
    pub fn of(output: &Store) -> Self {
        let mut files = BTreeMap::new();
        for meta in output.list("") {
            let key = meta.unwrap().key;
            if key.starts_with(".cpb/") || key == "provenance.json" {
                continue;
            }
            let bytes = output.get(&key).unwrap().to_vec();
            let bytes = match key.as_str() {
                "Image.csv" => without_times(&bytes),
                "Experiment.csv" => without_timestamps(&bytes),
                _ => bytes,
            };
            files.insert(key, bytes);
        }
        Self(files)
    }

    /// Returns the ImageNumbers of the image table, in its order.
    pub fn image_numbers(&self) -> Vec<usize> {
        self.column("Image.csv", "ImageNumber").iter().map(|number| number.parse().unwrap()).collect()
    }

    /// Returns a column of a table.
    pub fn column(&self, table: &str, column: &str) -> Vec<String> {
        let rows = rows(&self.0[table]);
        let place = rows[0].iter().position(|name| name == column).unwrap();
        rows[1..].iter().map(|row| row[place].clone()).collect()
    }

    #[track_caller]
    pub fn assert_equal(&self, other: &Self, what: &str) {
        let names = |results: &Self| results.0.keys().cloned().collect::<Vec<_>>();
        assert_eq!(names(self), names(other), "{what}");
        for (name, bytes) in &self.0 {
            let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
            assert!(bytes == &other.0[name], "{what}: {name}:\n{}\n{}", text(bytes), text(&other.0[name]));
        }
    }
}

fn rows(bytes: &[u8]) -> Vec<Vec<String>> {
    let text = String::from_utf8_lossy(bytes).into_owned();
    text.lines().map(|line| line.split(',').map(String::from).collect()).collect()
}

fn without_times(table: &[u8]) -> Vec<u8> {
    let rows = rows(table);
    let kept: Vec<bool> = rows[0].iter().map(|name| !name.starts_with("ExecutionTime_")).collect();
    let line = |row: &Vec<String>| {
        let fields = row.iter().zip(&kept).filter(|(_, kept)| **kept).map(|(field, _)| field.as_str());
        fields.collect::<Vec<_>>().join(",")
    };
    rows.iter().map(line).collect::<Vec<_>>().join("\n").into_bytes()
}

fn without_timestamps(table: &[u8]) -> Vec<u8> {
    let text = String::from_utf8_lossy(table).into_owned();
    let lines = text.lines().filter(|line| !line.contains("_Timestamp,"));
    lines.collect::<Vec<_>>().join("\n").into_bytes()
}
