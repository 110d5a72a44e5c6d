//! What ExportToDatabase writes over a run, from many shards.

use crate::plate::Plate;
use crate::results::Results;
use crate::shards::assert_merged;
use job::ledger::MergedState;
use rusqlite::types::Value;
use rusqlite::{Connection, Row};
use std::collections::BTreeMap;

/// The rows of a database by table, but for what depends on time.
type Tables = BTreeMap<String, Vec<Vec<(String, Value)>>>;

fn tables(database: &[u8]) -> Tables {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.db");
    std::fs::write(&path, database).unwrap();
    let connection = Connection::open(&path).unwrap();
    let mut names = connection.prepare("SELECT name FROM sqlite_master WHERE type = 'table'").unwrap();
    let names: Vec<String> =
        names.query_map([], |row| row.get(0)).unwrap().collect::<Result<_, _>>().unwrap();
    let table = |name: String| {
        let mut select = connection.prepare(&format!("SELECT * FROM \"{name}\"")).unwrap();
        let columns: Vec<String> = select.column_names().iter().map(ToString::to_string).collect();
        let values = |row: &Row<'_>| {
            let timeless = columns.iter().enumerate().filter(|(_, column)| !column.contains("Time"));
            timeless.map(|(i, column)| Ok((column.clone(), row.get(i)?))).collect()
        };
        let rows = select.query_map([], values).unwrap().collect::<Result<_, _>>().unwrap();
        (name, rows)
    };
    names.into_iter().map(table).collect()
}

/// Takes the databases out of results, and what tells when they were made.
fn take_databases(results: &mut Results) -> BTreeMap<String, Tables> {
    results.0.retain(|name, _| !name.ends_with(".properties"));
    let databases = results.0.iter().filter(|(name, _)| name.ends_with(".db"));
    let databases = databases.map(|(name, bytes)| (name.clone(), tables(bytes))).collect();
    results.0.retain(|name, _| !name.ends_with(".db"));
    databases
}

#[test]
fn the_database_of_many_shards_is_that_of_one_run() {
    let plate = |size| {
        let plate = Plate::new(7).with(|message| message.shard_size = Some(size));
        let golden = include_str!("../../../conformance/golden/database/pipeline.cppipe");
        let export = &golden[golden.find("ExportToDatabase:[").unwrap()..];
        let export = &export[..export.find("\n\n").unwrap()];
        let nuclei = String::from_utf8(plate.store.get("nuclei.cppipe").unwrap().to_vec()).unwrap();
        let nuclei = nuclei.replace("ModuleCount:5", "ModuleCount:6");
        let export = export.replace("module_num:10", "module_num:6");
        let text = format!("{}\n\n{export}\n", nuclei.trim_end());
        plate.store.put("nuclei.cppipe", text).unwrap();
        plate
    };
    let mut expected = plate(7).unsharded();
    let databases = take_databases(&mut expected);
    let rows = |table: &str| databases["Combined.db"].get(table).map(Vec::len);
    assert_eq!(rows("MyExpt_Per_Image"), Some(7), "{:?}", databases["Combined.db"].keys());
    assert!(rows("MyExpt_Per_Object") > Some(7));
    for size in [1, 2, 7] {
        let plate = plate(size);
        let ledger = plate.submit().unwrap().ledger;
        assert_eq!(ledger.round(1).unwrap().unwrap().shards.len(), 7_usize.div_ceil(size as usize));
        assert_merged(plate.drive(&ledger), MergedState::Done);
        let mut results = plate.results();
        assert!(take_databases(&mut results) == databases, "{size} image sets a shard");
        results.assert_equal(&expected, &format!("{size} image sets a shard"));
    }
}
