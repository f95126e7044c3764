//! Tables: rows of the library as Arrow columns, handed over through the PyCapsule interface. Nothing is copied, and no Arrow library
//! is needed in Python.

use crate::error::Failure;
use arrow_array::builder::{
    BooleanBuilder, Float32Builder, Int32Builder, ListBuilder, PrimitiveBuilder, StringBuilder,
    StringDictionaryBuilder, StructBuilder,
};
use arrow_array::cast::AsArray;
use arrow_array::ffi::FFI_ArrowSchema;
use arrow_array::ffi_stream::FFI_ArrowArrayStream;
use arrow_array::types::{ArrowPrimitiveType, Float32Type, Float64Type, Int32Type, Int64Type, UInt32Type, UInt64Type};
use arrow_array::{Array, ArrayRef, DictionaryArray, PrimitiveArray, RecordBatch, RecordBatchIterator};
use arrow_schema::{ArrowError, DataType, Field, Schema};
use pyo3::IntoPyObjectExt as _;
use pyo3::exceptions::PyKeyError;
use pyo3::prelude::*;
use pyo3::types::{PyCapsule, PyDict, PyList};
use std::io;
use std::sync::Arc;
use tracemend::repair::{Alternative, CompositionPart};
use tracemend::statistics::{Latency, StatisticsRow};
use tracemend::trace::sink::{CompositionRow, EventRow, GapRow, Sink};

/// A column of words that recur: names, streams, phases.
type Words = StringDictionaryBuilder<Int32Type>;
/// A column of numbers.
type Numbers<T> = PrimitiveBuilder<T>;

/// A table of Arrow columns.
#[pyclass(frozen, module = "tracemend")]
#[derive(Clone, Debug)]
pub(crate) struct Table {
    batch: RecordBatch,
}

fn failed(error: ArrowError) -> PyErr {
    Failure::new(error.to_string()).into()
}

#[pymethods]
impl Table {
    fn __len__(&self) -> usize {
        self.batch.num_rows()
    }

    fn __repr__(&self) -> String {
        format!("<Table: {} rows of {}>", self.batch.num_rows(), self.column_names().join(", "))
    }

    /// Names of the columns.
    #[getter]
    fn column_names(&self) -> Vec<String> {
        self.batch.schema().fields().iter().map(|field| field.name().clone()).collect()
    }

    /// One column as a list.
    fn column<'py>(&self, py: Python<'py>, name: &str) -> PyResult<Bound<'py, PyList>> {
        let column = self.batch.column_by_name(name).ok_or_else(|| {
            PyKeyError::new_err(format!("no column is called {name:?}; there are {}", self.column_names().join(", ")))
        })?;
        let values = (0..column.len()).map(|row| value(py, column, row)).collect::<PyResult<Vec<_>>>()?;
        PyList::new(py, values)
    }

    /// All rows, each as a dict by the columns' names.
    fn rows<'py>(&self, py: Python<'py>) -> PyResult<Vec<Bound<'py, PyDict>>> {
        let names = self.column_names();
        (0..self.batch.num_rows()).map(|row| record(py, &names, self.batch.columns(), row)).collect()
    }

    /// The columns' types, for the Arrow PyCapsule interface.
    fn __arrow_c_schema__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyCapsule>> {
        let schema = FFI_ArrowSchema::try_from(self.batch.schema().as_ref()).map_err(failed)?;
        PyCapsule::new_with_value(py, schema, c"arrow_schema")
    }

    /// The table, for the Arrow PyCapsule interface.
    #[pyo3(signature = (requested_schema=None))]
    fn __arrow_c_stream__<'py>(
        &self,
        py: Python<'py>,
        requested_schema: Option<Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyCapsule>> {
        // The interface lets a producer ignore what types were asked for; readers convert.
        let _ = requested_schema;
        let batches = RecordBatchIterator::new([Ok(self.batch.clone())], self.batch.schema());
        let stream = FFI_ArrowArrayStream::new(Box::new(batches));
        PyCapsule::new_with_value(py, stream, c"arrow_array_stream")
    }
}

