//! Which tables a database has, and the statements that make them.

use super::column_names::ColumnNames;
use super::{ExportToDatabase, ObjectTables};
use crate::aggregates::Aggregates;
use crate::{Relates, RunFacts};
use measurements::tables::{IMAGE_NUMBER, OBJECT_NUMBER};
use measurements::{Column, EXPERIMENT, IMAGE, Kind};
use std::collections::{BTreeSet, HashMap};

/// The feature that numbers the objects of a table of one object set.
pub(super) const NUMBER: &str = "Number_Object_Number";

/// The tables of a database and their columns.
pub(super) struct Schema<'a> {
    pub(super) prefix: &'a str,
    kind: ObjectTables,
    /// The object sets that are written, in alphabetical order.
    pub(super) objects: Vec<String>,
    /// What is measured of images and of all object sets, as the tables have it: images first, then by name; an
    /// object's number before its other features.
    columns: Vec<Field>,
    pub(super) aggregates: Aggregates,
    /// The aggregates' names, as the table of images has them: by object set, feature and kind.
    pub(super) aggregate_names: Vec<String>,
    names: ColumnNames,
}

/// A measurement that has a column.
#[derive(Clone, Debug)]
pub(super) struct Field {
    pub(super) column: Column,
    /// Whether it is measured before the database takes the image set.
    pub(super) made_before: bool,
}

/// A table of objects: of one object set, or of all side by side.
pub(super) struct ObjectTable {
    pub(super) table: String,
    pub(super) objects: Vec<String>,
    /// Whether the rows are numbered by a column of their own.
    pub(super) numbered: bool,
}

impl<'a> Schema<'a> {
    pub(super) fn new(module: &'a ExportToDatabase, run: &RunFacts<'_>) -> Self {
        let columns = fields(run);
        let mut objects: BTreeSet<String> = columns.iter().map(|f| f.column.object.clone()).collect();
        objects.retain(|name| name != IMAGE && module.objects.has(name));
        let objects: Vec<String> = objects.into_iter().collect();
        let sorted: Vec<Column> = columns.iter().map(|f| f.column.clone()).collect();
        let written = |c: &Column| objects.contains(&c.object) && !c.feature.starts_with("ExecutionTime_");
        let aggregates = Aggregates::new(&module.aggregates, &sorted, written);
        let mut features: BTreeSet<String> = [IMAGE_NUMBER.to_string(), OBJECT_NUMBER.to_string()].into();
        for c in &sorted {
            features.insert(feature(c));
            if c.object != IMAGE {
                features.extend(module.aggregates.iter().map(|a| a.feature(&c.object, &c.feature)));
            }
        }
        let names = ColumnNames::new(features, module.longest_name);
        let mut aggregate_names: Vec<(usize, String)> = Vec::new();
        let place: HashMap<(&str, &str), usize> =
            sorted.iter().enumerate().map(|(i, c)| ((c.object.as_str(), c.feature.as_str()), i)).collect();
        for (_, c, name) in aggregates.iter() {
            aggregate_names.push((place[&(c.object.as_str(), c.feature.as_str())], name.to_string()));
        }
        aggregate_names.sort_by_key(|(place, _)| *place);
        let aggregate_names = aggregate_names.into_iter().map(|(_, name)| name).collect();
        Self {
            prefix: &module.prefix,
            kind: module.tables,
            objects,
            columns,
            aggregates,
            aggregate_names,
            names,
        }
    }

    /// Returns a table's name.
    pub(super) fn table(&self, name: &str) -> String {
        format!("{}Per_{name}", self.prefix)
    }

    /// Returns the name of a measurement's column.
    pub(super) fn name(&self, column: &Column) -> &str {
        self.names.of(&feature(column))
    }

    /// Returns the name of the column of an aggregate.
    pub(super) fn aggregate_name(&self, name: &str) -> &str {
        self.names.of(name)
    }

    /// Returns what the table of images has of images.
    pub(super) fn of_images(&self) -> impl Iterator<Item = &Field> {
        self.columns.iter().filter(|f| f.column.object == IMAGE)
    }

