//! Parquet: one event a row, in row groups that are written as they fill. Alternatives are a nested list. Gaps and
//! compositions stand as JSON Lines in the file's metadata, under the key `tracemend.repair`.

use super::rows::Sink;
use super::{CompositionRow, EventRow, GapRow, JsonLines, JsonlSink};
use parquet::{
    basic::{Compression, ZstdLevel},
    data_type::{BoolType, ByteArray, ByteArrayType, DataType, FloatType, Int32Type, Int64Type},
    errors::ParquetError,
    file::{metadata::KeyValue, properties::WriterProperties, writer::SerializedFileWriter},
    schema::parser::parse_message_type,
};
use std::{
    io::{self, Write},
    mem,
    sync::Arc,
};

/// The columns, in Parquet's own notation.
const SCHEMA: &str = "message event {
    OPTIONAL INT64 time_ns;
    OPTIONAL INT64 time_err_ns;
    OPTIONAL BYTE_ARRAY stream (UTF8);
    OPTIONAL INT32 cpu (UINT_32);
    OPTIONAL INT32 tid;
    OPTIONAL BYTE_ARRAY comm (UTF8);
    REQUIRED BYTE_ARRAY name (UTF8);
    REQUIRED BYTE_ARRAY phase (UTF8);
    OPTIONAL INT64 ret;
    OPTIONAL INT64 dur_ns (UINT_64);
    REQUIRED BOOLEAN inferred;
    OPTIONAL FLOAT confidence;
    REQUIRED group alternatives (LIST) {
        REPEATED group list {
            REQUIRED group element {
                REQUIRED BYTE_ARRAY name (UTF8);
                OPTIONAL INT32 tid;
                REQUIRED BYTE_ARRAY phase (UTF8);
                REQUIRED FLOAT probability;
            }
        }
    }
    OPTIONAL INT32 gap_id (UINT_32);
    OPTIONAL BYTE_ARRAY model (UTF8);
    OPTIONAL INT32 sample (UINT_32);
}";

/// Where the file's metadata has the gaps and compositions: rows of schema `tracemend.repair`.
const GAPS_KEY: &str = "tracemend.repair";

/// Rows of a row group: enough to pack well, little enough to hold.
const GROUP_ROWS: usize = 1 << 16;

/// One column of a row group: values that are there, and for each place whether one is.
#[derive(Debug)]
struct Column<T> {
    values: Vec<T>,
    definition: Vec<i16>,
    repetition: Vec<i16>,
}

impl<T> Default for Column<T> {
    fn default() -> Self {
        Self { values: Vec::new(), definition: Vec::new(), repetition: Vec::new() }
    }
}

impl<T> Column<T> {
    /// The value of a row; `max_level` is the level of one that is there.
    fn push(&mut self, value: Option<T>, max_level: i16) {
        self.push_element(value, max_level, max_level - 1, 0);
    }

    /// An element of a list: `repetition` is 0 for the first of its row.
    fn push_element(&mut self, value: Option<T>, there: i16, missing: i16, repetition: i16) {
        self.definition.push(if value.is_some() { there } else { missing });
        self.repetition.push(repetition);
        self.values.extend(value);
    }
}

#[derive(Debug, Default)]
struct Group {
    rows: usize,
    time_ns: Column<i64>,
    time_err_ns: Column<i64>,
    stream: Column<ByteArray>,
    cpu: Column<i32>,
    tid: Column<i32>,
    comm: Column<ByteArray>,
    name: Column<ByteArray>,
    phase: Column<ByteArray>,
    ret: Column<i64>,
    dur_ns: Column<i64>,
    inferred: Column<bool>,
    confidence: Column<f32>,
    other_name: Column<ByteArray>,
    other_tid: Column<i32>,
    other_phase: Column<ByteArray>,
    other_probability: Column<f32>,
    gap_id: Column<i32>,
    model: Column<ByteArray>,
    sample: Column<i32>,
}