fn record<'py>(py: Python<'py>, names: &[String], columns: &[ArrayRef], row: usize) -> PyResult<Bound<'py, PyDict>> {
    let record = PyDict::new(py);
    for (name, column) in names.iter().zip(columns) {
        record.set_item(name, value(py, column, row)?)?;
    }
    Ok(record)
}

/// One value of the types that the tables here have.
fn value<'py>(py: Python<'py>, column: &ArrayRef, row: usize) -> PyResult<Bound<'py, PyAny>> {
    if column.is_null(row) {
        return Ok(py.None().into_bound(py));
    }
    match column.data_type() {
        DataType::Boolean => column.as_boolean().value(row).into_bound_py_any(py),
        DataType::Int32 => column.as_primitive::<Int32Type>().value(row).into_bound_py_any(py),
        DataType::Int64 => column.as_primitive::<Int64Type>().value(row).into_bound_py_any(py),
        DataType::UInt32 => column.as_primitive::<UInt32Type>().value(row).into_bound_py_any(py),
        DataType::UInt64 => column.as_primitive::<UInt64Type>().value(row).into_bound_py_any(py),
        DataType::Float32 => column.as_primitive::<Float32Type>().value(row).into_bound_py_any(py),
        DataType::Float64 => column.as_primitive::<Float64Type>().value(row).into_bound_py_any(py),
        DataType::Utf8 => column.as_string::<i32>().value(row).into_bound_py_any(py),
        DataType::Dictionary(..) => {
            let words = column.as_dictionary::<Int32Type>();
            value(py, words.values(), words.keys().value(row) as usize)
        }
        DataType::List(_) => {
            let list = column.as_list::<i32>().value(row);
            (0..list.len()).map(|at| value(py, &list, at)).collect::<PyResult<Vec<_>>>()?.into_bound_py_any(py)
        }
        DataType::Struct(fields) => {
            let names: Vec<String> = fields.iter().map(|field| field.name().clone()).collect();
            Ok(record(py, &names, column.as_struct().columns(), row)?.into_any())
        }
        other => Err(Failure::new(format!("a column of type {other} cannot be shown; please report this")).into()),
    }
}

/// Columns on the way to a [`Table`].
#[derive(Default)]
struct Columns {
    fields: Vec<Field>,
    arrays: Vec<ArrayRef>,
}

impl Columns {
    fn add(&mut self, name: impl Into<String>, array: impl Array + 'static) {
        self.fields.push(Field::new(name, array.data_type().clone(), true));
        self.arrays.push(Arc::new(array));
    }

    fn finish(self) -> Result<Table, Failure> {
        let schema = Arc::new(Schema::new(self.fields));
        let batch = RecordBatch::try_new(schema, self.arrays).map_err(|error| Failure::new(error.to_string()))?;
        Ok(Table { batch })
    }
}

fn numbers<T: ArrowPrimitiveType>(values: impl Iterator<Item = Option<T::Native>>) -> PrimitiveArray<T> {
    let mut column = Numbers::<T>::new();
    values.for_each(|value| column.append_option(value));
    column.finish()
}

fn words<'a>(values: impl Iterator<Item = Option<&'a str>>) -> DictionaryArray<Int32Type> {
    let mut column = Words::new();
    values.for_each(|value| column.append_option(value));
    column.finish()
}

/// Events as columns: those of the Parquet output, under the same names.
struct Events {
    time_ns: Numbers<Int64Type>,
    time_err_ns: Numbers<Int64Type>,
    stream: Words,
    cpu: Numbers<UInt32Type>,
    tid: Numbers<Int32Type>,
    comm: Words,
    name: Words,
    phase: Words,
    ret: Numbers<Int64Type>,
    dur_ns: Numbers<UInt64Type>,
    inferred: BooleanBuilder,
    confidence: Float32Builder,
    alternatives: ListBuilder<StructBuilder>,
    gap_id: Numbers<UInt32Type>,
    model: Words,
    sample: Numbers<UInt32Type>,
}

