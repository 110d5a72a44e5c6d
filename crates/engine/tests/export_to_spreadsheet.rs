//! The tables of ExportToSpreadsheet against those that CellProfiler made of the same measurements.

use engine::{Folders, LocalFiles, Module, RunFacts};
use imageset::ImageSet;
use measurements::{Column, Kind, Record, Relationship, Value, Values};
use serde_json::Value as Json;
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::time::SystemTime;

fn golden() -> Json {
    serde_json::from_str(include_str!("golden/export_to_spreadsheet.json")).expect("the golden data are JSON")
}

fn float(json: &Json) -> f64 {
    match json.get("float") {
        Some(text) => text.as_str().and_then(|t| t.parse().ok()).expect("a float as text"),
        None => json.as_f64().expect("a float"),
    }
}

fn columns(golden: &Json) -> Vec<Column> {
    let column = |object: &str, feature: &str, kind: &Json| match kind.as_str() {
        Some("text") => Column::text(object, feature),
        Some("integer") => Column::integer(object, feature),
        _ => Column::float(object, feature),
    };
    let mut all: Vec<Column> = map(&golden["image"]).map(|(f, v)| column("Image", f, &v[0])).collect();
    for (object, features) in map(&golden["objects"]) {
        all.extend(map(features).map(|(f, v)| column(object, f, &v[0])));
    }
    for (i, name) in golden["modules"].as_array().expect("a list").iter().enumerate().skip(1) {
        // Names the modules for the table of relationships; the selection of the image table leaves it out.
        let feature = format!("ModuleError_{:02}{}", i + 1, name.as_str().expect("a name"));
        all.push(Column::integer("Module names", feature));
    }
    all
}

fn map(json: &Json) -> impl Iterator<Item = (&str, &Json)> {
    json.as_object().expect("an object").iter().map(|(k, v)| (k.as_str(), v))
}

fn record(golden: &Json, columns: &[Column], set: usize) -> Record {
    let mut record = Record::new(set + 1);
    for column in columns.iter().filter(|c| c.object != "Module names") {
        let of_image = column.object == "Image";
        let features = if of_image { &golden["image"] } else { &golden["objects"][&column.object] };
        let value = &features[&column.feature][1][set];
        if value.is_null() {
            continue;
        }
        if of_image {
            let value = match column.kind {
                Kind::Text => Value::Text(value.as_str().expect("a text").into()),
                Kind::Integer => Value::Integer(value.as_i64().expect("a whole number")),
                Kind::Float => Value::Float(float(value)),
            };
            record.image.insert(column.feature.clone(), value);
        } else {
            let list = value.as_array().expect("a list");
            let values = match column.kind {
                Kind::Integer => Values::Integers(list.iter().filter_map(Json::as_i64).collect()),
                _ => Values::Floats(list.iter().map(float).collect()),
            };
            record.objects.entry(column.object.clone()).or_default().insert(column.feature.clone(), values);
        }
    }
    for group in golden["relationships"].as_array().expect("a list") {
        let text = |i: usize| group[i].as_str().expect("a text").to_string();
        let pairs = group[4 + set].as_array().expect("a list").iter();
        record.relationships.push(Relationship {
            module: group[0].as_u64().expect("a number") as usize,
            relationship: text(1),
            first: text(2),
            second: text(3),
            pairs: pairs.map(|p| [0, 1, 2, 3].map(|i| p[i].as_u64().expect("a number") as u32)).collect(),
        });
    }
    record
}

fn module(settings: &Json) -> Box<dyn Module> {
    let answers = settings
        .as_array()
        .expect("a list")
        .iter()
        .map(|s| cppipe::Setting { label: String::new(), value: s.as_str().expect("a text").into() });
    let module = cppipe::Module {
        name: "ExportToSpreadsheet".into(),
        number: 4,
        revision: 13,
        enabled: true,
        notes: vec![],
        settings: answers.collect(),
    };
    engine::read_module(&module).expect("settings that CellProfiler takes")
}

