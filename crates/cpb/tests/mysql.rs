//! ExportToDatabase for MySQL: the tables are those that CellProfiler writes into SQLite, the script loads all of them.

#![allow(clippy::unwrap_used, reason = "a test fails by its panic")]

use std::fs;
use std::path::Path;
use std::process::Command;

/// The golden case's databases with what they are called here.
const DATABASES: [(&str, &str); 3] = [("Combined", "combined"), ("View", "shown"), ("Each", "each")];

#[test]
fn its_tables_are_those_of_sqlite() {
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("../conformance/golden");
    let work = tempfile::tempdir().unwrap();
    let mut pipeline = fs::read_to_string(golden.join("database/pipeline.cppipe")).unwrap();
    pipeline = pipeline.replace("Database type:SQLite", "Database type:MySQL");
    for (file, database) in DATABASES {
        // The file's name comes after the database's in a module's settings.
        let end = pipeline.find(&format!("database file:{file}.db")).unwrap();
        let start = pipeline[..end].rfind("DefaultDB").unwrap();
        pipeline.replace_range(start..start + "DefaultDB".len(), database);
    }
    let path = work.path().join("pipeline.cppipe");
    fs::write(&path, pipeline).unwrap();
    let output = work.path().join("output");
    let run = Command::new(env!("CARGO_BIN_EXE_cpb"))
        .args(["run", "-p", path.to_str().unwrap(), "-i", golden.join("images").to_str().unwrap()])
        .args(["-o", output.to_str().unwrap()])
        .output()
        .unwrap();
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));

    let mut compared = 0;
    for (file, database) in DATABASES {
        let script = fs::read_to_string(output.join(format!("{database}_MyExpt_SETUP.SQL"))).unwrap();
        assert!(script.starts_with(&format!("CREATE DATABASE IF NOT EXISTS {database};\nUSE {database};\n")));
        assert!(script.contains("experiment_id integer primary key AUTO_INCREMENT"));
        assert!(script.contains("primary key (experiment_id, object_name(200), field(200))"));
        for table in ["Cells", "Nuclei", "Object", "Relationships"].map(|t| format!("MyExpt_Per_{t}")) {
            let name = format!("{database}_{table}.csv");
            let expected = golden.join(format!("database/expected/{file}.db/{table}.csv"));
            // A view has rows in SQLite's golden tables, and none of its own in a script.
            let is_view = file == "View" && table.ends_with("Object");
            if !expected.exists() || is_view {
                assert!(!output.join(&name).exists(), "{name}");
                continue;
            }
            // CellProfiler's stand as text without quotes, and with nothing where nothing is known.
            let rows = |path: &Path| {
                let text = fs::read_to_string(path).unwrap().replace(['"', '\r'], "").replace("NULL", "");
                let mut rows: Vec<String> = text.lines().map(String::from).collect();
                rows.sort();
                rows
            };
            assert_eq!(rows(&output.join(&name)), rows(&expected), "{name}");
            assert!(
                script.contains(&format!("LOAD DATA LOCAL INFILE '{name}' INTO TABLE {table} ")),
                "{name}"
            );
            compared += 1;
        }
    }
    assert_eq!(compared, 8);
}