    /// Returns what is measured of an object set.
    pub(super) fn of_objects<'n>(&'n self, object: &'n str) -> impl Iterator<Item = &'n Field> {
        let timed = |f: &&Field| f.column.feature.starts_with("ExecutionTime_");
        self.columns.iter().filter(move |f| f.column.object == object && !timed(f))
    }

    /// Returns the tables of objects.
    pub(super) fn object_tables(&self) -> Vec<ObjectTable> {
        if self.objects.is_empty() {
            return Vec::new();
        }
        if self.kind == ObjectTables::One {
            let table = self.table("Object");
            return vec![ObjectTable { table, objects: self.objects.clone(), numbered: true }];
        }
        let one = |name: &String| ObjectTable {
            table: self.table(name),
            objects: vec![name.clone()],
            numbered: false,
        };
        self.objects.iter().map(one).collect()
    }

    /// Returns the statements that make the tables of images and objects anew.
    pub(super) fn create_measurements(&self, wants_objects: bool) -> Vec<String> {
        let mut statements = Vec::new();
        if wants_objects {
            let mut tables = self.object_tables();
            if tables.is_empty() && self.kind == ObjectTables::One {
                // CellProfiler makes the table even where there is no object set.
                let table = self.table("Object");
                tables.push(ObjectTable { table, objects: Vec::new(), numbered: true });
            }
            for table in &tables {
                statements.push(format!("DROP TABLE IF EXISTS {}", table.table));
                statements.push(self.create_objects(table));
            }
            if self.kind == ObjectTables::View && !self.objects.is_empty() {
                statements.push(self.create_view());
            }
        }
        statements.push(format!("DROP TABLE IF EXISTS {}", self.table(IMAGE)));
        statements.push(self.create_images());
        statements
    }

    fn create_images(&self) -> String {
        let mut lines = vec![format!("{IMAGE_NUMBER} INTEGER")];
        let of_images = self.of_images().map(|Field { column, .. }| {
            let kind = match column.declared {
                _ if column.feature.starts_with("Thumbnail_") => "longblob",
                Some(Kind::Text) => "TEXT",
                kind => declared(kind),
            };
            format!("{} {kind}", self.name(column))
        });
        lines.extend(of_images);
        lines.extend(self.aggregate_names.iter().map(|name| format!("{} float", self.names.of(name))));
        lines.push(format!("PRIMARY KEY ({IMAGE_NUMBER}) "));
        format!("CREATE TABLE {} (\n{})", self.table(IMAGE), lines.join(",\n"))
    }

    fn create_objects(&self, table: &ObjectTable) -> String {
        let mut statement = format!("CREATE TABLE {} (\n{IMAGE_NUMBER} INTEGER\n", table.table);
        let key = match table.objects.first() {
            Some(object) if !table.numbered => format!("{object}_{NUMBER}"),
            _ => {
                statement.push_str(&format!(",{OBJECT_NUMBER} INTEGER"));
                OBJECT_NUMBER.into()
            }
        };
        for Field { column, .. } in table.objects.iter().flat_map(|o| self.of_objects(o)) {
            statement.push_str(&format!(",\n{} {}", self.name(column), declared(column.declared)));
        }
        statement + &format!(",\nPRIMARY KEY ({IMAGE_NUMBER}, {key}) )")
    }

    /// Returns the statement that makes one table of all object tables to look at: rows that all of them have.
    fn create_view(&self) -> String {
        let first = &self.objects[0];
        let first_table = self.table(first);
        let mut columns =
            vec![format!("{first_table}.{IMAGE_NUMBER}"), format!("{first}_{NUMBER} AS {OBJECT_NUMBER}")];
        for object in &self.objects {
            columns.extend(self.of_objects(object).map(|f| self.name(&f.column).to_string()));
        }
        let mut statement = format!(
            "CREATE VIEW {} AS SELECT {} FROM {first_table}",
            self.table("Object"),
            columns.join(",")
        );
        for object in &self.objects[1..] {
            let table = self.table(object);
            statement.push_str(&format!(
                " INNER JOIN {table} ON {first_table}.{IMAGE_NUMBER} = {table}.{IMAGE_NUMBER} AND \
                 {first_table}.{first}_{NUMBER} = {table}.{object}_{NUMBER}"
            ));
        }
        statement
    }