impl Events {
    fn new() -> Self {
        let fields = [
            Field::new("name", DataType::Utf8, true),
            Field::new("tid", DataType::Int32, true),
            Field::new("phase", DataType::Utf8, true),
            Field::new("probability", DataType::Float32, true),
        ];
        Self {
            time_ns: Numbers::new(),
            time_err_ns: Numbers::new(),
            stream: Words::new(),
            cpu: Numbers::new(),
            tid: Numbers::new(),
            comm: Words::new(),
            name: Words::new(),
            phase: Words::new(),
            ret: Numbers::new(),
            dur_ns: Numbers::new(),
            inferred: BooleanBuilder::new(),
            confidence: Float32Builder::new(),
            alternatives: ListBuilder::new(StructBuilder::from_fields(fields.to_vec(), 0)),
            gap_id: Numbers::new(),
            model: Words::new(),
            sample: Numbers::new(),
        }
    }

    fn push(&mut self, event: &EventRow<'_>, sample: Option<u32>) {
        let inference = event.inference.as_deref();
        self.time_ns.append_option(event.time_ns);
        self.time_err_ns.append_option(event.time_err_ns());
        self.stream.append_option(event.stream);
        self.cpu.append_option(event.cpu);
        self.tid.append_option(event.tid);
        self.comm.append_option(event.comm);
        self.name.append_value(event.name);
        self.phase.append_value(event.phase.word());
        self.ret.append_option(event.ret);
        self.dur_ns.append_option(event.dur_ns);
        self.inferred.append_value(inference.is_some());
        self.confidence.append_option(inference.map(|inference| inference.confidence));
        for other in event.alternatives() {
            push_alternative(self.alternatives.values(), other);
        }
        self.alternatives.append(true);
        self.gap_id.append_option(inference.map(|inference| inference.gap));
        self.model.append_option(inference.map(|inference| inference.model));
        self.sample.append_option(sample);
    }

    fn finish(mut self) -> Result<Table, Failure> {
        let mut columns = self.recorded();
        columns.add("time_err_ns", self.time_err_ns.finish());
        columns.add("inferred", self.inferred.finish());
        columns.add("confidence", self.confidence.finish());
        columns.add("alternatives", self.alternatives.finish());
        columns.add("gap_id", self.gap_id.finish());
        columns.add("model", self.model.finish());
        columns.add("sample", self.sample.finish());
        columns.finish()
    }

    /// The columns that a recorded event can have.
    fn recorded(&mut self) -> Columns {
        let mut columns = Columns::default();
        columns.add("time_ns", self.time_ns.finish());
        columns.add("stream", self.stream.finish());
        columns.add("cpu", self.cpu.finish());
        columns.add("tid", self.tid.finish());
        columns.add("comm", self.comm.finish());
        columns.add("name", self.name.finish());
        columns.add("phase", self.phase.finish());
        columns.add("ret", self.ret.finish());
        columns.add("dur_ns", self.dur_ns.finish());
        columns
    }
}

fn push_alternative(columns: &mut StructBuilder, other: &Alternative) {
    // The builder was made with fields of these types.
    if let Some(name) = columns.field_builder::<StringBuilder>(0) {
        name.append_value(&other.name);
    }
    if let Some(tid) = columns.field_builder::<Int32Builder>(1) {
        tid.append_option(other.tid);
    }
    if let Some(phase) = columns.field_builder::<StringBuilder>(2) {
        phase.append_value(other.phase.word());
    }
    if let Some(probability) = columns.field_builder::<Float32Builder>(3) {
        probability.append_value(other.probability);
    }
    columns.append(true);
}