impl Group {
    fn push(&mut self, event: &EventRow<'_>, sample: Option<u32>) {
        self.rows += 1;
        self.time_ns.push(event.time_ns, 1);
        self.time_err_ns.push(event.time_err_ns(), 1);
        self.stream.push(event.stream.map(ByteArray::from), 1);
        self.cpu.push(event.cpu.map(u32::cast_signed), 1);
        self.tid.push(event.tid, 1);
        self.comm.push(event.comm.map(ByteArray::from), 1);
        self.name.push(Some(event.name.into()), 0);
        self.phase.push(Some(event.phase.word().into()), 0);
        self.ret.push(event.ret, 1);
        self.dur_ns.push(event.dur_ns.map(u64::cast_signed), 1);
        let inference = event.inference.as_deref();
        let alternatives = event.alternatives();
        self.inferred.push(Some(inference.is_some()), 0);
        self.confidence.push(inference.map(|inference| inference.confidence), 1);
        if alternatives.is_empty() {
            self.other_name.push_element(None, 1, 0, 0);
            self.other_tid.push_element(None, 2, 0, 0);
            self.other_phase.push_element(None, 1, 0, 0);
            self.other_probability.push_element(None, 1, 0, 0);
        }
        for (place, other) in alternatives.iter().enumerate() {
            let repetition = i16::from(place > 0);
            self.other_name.push_element(Some(other.name.as_str().into()), 1, 0, repetition);
            self.other_tid.push_element(other.tid, 2, 1, repetition);
            self.other_phase.push_element(Some(other.phase.word().into()), 1, 0, repetition);
            self.other_probability.push_element(Some(other.probability), 1, 0, repetition);
        }
        self.gap_id.push(inference.map(|inference| inference.gap.cast_signed()), 1);
        self.model.push(inference.map(|inference| inference.model.into()), 1);
        self.sample.push(sample.map(u32::cast_signed), 1);
    }
}

/// A repaired trace as Parquet.
pub struct ParquetSink<W> {
    out: W,
    /// Writes to memory, which is emptied after each row group: stdout cannot be sent to the threads the crate asks for.
    file: SerializedFileWriter<Vec<u8>>,
    group: Group,
    gaps: JsonLines<Vec<u8>>,
}

impl<W: Write> ParquetSink<W> {
    /// Begins the output.
    ///
    /// # Errors
    /// When the output cannot be begun.
    pub fn begin(out: W) -> io::Result<Self> {
        let schema = Arc::new(parse_message_type(SCHEMA).map_err(other)?);
        let properties = WriterProperties::builder()
            .set_compression(Compression::ZSTD(ZstdLevel::default()))
            .set_created_by(concat!("tracemend version ", env!("CARGO_PKG_VERSION")).to_owned())
            .build();
        let file = SerializedFileWriter::new(Vec::new(), schema, Arc::new(properties)).map_err(other)?;
        Ok(Self { out, file, group: Group::default(), gaps: JsonLines::begin(Vec::new(), JsonlSink::<W>::SCHEMA, 1)? })
    }

    fn row(&mut self, event: &EventRow<'_>, sample: Option<u32>) -> io::Result<()> {
        self.group.push(event, sample);
        if self.group.rows < GROUP_ROWS {
            return Ok(());
        }
        self.write_group()
    }

    fn write_group(&mut self) -> io::Result<()> {
        let group = mem::take(&mut self.group);
        if group.rows > 0 {
            let mut columns = self.file.next_row_group().map_err(other)?;
            let mut next = Columns(&mut columns);
            next.write::<Int64Type>(group.time_ns)?;
            next.write::<Int64Type>(group.time_err_ns)?;
            next.write::<ByteArrayType>(group.stream)?;
            next.write::<Int32Type>(group.cpu)?;
            next.write::<Int32Type>(group.tid)?;
            next.write::<ByteArrayType>(group.comm)?;
            next.write::<ByteArrayType>(group.name)?;
            next.write::<ByteArrayType>(group.phase)?;
            next.write::<Int64Type>(group.ret)?;
            next.write::<Int64Type>(group.dur_ns)?;
            next.write::<BoolType>(group.inferred)?;
            next.write::<FloatType>(group.confidence)?;
            next.write::<ByteArrayType>(group.other_name)?;
            next.write::<Int32Type>(group.other_tid)?;
            next.write::<ByteArrayType>(group.other_phase)?;
            next.write::<FloatType>(group.other_probability)?;
            next.write::<Int32Type>(group.gap_id)?;
            next.write::<ByteArrayType>(group.model)?;
            next.write::<Int32Type>(group.sample)?;
            columns.close().map_err(other)?;
        }
        self.pass_on()
    }

    fn pass_on(&mut self) -> io::Result<()> {
        self.file.flush()?;
        self.out.write_all(&mem::take(self.file.inner_mut()))
    }
}