    /// Returns the statements that make the tables of relationships anew; a type's number is its place from 1.
    pub(super) fn create_relationships(&self, relationships: &[(usize, Relates)]) -> Vec<String> {
        let [view, pairs, types] =
            ["RelationshipsView", "Relationships", "RelationshipTypes"].map(|name| self.table(name));
        let mut statements = vec![
            format!("DROP VIEW IF EXISTS {view}"),
            format!("DROP TABLE IF EXISTS {pairs}"),
            format!("DROP TABLE IF EXISTS {types}"),
            format!(
                "CREATE TABLE {types} (relationship_type_id integer primary key, module_number integer, \
                 relationship varchar(255), object_name1 varchar(255), object_name2 varchar(255), CONSTRAINT \
                 {types}Unique UNIQUE ( relationship_type_id, module_number, relationship, object_name1, \
                 object_name2 ))"
            ),
        ];
        for (id, (module, relates)) in (1..).zip(relationships) {
            let Relates { relationship, first, second } = relates;
            statements.push(format!(
                "INSERT INTO {types} VALUES({id}, {module}, '{relationship}', '{first}', '{second}')"
            ));
        }
        let key = self.table("RRTypeIdFK");
        let unique = self.table("RelationshipUnique");
        statements.push(format!(
            "CREATE TABLE {pairs} ( relationship_type_id integer, image_number1 integer, object_number1 integer, \
             image_number2 integer, object_number2 integer ,CONSTRAINT {key} FOREIGN KEY ( relationship_type_id \
             )  REFERENCES {types} ( relationship_type_id ) ,CONSTRAINT {unique} UNIQUE ( relationship_type_id, \
             image_number1, object_number1, image_number2, object_number2 ))"
        ));
        for number in [1, 2] {
            let index = self.table(&format!("IRelationships{number}"));
            statements.push(format!(
                "CREATE INDEX {index} ON {pairs} ( image_number{number}, object_number{number}, \
                 relationship_type_id )"
            ));
        }
        statements.push(format!(
            "CREATE VIEW {view} AS SELECT T.module_number, T.relationship, T.object_name1, T.object_name2, \
             R.image_number1, R.object_number1, R.image_number2, R.object_number2 FROM {types} T JOIN {pairs} R ON  \
             T.relationship_type_id = R.relationship_type_id"
        ));
        statements
    }
}

/// Returns the measurements that have columns, sorted; of one that is declared twice the last counts.
fn fields(run: &RunFacts<'_>) -> Vec<Field> {
    let left_out = |c: &Column| {
        c.declared.is_none()
            || [EXPERIMENT, "Neighbors"].contains(&c.object.as_str())
            || ["Description_", "ModuleError_", "TimeElapsed_"].iter().any(|n| c.feature.starts_with(n))
    };
    let mut fields: Vec<Field> = Vec::new();
    for (place, column) in run.columns.iter().enumerate().filter(|(_, c)| !left_out(c)) {
        fields.push(Field { column: column.clone(), made_before: place < run.columns_so_far });
    }
    let key = |f: &Field| {
        let Column { object, feature, .. } = &f.column;
        ((object != IMAGE, object.clone()), (feature != NUMBER, feature.clone()))
    };
    fields.sort_by_cached_key(key);
    fields.dedup_by(|later, earlier| {
        let same = key(later) == key(earlier);
        if same {
            later.made_before |= earlier.made_before;
            std::mem::swap(later, earlier);
        }
        same
    });
    fields
}

/// Returns a measurement's name before it is shortened.
fn feature(column: &Column) -> String {
    format!("{}_{}", column.object, column.feature)
}

fn declared(kind: Option<Kind>) -> &'static str {
    match kind {
        Some(Kind::Integer) => "integer",
        Some(Kind::Float) => "float",
        Some(Kind::Text) | None => "varchar(255)",
    }
}