/// Every row of a repair, collected into tables.
pub(crate) struct Rows<'a> {
    events: Events,
    gaps: Vec<GapRow<'a>>,
    compositions: Vec<CompositionRow<'a>>,
}

impl Rows<'_> {
    pub(crate) fn new() -> Self {
        Self { events: Events::new(), gaps: Vec::new(), compositions: Vec::new() }
    }

    /// The table of events, recorded and inferred.
    pub(crate) fn events(self) -> Result<Table, Failure> {
        self.events.finish()
    }

    /// The table of recorded events.
    pub(crate) fn recorded(mut self) -> Result<Table, Failure> {
        self.events.recorded().finish()
    }

    /// Tables of events, gaps, and compositions.
    pub(crate) fn tables(self) -> Result<[Table; 3], Failure> {
        let mut gaps = gap_columns(&self.gaps);
        let outcome = |of: fn(&GapRow<'_>) -> Option<u64>| numbers::<UInt64Type>(self.gaps.iter().map(of));
        gaps.add("inferred", outcome(|gap| gap.outcome.as_ref().map(|outcome| outcome.inferred)));
        gaps.add("withheld", outcome(|gap| gap.outcome.as_ref().map(|outcome| outcome.withheld)));
        gaps.add(
            "left_open",
            words(self.gaps.iter().map(|gap| gap.outcome.as_ref().and_then(|outcome| outcome.left_open))),
        );
        // A gap and its composition come in turn.
        let lost = |of: fn(&CompositionRow<'_>) -> u64| {
            numbers::<UInt64Type>(self.compositions.iter().map(|row| Some(of(row))))
        };
        gaps.add("estimated", lost(|row| row.lost));
        gaps.add("estimated_low", lost(|row| row.lost_low));
        gaps.add("estimated_high", lost(|row| row.lost_high));
        Ok([self.events.finish()?, gaps.finish()?, composition_table(&self.compositions)?])
    }
}

