//! From a folder of raw files to a reader.

use super::files::{RawFile, RawFiles};
use super::formats;
use crate::decode::context::Context;
use crate::decode::input::{Input, packed_end};
use crate::decode::order::Order;
use crate::decode::store::Store;
use crate::format::cpu_files::cpu_stats;
use crate::format::options::OpenOptions;
use crate::format::trace_dat::layout::{Buffer, CpuData, Layout, Stats};
use crate::format::trace_dat::unpack::Packing;
use crate::format::trace_dat::{self, PageFile};
use crate::kernel::page::PageFormat;
use crate::kernel::tracepoints::Tracepoints;
use crate::source::Source;
use crate::{Format, TraceError, TraceResult};
use std::fs::File;
use std::path::Path;

/// Which files to copy, and how.
const COPY: &str = "Copy what describes them from the traced machine into one folder with the files of all CPUs (`cd \
                    /sys/kernel/tracing && cp --parents events/header_page events/header_event events/*/*/format saved_cmdlines \
                    trace_clock per_cpu/cpu*/stats FOLDER`), and open the folder";

/// The error for raw pages without the formats of their events.
pub(crate) fn refuse(path: &Path) -> TraceError {
    TraceError::NotRead { path: path.to_path_buf(), reason: reason() }
}

/// What to say of raw pages without the formats of their events.
pub(crate) fn reason() -> String {
    format!("raw pages of ftrace's ring buffer without the formats of their events. {COPY}")
}

/// What to say of a folder without raw pages.
pub(crate) fn nothing_found() -> String {
    format!(
        "a folder without raw pages of ftrace's ring buffers. Save those of each CPU (`cat per_cpu/cpu0/trace_pipe_raw > \
         FOLDER/cpu0.raw`). {COPY}"
    )
}

/// Opens a folder in which raw files were found.
pub(crate) fn open(path: &Path, found: RawFiles, options: &OpenOptions) -> TraceResult<Box<dyn Source>> {
    let Some(tracing) = &found.tracing else {
        return Err(refuse(&found.files.first().map_or_else(|| path.to_path_buf(), |file| file.path.clone())));
    };
    let order = Order::Little;
    let mut layout = Layout {
        context: Context::new(Format::FtraceRaw, options.arch, path.to_path_buf()),
        order,
        page: PageFormat::usual(order, super::files::USUAL_PAGE, 8),
        events: Tracepoints::new(order),
        buffers: Vec::new(),
        shift_ns: 0,
        ticks: None,
    };
    let mut files: Vec<PageFile> = Vec::new();
    let mut beginnings = Vec::new();
    let mut before: Option<&RawFile> = None;
    for raw in &found.files {
        if let Some(before) = before.filter(|before| (&before.buffer, before.cpu) == (&raw.buffer, raw.cpu)) {
            layout.context.warn(format!(
                "{}: passed over, because {} is of the same CPU; open a folder of the files of one recording",
                raw.path.display(),
                before.path.display()
            ));
            continue;
        }
        before = Some(raw);
        let io = TraceError::io(&raw.path);
        let input = Input::of_file(File::open(&raw.path).map_err(io)?).map_err(io)?;
        beginnings.push(input.beginning().to_vec());
        let (store, failure) = Store::new(input).map_err(io)?;
        if let Some(failure) = failure {
            let end = packed_end(&failure);
            layout.context.warn(format!("{}, byte {}: {end}", raw.path.display(), store.len()));
        }
        let data =
            CpuData { cpu: raw.cpu, file: files.len(), offset: 0, size: store.len(), stats: stats(tracing, raw) };
        files.push(PageFile { store, name: Some(raw.path.display().to_string()) });
        match layout.buffers.last_mut().filter(|buffer| buffer.name == raw.buffer) {
            Some(buffer) => buffer.cpus.push(data),
            None => layout.buffers.push(Buffer {
                name: raw.buffer.clone(),
                page_size: 0,
                packing: Packing::None,
                cpus: vec![data],
            }),
        }
    }
    formats::describe(&mut layout, tracing, &beginnings)
        .map_err(|reason| TraceError::NotRead { path: path.to_path_buf(), reason: format!("{reason}. {COPY}") })?;
    if layout.events.is_empty() {
        return Err(refuse(path));
    }
    let size = layout.page.size;
    for buffer in &mut layout.buffers {
        buffer.page_size = size;
        // A file ends with a whole page; what is there of another is read, and the end told.
        for data in &mut buffer.cpus {
            data.size = data.size.next_multiple_of(size as u64);
        }
    }
    trace_dat::read(layout, files, options.losses_only)
}

/// The counts of a CPU: beside its file, or where the kernel has them.
fn stats(tracing: &Path, file: &RawFile) -> Option<Stats> {
    let of_buffer = match file.buffer.as_str() {
        "" => tracing.to_path_buf(),
        name => tracing.join("instances").join(name),
    };
    let beside = file.path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("trace_pipe_raw"));
    let near = beside.then(|| cpu_stats(&file.path)).flatten();
    let counts = near.or_else(|| cpu_stats(&of_buffer.join(format!("per_cpu/cpu{}/trace_pipe_raw", file.cpu))));
    counts.map(|(overrun, dropped)| Stats { overrun, dropped })
}