fn files_in(folder: &Path, root: &Path, found: &mut BTreeMap<String, String>) {
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            files_in(&path, root, found);
        } else {
            let name = path.strip_prefix(root).expect("below").to_str().expect("a name").to_string();
            found.insert(name, fs::read_to_string(&path).expect("a text"));
        }
    }
}

fn image_sets(golden: &Json) -> Vec<ImageSet> {
    let metadata = |set: usize| {
        let tags =
            map(&golden["image"]).filter_map(|(f, v)| Some((f.strip_prefix("Metadata_")?, &v[1][set])));
        tags.map(|(tag, v)| (tag.to_string(), v.as_str().expect("a text").to_string())).collect()
    };
    (0..3).map(|i| ImageSet { number: i + 1, metadata: metadata(i), ..ImageSet::default() }).collect()
}

#[test]
fn tables_are_the_same_letter_by_letter() {
    let golden = golden();
    let columns = columns(&golden);
    let image_sets = image_sets(&golden);
    for (name, variant) in map(&golden["variants"]) {
        let folder = tempfile::tempdir().expect("a folder");
        let output = folder.path().to_str().expect("a path").to_string();
        let folders = Folders { input: output.clone(), output };
        // All tables are those of all objects: the stand-in for the modules' names is none.
        let all = variant["settings"][12] == "Yes";
        let columns: Vec<Column> =
            columns.iter().filter(|c| !all || c.object != "Module names").cloned().collect();
        let module = module(&variant["settings"]);
        let facts = RunFacts {
            started: SystemTime::now(),
            columns: &columns,
            columns_so_far: columns.len(),
            relationships: &[],
            image_sets: &image_sets,
            experiment: &[],
            folders: &folders,
            source: &LocalFiles,
            sink: &LocalFiles,
            pipeline: "the pipeline",
        };
        let mut sink = module.record_sink(facts).expect("a place to write").expect("it exports");
        for set in 0..3 {
            sink.record(&record(&golden, &columns, set)).expect("rows are written");
        }
        let mut found = BTreeMap::new();
        files_in(folder.path(), folder.path(), &mut found);
        assert!(found.keys().all(|f| f.ends_with(".part")), "{name}: {:?} before the end", found.keys());
        sink.finish(&mut engine::Experiment::new()).expect("tables are written");
        found.clear();
        files_in(folder.path(), folder.path(), &mut found);
        let expected: Vec<&str> = map(&variant["files"]).map(|(f, _)| f).collect();
        assert_eq!(found.keys().map(String::as_str).collect::<Vec<_>>(), expected, "{name}");
        for (file, text) in map(&variant["files"]) {
            if file.ends_with("Experiment.csv") {
                assert!(found[file].starts_with("Key,Value\r\n"), "{name}: {file}");
            } else {
                assert_eq!(found[file], text.as_str().expect("a text"), "{name}: {file}");
            }
        }
    }
}

#[test]
fn a_table_that_may_not_be_replaced_is_not() {
    let golden = golden();
    let (columns, image_sets) = (columns(&golden), image_sets(&golden));
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("Image.csv"), "mine").expect("a file");
    let output = folder.path().to_str().expect("a path").to_string();
    let folders = Folders { input: output.clone(), output };
    let mut settings = golden["variants"]["all"]["settings"].clone();
    settings[17] = "No".into();
    let module = module(&settings);
    let facts = RunFacts {
        started: SystemTime::now(),
        columns: &columns,
        columns_so_far: columns.len(),
        relationships: &[],
        image_sets: &image_sets,
        experiment: &[],
        folders: &folders,
        source: &LocalFiles,
        sink: &LocalFiles,
        pipeline: "",
    };
    let error = module.record_sink(facts).err().expect("a refusal").to_string();
    assert!(error.contains("Image.csv`: move the files away"), "{error}");
}