/// Columns of a row group, in the order of the schema.
struct Columns<'a, 'w>(&'a mut parquet::file::writer::SerializedRowGroupWriter<'w, Vec<u8>>);

impl Columns<'_, '_> {
    fn write<T: DataType>(&mut self, column: Column<T::T>) -> io::Result<()> {
        let mut next = self.0.next_column().map_err(other)?.ok_or_else(|| io::Error::other("a column too many"))?;
        next.typed::<T>()
            .write_batch(&column.values, Some(&column.definition), Some(&column.repetition))
            .map_err(other)?;
        next.close().map_err(other)
    }
}

impl<'a, W: Write> Sink<'a> for ParquetSink<W> {
    fn gap(&mut self, gap: &GapRow<'a>) -> io::Result<()> {
        self.gaps.row("gap", gap)
    }

    fn composition(&mut self, composition: &CompositionRow<'a>) -> io::Result<()> {
        self.gaps.row("composition", composition)
    }

    fn event(&mut self, event: &EventRow<'a>) -> io::Result<()> {
        self.row(event, None)
    }

    fn sample(&mut self, sample: u32, event: &EventRow<'a>) -> io::Result<()> {
        self.row(event, Some(sample))
    }

    fn finish(&mut self) -> io::Result<()> {
        self.write_group()?;
        let gaps = String::from_utf8_lossy(self.gaps.get_ref()).into_owned();
        self.file.append_key_value_metadata(KeyValue::new(GAPS_KEY.to_owned(), gaps));
        self.file.finish().map_err(other)?;
        self.pass_on()?;
        self.out.flush()
    }
}

fn other(error: ParquetError) -> io::Error {
    io::Error::other(error)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Phase;
    use crate::sink::{Alternative, Inference};
    use parquet::{
        file::reader::{FileReader, SerializedFileReader},
        record::RowAccessor,
    };

    fn alternatives(number: i64) -> Vec<Alternative> {
        let alternative = |place| Alternative {
            name: "write".to_owned(),
            tid: (place == 0).then_some(7),
            phase: Phase::Exit,
            probability: 0.25,
        };
        (0..number % 3).map(alternative).collect()
    }

    /// Every other event is an inferred one.
    fn event(number: i64, alternatives: &[Alternative]) -> EventRow<'_> {
        let inference = Inference { time_err_ns: None, confidence: 0.5, alternatives, gap: 3, model: "engine:self" };
        EventRow {
            time_ns: (number % 5 != 0).then_some(number),
            stream: Some("cpu0"),
            cpu: Some(u32::MAX),
            tid: Some(-1),
            comm: None,
            name: "read",
            phase: Phase::Entry,
            ret: None,
            dur_ns: None,
            inference: (number % 2 == 1).then(|| Box::new(inference)),
        }
    }

    #[test]
    fn what_is_read_back_is_what_was_written_over_several_row_groups() {
        let rows = GROUP_ROWS as i64 + 10;
        let file = tempfile::tempfile().expect("temporary file");
        let mut sink = ParquetSink::begin(&file).expect("begun");
        (0..rows).for_each(|number| sink.event(&event(number, &alternatives(number))).expect("written"));
        sink.finish().expect("finished");
        let reader = SerializedFileReader::new(file).expect("readable");
        assert_eq!(reader.num_row_groups(), 2);
        let mut read = 0;
        for (number, row) in (0..).zip(reader.get_row_iter(None).expect("rows")) {
            let row = row.expect("a row");
            let wanted = alternatives(number);
            let wanted = event(number, &wanted);
            assert_eq!(row.get_long(0).ok(), wanted.time_ns);
            assert_eq!(row.get_uint(3).expect("cpu"), u32::MAX);
            assert_eq!(row.get_bool(10).expect("inferred"), wanted.inference.is_some());
            let list = row.get_list(12).expect("alternatives");
            let alternatives = wanted.alternatives();
            assert_eq!(list.len(), alternatives.len());
            for (element, other) in list.elements().iter().zip(alternatives) {
                let parquet::record::Field::Group(element) = element else { panic!("{element:?}") };
                assert_eq!(element.get_string(0).expect("name"), &other.name);
                assert_eq!(element.get_int(1).ok(), other.tid);
                assert_eq!(element.get_float(3).expect("probability"), other.probability);
            }
            read += 1;
        }
        assert_eq!(read, rows);
    }
}
