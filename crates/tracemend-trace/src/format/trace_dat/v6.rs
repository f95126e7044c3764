//! The description in a version 6 file: parts in fixed order, options, then a table of the CPUs' pages.

use super::layout::{Buffer, CpuData, Layout, MAX_CPUS};
use super::option;
use super::unpack::Packing;
use crate::TraceResult;
use crate::decode::store::Store;
use crate::kernel::tracing_data::{self, Fault, Part};

/// How far after a damaged part the table of CPUs is looked for.
const SEARCH: u64 = 256 << 20;

/// Reads on after the file's head.
pub(crate) fn read(mut layout: Layout, store: &mut Store, at: u64) -> TraceResult<Layout> {
    let table = match parts(&mut layout, store, at) {
        Ok(table) => table,
        Err(Fault::Io(error)) => return Err(layout.context.io(error)),
        Err(Fault::Bad(offset, why)) => {
            let found = find_table(store, offset).map_err(|error| layout.context.io(error))?;
            let Some(table) = found else {
                let reason = format!("{why}, and no table of CPUs follows; copy the file again");
                return Err(layout.context.corrupt(offset, reason));
            };
            layout.context.warn_at(
                offset,
                &format!("{why}; the pages are read all the same, but events and threads may lack their names. Copy the file again to get them"),
            );
            table
        }
    };
    match options_and_table(&mut layout, store, table) {
        Ok(()) => {}
        Err(Fault::Io(error)) => return Err(layout.context.io(error)),
        Err(Fault::Bad(offset, why)) if layout.buffers.is_empty() => {
            return Err(layout.context.corrupt(offset, format!("{why}; copy the file again")));
        }
        Err(Fault::Bad(offset, why)) => {
            layout.context.warn_at(offset, &format!("{why}; copy the file again to get the rest"))
        }
    }
    Ok(layout)
}

/// The parts in front; answers where the number of CPUs stands.
fn parts(layout: &mut Layout, store: &mut Store, at: u64) -> Result<u64, Fault> {
    let order = layout.order;
    let mut parsed = layout.parsed();
    let mut part = Part::of_store(store, order, at);
    tracing_data::headers(&mut parsed, &mut part)?;
    tracing_data::ftrace_formats(&mut parsed, &mut part)?;
    tracing_data::event_formats(&mut parsed, &mut part)?;
    tracing_data::skip_u32(&mut part, "the kernel's symbols")?;
    tracing_data::skip_u32(&mut part, "the texts of trace_printk")?;
    tracing_data::names(&mut parsed, &mut part)?;
    Ok(part.offset())
}

/// Looks for the word that stands after the number of CPUs.
fn find_table(store: &mut Store, from: u64) -> std::io::Result<Option<u64>> {
    const STEP: usize = 1 << 20;
    let end = store.len().min(from.saturating_add(SEARCH));
    let mut at = from;
    while at < end {
        let bytes = store.bytes_at(at, STEP)?;
        for word in [&b"options  \0"[..], b"flyrecord\0"] {
            if let Some(found) = memchr::memmem::find(&bytes, word) {
                return Ok((at + found as u64).checked_sub(4).filter(|&table| table >= from));
            }
        }
        if bytes.len() < STEP {
            break;
        }
        at += STEP as u64 - 16;
    }
    Ok(None)
}

fn options_and_table(layout: &mut Layout, store: &mut Store, at: u64) -> Result<(), Fault> {
    let order = layout.order;
    let mut part = Part::of_store(store, order, at);
    let cpus = part.u32("the number of CPUs")?;
    if cpus == 0 || cpus > MAX_CPUS {
        return part.bad(format!("a machine cannot have {cpus} CPUs"));
    }
    let mut word = part.text("the word behind the number of CPUs")?;
    let mut at = part.offset();
    let mut instances = Vec::new();
    if word == "options  " {
        loop {
            let mut part = Part::of_store(store, order, at);
            let id = part.u16("an option")?;
            if id == 0 {
                word = part.text("the word behind the options")?;
                at = part.offset();
                break;
            }
            let start = part.offset() + 4;
            let size = part.u32("an option")?;
            let data = part.bytes(u64::from(size), 64 << 20, "an option")?;
            at = part.offset();
            if id == option::BUFFER {
                let name = data.get(8..).unwrap_or_default();
                let name = &name[..memchr::memchr(0, name).unwrap_or(name.len())];
                if let Some(offset) = order.u64(&data, 0) {
                    instances.push((offset, String::from_utf8_lossy(name).into_owned()));
                }
            } else {
                option::common(layout, start, id, &data);
            }
        }
    }
    table(layout, store, at, &word, cpus, String::new())?;
    for (offset, name) in instances {
        let mut part = Part::of_store(store, order, offset);
        let word = part.text("the word before an instance's table")?;
        let at = part.offset();
        table(layout, store, at, &word, cpus, name)?;
    }
    Ok(())
}

/// Offset and size of each CPU's pages.
fn table(layout: &mut Layout, store: &mut Store, at: u64, word: &str, cpus: u32, name: String) -> Result<(), Fault> {
    let order = layout.order;
    let page_size = layout.page.size;
    let mut part = Part::of_store(store, order, at);
    match word {
        "flyrecord" => {}
        "latency  " => return part.bad("this file holds text instead of pages: read `trace-cmd report` of it"),
        _ => return part.bad(format!("`flyrecord` should stand here, not `{}`", word.escape_debug())),
    }
    let mut list = Vec::new();
    for cpu in 0..cpus {
        let offset = part.u64("the table of CPUs")?;
        let size = part.u64("the table of CPUs")?;
        list.push(CpuData { cpu, file: 0, offset, size, stats: None });
    }
    layout.buffers.push(Buffer { name, page_size, packing: Packing::None, cpus: list });
    Ok(())
}
