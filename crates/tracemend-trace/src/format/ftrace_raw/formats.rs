//! What the kernel's `events` folder says about the pages and events of a trace.

use super::files::{USUAL_PAGE, votes};
use crate::decode::order::Order;
use crate::format::trace_dat::layout::{Layout, page_size};
use crate::format::trace_dat::option;
use crate::kernel::event_format::MAX_FORMAT;
use crate::kernel::tracing_data::{self, MAX_NAMES};
use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};

/// Maximum number of systems, and of events in one.
const MAX_FOLDERS: usize = 1 << 14;
/// Maximum number of bytes of all formats together: the kernel's are some five million.
const MAX_FORMATS: usize = 1 << 28;

/// What could not be read of the formats, as a sentence.
pub(crate) type Reason = String;

/// Takes all that the folder tells. `beginnings` are the first bytes of the raw files, which tell the byte order: the folder
/// does not.
pub(crate) fn describe(layout: &mut Layout, tracing: &Path, beginnings: &[Vec<u8>]) -> Result<(), Reason> {
    let events = tracing.join("events");
    let header_page = read(&events.join("header_page"), MAX_FORMAT as u64);
    match header_page.and_then(|text| layout.page.describe(&text)) {
        Some(size) => {
            let possible = u32::try_from(size).ok().and_then(page_size);
            layout.page.size = possible.ok_or_else(|| {
                format!("{} gives pages of {size} bytes, which no machine has", events.join("header_page").display())
            })?;
        }
        None => layout.context.warn(format!(
            "{}: missing or damaged; pages are taken for those of a 64-bit machine, of {USUAL_PAGE} bytes. Copy it from the traced machine",
            events.join("header_page").display()
        )),
    }
    if let Some(text) = read(&events.join("header_event"), MAX_FORMAT as u64)
        && let Some(reason) = tracing_data::old_heads(&text)
    {
        return Err(format!("{}: {reason}", events.join("header_event").display()));
    }
    set_order(layout, beginnings);
    formats(layout, &events);
    if let Some(text) = read(&tracing.join("saved_cmdlines"), MAX_NAMES) {
        tracing_data::name_threads(&mut layout.parsed(), &text);
    }
    if let Some(text) = read(&tracing.join("trace_clock"), 1 << 12) {
        option::clock(layout, 0, &String::from_utf8_lossy(&text));
    }
    Ok(())
}

/// The byte order in which most pages are pages.
fn set_order(layout: &mut Layout, beginnings: &[Vec<u8>]) {
    let count = |order| {
        let mut format = layout.page;
        format.order = order;
        beginnings.iter().map(|bytes| votes(&format, bytes)).sum::<usize>()
    };
    let order = if count(Order::Big) > count(Order::Little) { Order::Big } else { Order::Little };
    (layout.order, layout.page.order, layout.events.order) = (order, order, order);
}

/// The formats of all events, system by system.
fn formats(layout: &mut Layout, events: &Path) {
    let mut left = MAX_FORMATS;
    for system in folders(events) {
        let name = system.file_name().unwrap_or_default().to_string_lossy().into_owned();
        for event in folders(&system) {
            let Some(text) = read(&event.join("format"), MAX_FORMAT as u64) else { continue };
            if text.len() > left {
                layout.context.warn(format!(
                    "{}: more event formats than any kernel has; the rest of them is not read. Copy the folder again",
                    events.display()
                ));
                return;
            }
            left -= text.len();
            let parsed = layout.parsed();
            parsed.events.add(parsed.context, &name, &text, parsed.name);
        }
    }
}

/// The folders in a folder, by name.
fn folders(path: &Path) -> Vec<PathBuf> {
    let list = fs::read_dir(path).into_iter().flatten().flatten();
    let mut folders: Vec<PathBuf> =
        list.map(|entry| entry.path()).filter(|path| path.is_dir()).take(MAX_FOLDERS).collect();
    folders.sort();
    folders
}

/// A small file, as far as `limit`; `None` where there is none.
fn read(path: &Path, limit: u64) -> Option<Vec<u8>> {
    let mut text = Vec::new();
    // Opening a pipe could wait without end.
    let file = path.is_file().then(|| File::open(path).ok()).flatten()?;
    file.take(limit).read_to_end(&mut text).ok()?;
    Some(text)
}
