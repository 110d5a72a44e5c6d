use crate::{Cell, Kind, TypedTable};
use parquet::basic::{Compression, LogicalType, Repetition, Type as Physical};
use parquet::data_type::{ByteArray, ByteArrayType, DataType, DoubleType, Int64Type};
use parquet::errors::ParquetError;
use parquet::file::metadata::KeyValue;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::{SerializedFileWriter, SerializedRowGroupWriter};
use parquet::schema::types::{ColumnPath, Type};
use std::io::{self, Write};
use std::sync::Arc;

/// About how many bytes of rows are held before they are written as a row group.
const ROW_GROUP: usize = 16 << 20;

/// Writes a [`TypedTable`] as Parquet: whole numbers as INT64, floats as DOUBLE, text as UTF-8, null where nothing was measured.
///
/// The same rows give the same bytes: row groups end where the rows say, and nothing of time or machine is written.
pub struct ParquetTable<W: Write + Send> {
    writer: SerializedFileWriter<W>,
    columns: Vec<Held>,
    bytes: usize,
}

/// The values of a column that are held, and for each row whether there is one.
enum Held {
    Integers(Vec<i64>, Vec<i16>),
    Floats(Vec<f64>, Vec<i16>),
    Texts(Vec<ByteArray>, Vec<i16>),
}

impl<W: Write + Send> ParquetTable<W> {
    /// Starts a file; `facts` are its key-value metadata.
    ///
    /// # Errors
    /// When `out` cannot be written.
    pub fn new(out: W, table: &TypedTable, facts: &[(&str, &str)]) -> io::Result<Self> {
        let mut fields = Vec::new();
        let mut columns = Vec::new();
        let mut properties = WriterProperties::builder()
            .set_created_by("cpb".into())
            .set_compression(Compression::SNAPPY)
            .set_dictionary_enabled(false)
            .set_offset_index_disabled(true);
        for (name, kind) in table.columns() {
            let (physical, logical, held) = match kind {
                Kind::Integer => (Physical::INT64, None, Held::Integers(Vec::new(), Vec::new())),
                Kind::Float => (Physical::DOUBLE, None, Held::Floats(Vec::new(), Vec::new())),
                Kind::Text => {
                    let path = ColumnPath::new(vec![name.to_string()]);
                    properties = properties.set_column_dictionary_enabled(path, true);
                    (Physical::BYTE_ARRAY, Some(LogicalType::String), Held::Texts(Vec::new(), Vec::new()))
                }
            };
            let field = Type::primitive_type_builder(name, physical).with_logical_type(logical);
            let field = field.with_repetition(Repetition::OPTIONAL).build().map_err(written)?;
            fields.push(Arc::new(field));
            columns.push(held);
        }
        let pair = |(key, value): &(&str, &str)| KeyValue::new(key.to_string(), value.to_string());
        let facts = facts.iter().map(pair).collect();
        let properties = properties.set_key_value_metadata(Some(facts)).build();
        let schema = Type::group_type_builder(table.name()).with_fields(fields).build().map_err(written)?;
        let writer =
            SerializedFileWriter::new(out, Arc::new(schema), Arc::new(properties)).map_err(written)?;
        Ok(Self { writer, columns, bytes: 0 })
    }

    /// Adds a row.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn row(&mut self, cells: &[Cell<'_>]) -> io::Result<()> {
        for (held, cell) in self.columns.iter_mut().zip(cells) {
            self.bytes += 10;
            match (held, cell) {
                (Held::Integers(values, there), Cell::Integer(value)) => hold(values, there, *value),
                (Held::Floats(values, there), Cell::Float(value)) => hold(values, there, *value),
                (Held::Texts(values, there), Cell::Text(value)) => {
                    self.bytes += value.len() + 24;
                    hold(values, there, ByteArray::from(value.as_bytes().to_vec()));
                }
                (Held::Integers(_, there) | Held::Floats(_, there) | Held::Texts(_, there), _) => {
                    there.push(0)
                }
            }
        }
        if self.bytes >= ROW_GROUP { self.write_row_group() } else { Ok(()) }
    }

    /// Ends the file and returns what it was written to.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn finish(mut self) -> io::Result<W> {
        self.write_row_group()?;
        self.writer.into_inner().map_err(written)
    }

    fn write_row_group(&mut self) -> io::Result<()> {
        if self.bytes == 0 {
            return Ok(());
        }
        self.bytes = 0;
        let mut group = self.writer.next_row_group().map_err(written)?;
        for held in &mut self.columns {
            match held {
                Held::Integers(values, there) => write_column::<Int64Type, W>(&mut group, values, there),
                Held::Floats(values, there) => write_column::<DoubleType, W>(&mut group, values, there),
                Held::Texts(values, there) => write_column::<ByteArrayType, W>(&mut group, values, there),
            }
            .map_err(written)?;
        }
        group.close().map(|_| ()).map_err(written)
    }
}

fn hold<T>(values: &mut Vec<T>, there: &mut Vec<i16>, value: T) {
    values.push(value);
    there.push(1);
}

fn write_column<T: DataType, W: Write + Send>(
    group: &mut SerializedRowGroupWriter<'_, W>,
    values: &mut Vec<T::T>,
    there: &mut Vec<i16>,
) -> Result<(), ParquetError> {
    let column = group.next_column()?;
    let mut column = column.ok_or_else(|| ParquetError::General("a column too many".into()))?;
    column.typed::<T>().write_batch(values, Some(there), None)?;
    column.close()?;
    values.clear();
    there.clear();
    Ok(())
}

fn written(error: ParquetError) -> io::Error {
    match error {
        ParquetError::External(error) => match error.downcast::<io::Error>() {
            Ok(error) => *error,
            Err(error) => io::Error::other(error),
        },
        error => io::Error::other(error),
    }
}