impl<'a> Sink<'a> for Rows<'a> {
    fn gap(&mut self, gap: &GapRow<'a>) -> io::Result<()> {
        self.gaps.push(gap.clone());
        Ok(())
    }

    fn composition(&mut self, composition: &CompositionRow<'a>) -> io::Result<()> {
        self.compositions.push(composition.clone());
        Ok(())
    }

    fn event(&mut self, event: &EventRow<'a>) -> io::Result<()> {
        self.events.push(event, None);
        Ok(())
    }

    fn sample(&mut self, sample: u32, event: &EventRow<'a>) -> io::Result<()> {
        self.events.push(event, Some(sample));
        Ok(())
    }

    fn finish(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The table of a trace's gaps, with advice where a row has any.
pub(crate) fn gap_table(gaps: &[GapRow<'_>]) -> Result<Table, Failure> {
    let mut columns = gap_columns(gaps);
    columns.add("advice", words(gaps.iter().map(|gap| gap.advice.as_deref())));
    columns.finish()
}

fn gap_columns(gaps: &[GapRow<'_>]) -> Columns {
    let mut columns = Columns::default();
    columns.add("id", numbers::<UInt32Type>(gaps.iter().map(|gap| Some(gap.id))));
    columns.add("stream", words(gaps.iter().map(|gap| gap.stream)));
    columns.add("cpu", numbers::<UInt32Type>(gaps.iter().map(|gap| gap.cpu)));
    columns.add("tid", numbers::<Int32Type>(gaps.iter().map(|gap| gap.tid)));
    columns.add("begin_ns", numbers::<Int64Type>(gaps.iter().map(|gap| gap.begin_ns)));
    columns.add("end_ns", numbers::<Int64Type>(gaps.iter().map(|gap| gap.end_ns)));
    columns.add("kept_begin_ns", numbers::<Int64Type>(gaps.iter().map(|gap| gap.kept_begin_ns)));
    columns.add("kept_end_ns", numbers::<Int64Type>(gaps.iter().map(|gap| gap.kept_end_ns)));
    columns.add("lost", numbers::<UInt64Type>(gaps.iter().map(|gap| gap.lost)));
    columns.add("lost_kind", words(gaps.iter().map(|gap| Some(gap.lost_kind))));
    columns.add("cause", words(gaps.iter().map(|gap| Some(gap.cause))));
    columns.add("details", words(gaps.iter().map(|gap| gap.details)));
    columns
}

/// One row for each part of each composition: those over all threads, then those by thread.
fn composition_table(compositions: &[CompositionRow<'_>]) -> Result<Table, Failure> {
    let rows: Vec<(u32, &str, &CompositionPart)> = compositions
        .iter()
        .flat_map(|row| {
            let by_event = row.by_event.iter().map(|part| (row.gap, "event", part));
            by_event.chain(row.by_thread.iter().map(|part| (row.gap, "thread", part)))
        })
        .collect();
    let mut columns = Columns::default();
    let float = |of: fn(&CompositionPart) -> Option<f64>| numbers::<Float64Type>(rows.iter().map(|row| of(row.2)));
    columns.add("gap_id", numbers::<UInt32Type>(rows.iter().map(|row| Some(row.0))));
    columns.add("by", words(rows.iter().map(|row| Some(row.1))));
    columns.add("tid", numbers::<Int32Type>(rows.iter().map(|row| row.2.tid)));
    columns.add("comm", words(rows.iter().map(|row| row.2.comm.as_deref())));
    columns.add("name", words(rows.iter().map(|row| Some(row.2.name.as_str()))));
    columns.add("phase", words(rows.iter().map(|row| Some(row.2.phase.word()))));
    columns.add("expected", float(|part| Some(part.expected)));
    columns.add("low", float(|part| Some(part.low)));
    columns.add("high", float(|part| Some(part.high)));
    columns.add("time_ns", float(|part| part.time_ns));
    columns.finish()
}

/// A choice of one of a row's latencies.
type LatencyOf = fn(&StatisticsRow) -> Option<&Latency>;

/// Counts and latencies before and after a repair; the quantiles of each latency lie side by side.
pub(crate) fn statistics_table(rows: &[StatisticsRow]) -> Result<Table, Failure> {
    let mut columns = Columns::default();
    let float = |of: fn(&StatisticsRow) -> f64| numbers::<Float64Type>(rows.iter().map(|row| Some(of(row))));
    columns.add("name", words(rows.iter().map(|row| Some(row.name.as_str()))));
    columns.add("phase", words(rows.iter().map(|row| Some(row.phase.word()))));
    columns.add("recorded", numbers::<UInt64Type>(rows.iter().map(|row| Some(row.recorded))));
    columns.add("expected", float(|row| row.expected));
    columns.add("low", float(|row| row.low));
    columns.add("high", float(|row| row.high));
    columns.add("bridged", numbers::<UInt64Type>(rows.iter().map(|row| Some(row.bridged))));
    let latencies: [(&str, LatencyOf); 2] =
        [("latency_recorded", |row| row.latency_recorded.as_ref()), ("latency", |row| row.latency.as_ref())];
    for (name, latency) in latencies {
        let column = |of: &dyn Fn(&Latency) -> u64| numbers::<UInt64Type>(rows.iter().map(|row| latency(row).map(of)));
        columns.add(format!("{name}_calls"), column(&|latency| latency.calls));
        for (number, quantile) in ["p50", "p90", "p95", "p99"].into_iter().enumerate() {
            let at = |latency: &Latency| [latency.p50, latency.p90, latency.p95, latency.p99][number];
            columns.add(format!("{name}_{quantile}_ns"), column(&|latency| at(latency).value));
            columns.add(format!("{name}_{quantile}_low_ns"), column(&|latency| at(latency).low));
            columns.add(format!("{name}_{quantile}_high_ns"), column(&|latency| at(latency).high));
        }
    }
    columns.finish()
}
