//! Reads and writes the events of one part as Parquet: one event per row, one sequence after the other.

use super::error::DatasetError;
use parquet::basic::{Compression, ZstdLevel};
use parquet::column::reader::ColumnReader;
use parquet::column::writer::ColumnWriter;
use parquet::errors::ParquetError;
use parquet::file::properties::WriterProperties;
use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::parser::parse_message_type;
use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::sync::Arc;
use tracemend_impute::Side;
use tracemend_impute::window::dataset::Sequence;

/// The columns, in Parquet's notation. Unknown values of `time_ns` and of the columns after it are 0.
const SCHEMA: &str = "message event {
    REQUIRED INT32 sequence;
    REQUIRED INT32 token;
    REQUIRED INT64 time_ns;
    REQUIRED INT32 phase;
    REQUIRED INT32 slot;
    REQUIRED INT32 process;
    REQUIRED INT32 result;
}";

/// Events per row group.
const GROUP: usize = 1 << 18;

/// One column of a row group.
enum Column {
    Narrow(Vec<i32>),
    Wide(Vec<i64>),
}

/// Writes sequences.
pub(super) fn write(out: impl Write + Send, sequences: &[Sequence]) -> Result<(), ParquetError> {
    let schema = Arc::new(parse_message_type(SCHEMA)?);
    let level = ZstdLevel::try_new(9)?;
    let properties = WriterProperties::builder().set_compression(Compression::ZSTD(level)).build();
    let mut file = SerializedFileWriter::new(out, schema, Arc::new(properties))?;
    let places: Vec<(usize, usize)> = sequences
        .iter()
        .enumerate()
        .flat_map(|(number, sequence)| (0..sequence.tokens.len()).map(move |at| (number, at)))
        .collect();
    for places in places.chunks(GROUP) {
        let side = |&(number, at): &(usize, usize)| sequences[number].side.get(at).copied().unwrap_or_default();
        let narrow = |value: &dyn Fn(&(usize, usize)) -> i32| Column::Narrow(places.iter().map(value).collect());
        let columns = [
            narrow(&|place| place.0 as i32),
            narrow(&|place| sequences[place.0].tokens[place.1] as i32),
            Column::Wide(places.iter().map(|place| time(&sequences[place.0], place.1)).collect()),
            narrow(&|place| i32::from(side(place).phase)),
            narrow(&|place| i32::from(side(place).slot)),
            narrow(&|place| i32::from(side(place).process)),
            narrow(&|place| i32::from(side(place).result)),
        ];
        let mut group = file.next_row_group()?;
        for column in &columns {
            let Some(mut writer) = group.next_column()? else { break };
            match (writer.untyped(), column) {
                (ColumnWriter::Int32ColumnWriter(writer), Column::Narrow(values)) => {
                    writer.write_batch(values, None, None)?;
                }
                (ColumnWriter::Int64ColumnWriter(writer), Column::Wide(values)) => {
                    writer.write_batch(values, None, None)?;
                }
                _ => return Err(ParquetError::General("a column of another type".to_owned())),
            }
            writer.close()?;
        }
        group.close()?;
    }
    file.close()?;
    Ok(())
}

fn time(sequence: &Sequence, at: usize) -> i64 {
    sequence.time_ns.get(at).copied().unwrap_or_default()
}

/// Reads what [`write`] wrote.
pub(super) fn read(path: &Path) -> Result<Vec<Sequence>, DatasetError> {
    let file = File::open(path).map_err(DatasetError::io(path))?;
    read_rows(file).map_err(|problem| DatasetError::damaged(path, problem))
}

fn read_rows(file: File) -> Result<Vec<Sequence>, ParquetError> {
    let reader = SerializedFileReader::new(file)?;
    let expected = parse_message_type(SCHEMA)?;
    let found = reader.metadata().file_metadata().schema();
    if found.get_fields() != expected.get_fields() {
        return Err(ParquetError::General(format!("its columns are not those of {}", expected.name())));
    }
    let mut sequences: Vec<Sequence> = Vec::new();
    let mut last = None;
    for number in 0..reader.num_row_groups() {
        let group = reader.get_row_group(number)?;
        let rows = usize::try_from(group.metadata().num_rows()).unwrap_or(0);
        let mut narrow: Vec<Vec<i32>> = Vec::new();
        let mut times: Vec<i64> = Vec::new();
        for column in 0..group.num_columns() {
            match group.get_column_reader(column)? {
                ColumnReader::Int32ColumnReader(mut reader) => {
                    let mut values = Vec::new();
                    reader.read_records(rows, None, None, &mut values)?;
                    narrow.push(values);
                }
                ColumnReader::Int64ColumnReader(mut reader) => {
                    reader.read_records(rows, None, None, &mut times)?;
                }
                _ => return Err(ParquetError::General("a column of another type".to_owned())),
            }
        }
        let [own, token, phase, slot, process, result] = narrow.as_slice() else {
            return Err(ParquetError::General("columns are missing".to_owned()));
        };
        let lengths = [own, token, phase, slot, process, result].map(Vec::len);
        if times.len() != rows || lengths.iter().any(|&length| length != rows) {
            return Err(ParquetError::General("its columns differ in length".to_owned()));
        }
        for row in 0..rows {
            if last != Some(own[row]) {
                last = Some(own[row]);
                sequences.push(Sequence::default());
            }
            let Some(sequence) = sequences.last_mut() else { continue };
            let class = |value: i32| u8::try_from(value).unwrap_or(u8::MAX);
            let side = Side {
                phase: class(phase[row]),
                slot: class(slot[row]),
                process: class(process[row]),
                result: class(result[row]),
                pause: 0,
            };
            sequence.tokens.push(token[row] as u32);
            sequence.time_ns.push(times[row]);
            sequence.side.push(side);
        }
    }
    Ok(sequences)
}

#[cfg(test)]
mod tests {
    use super::*;
    use tracemend_impute::window::dataset::UNKNOWN;

    #[test]
    fn what_is_written_reads_back() {
        let side = Side { phase: 3, slot: 1, process: 7, result: 2, pause: 0 };
        let sequence = |tokens: Vec<u32>, time: i64| Sequence {
            side: vec![side; tokens.len()],
            time_ns: (0..tokens.len() as i64).map(|i| time - i).collect(),
            tokens,
            ..Sequence::default()
        };
        let sequences = vec![sequence(vec![3, 0, UNKNOWN], i64::MIN + 9), sequence(vec![1], 1 << 60)];
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("events");
        write(File::create(&path).expect("a file"), &sequences).expect("written");
        assert_eq!(read(&path).expect("read"), sequences);
    }

    #[test]
    fn a_cut_file_is_refused() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("events");
        write(File::create(&path).expect("a file"), &[Sequence::bare(vec![1; 1000])]).expect("written");
        let bytes = std::fs::read(&path).expect("bytes");
        for length in [0, 3, bytes.len() / 2, bytes.len() - 1] {
            std::fs::write(&path, &bytes[..length]).expect("cut");
            assert!(matches!(read(&path), Err(DatasetError::Damaged { .. })));
        }
    }
}
