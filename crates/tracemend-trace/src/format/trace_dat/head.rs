//! The head of a trace.dat file: its version, byte order and page size.

use super::layout::{Layout, page_size};
use super::{v6, v7};
use crate::decode::context::Context;
use crate::decode::order::Order;
use crate::decode::store::Store;
use crate::format::options::OpenOptions;
use crate::kernel::page::PageFormat;
use crate::kernel::tracepoints::Tracepoints;
use crate::kernel::tracing_data::MAGIC;
use crate::{Format, TraceError, TraceResult};
use std::path::Path;

/// Reads all that comes before the pages.
pub(crate) fn read(store: &mut Store, path: &Path, options: &OpenOptions) -> TraceResult<Layout> {
    let io = TraceError::io(path);
    let corrupt = |offset, reason: String| TraceError::Corrupt { path: path.to_path_buf(), offset, reason };
    let head = store.bytes_at(0, 128).map_err(io)?;
    let Some(rest) = head.strip_prefix(MAGIC) else {
        return Err(corrupt(
            0,
            "no trace.dat begins like this; name the true format with the option `format`".to_owned(),
        ));
    };
    let version = &rest[..memchr::memchr(0, rest).unwrap_or(0)];
    let at = MAGIC.len() + version.len() + 1;
    let order = match head.get(at) {
        Some(0) => Order::Little,
        Some(1) => Order::Big,
        Some(_) => return Err(corrupt(at as u64, "the byte order must be 0 or 1; copy the file again".to_owned())),
        None => return Err(corrupt(at as u64, "the file ends within its head; copy it again".to_owned())),
    };
    let long = match head.get(at + 1) {
        Some(4) => 4,
        Some(8) => 8,
        _ => return Err(corrupt(at as u64 + 1, "a long must have 4 or 8 bytes; copy the file again".to_owned())),
    };
    let size = order.u32(&head, at + 2).unwrap_or(0);
    let page_size = page_size(size)
        .ok_or_else(|| corrupt(at as u64 + 2, format!("no machine has pages of {size} bytes; copy the file again")))?;
    let layout = Layout {
        context: Context::new(Format::TraceDat, options.arch, path.to_path_buf()),
        order,
        page: PageFormat::usual(order, page_size, long),
        events: Tracepoints::new(order),
        buffers: Vec::new(),
        shift_ns: 0,
        ticks: None,
    };
    match version {
        b"6" => v6::read(layout, store, at as u64 + 6),
        b"7" => v7::read(layout, store, at as u64 + 6),
        _ => Err(corrupt(
            MAGIC.len() as u64,
            format!(
                "version `{}` of trace.dat is not read here, 6 and 7 are; convert it with `trace-cmd convert --file-version 7`",
                String::from_utf8_lossy(version)
            ),
        )),
    }
}
