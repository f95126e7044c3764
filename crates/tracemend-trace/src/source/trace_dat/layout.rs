//! What a trace.dat file says of itself before its pages.

use super::page::PageFormat;
use super::unpack::Packing;
use crate::source::OpenOptions;
use crate::source::context::Context;
use crate::source::order::Order;
use crate::source::store::Store;
use crate::source::tracepoints::Tracepoints;
use crate::{Format, TraceError, TraceResult};
use std::path::{Path, PathBuf};

/// The first bytes of every `trace.dat`.
pub(crate) const MAGIC: &[u8] = b"\x17\x08\x44tracing";
/// Most CPUs of one file.
pub(crate) const MAX_CPUS: u32 = 1 << 14;

/// The pages of one CPU in one buffer.
#[derive(Clone, Debug)]
pub(crate) struct CpuData {
    pub(crate) cpu: u32,
    pub(crate) offset: u64,
    pub(crate) size: u64,
}

/// One ring buffer: the main one, or an instance with a name.
#[derive(Clone, Debug)]
pub(crate) struct Buffer {
    pub(crate) name: String,
    pub(crate) page_size: usize,
    pub(crate) packing: Packing,
    pub(crate) cpus: Vec<CpuData>,
}

/// A file's own description, filled in part by part.
pub(crate) struct Layout {
    pub(crate) store: Store,
    pub(crate) path: PathBuf,
    pub(crate) context: Context,
    pub(crate) order: Order,
    pub(crate) page: PageFormat,
    pub(crate) events: Tracepoints,
    pub(crate) buffers: Vec<Buffer>,
    /// Added to every time.
    pub(crate) shift_ns: i64,
    /// Multiplier and shift from ticks to nanoseconds.
    pub(crate) ticks: Option<(u32, u32)>,
}

/// Reads all that comes before the pages.
pub(crate) fn read(store: Store, path: &Path, options: &OpenOptions) -> TraceResult<Layout> {
    let mut store = store;
    let io = |source| TraceError::Io { path: path.to_path_buf(), source };
    let corrupt = |offset, reason: String| TraceError::Corrupt { path: path.to_path_buf(), offset, reason };
    let head = store.bytes_at(0, 128).map_err(io)?;
    let Some(rest) = head.strip_prefix(MAGIC) else {
        return Err(corrupt(0, "no trace.dat begins like this; name the true format with --format".to_owned()));
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
    let page_size = page_size(size).ok_or_else(|| {
        corrupt(at as u64 + 2, format!("a page of {size} bytes is none a machine has; copy the file again"))
    })?;
    let layout = Layout {
        store,
        path: path.to_path_buf(),
        context: Context::new(Format::TraceDat, options.arch),
        order,
        page: PageFormat::usual(order, page_size, long),
        events: Tracepoints::new(order),
        buffers: Vec::new(),
        shift_ns: 0,
        ticks: None,
    };
    match version {
        b"6" => super::v6::read(layout, at as u64 + 6),
        b"7" => super::v7::read(layout, at as u64 + 6),
        _ => Err(corrupt(
            MAGIC.len() as u64,
            format!(
                "version `{}` of trace.dat is not read here, 6 and 7 are; convert it with `trace-cmd convert --file-version 7`",
                String::from_utf8_lossy(version)
            ),
        )),
    }
}

/// A page's size, if it can be one.
pub(crate) fn page_size(size: u32) -> Option<usize> {
    (size.is_power_of_two() && (512..=1 << 20).contains(&size)).then_some(size as usize)
}

impl Layout {
    /// An error that ends the reading.
    pub(crate) fn corrupt(&self, offset: u64, reason: impl Into<String>) -> TraceError {
        TraceError::Corrupt { path: self.path.clone(), offset, reason: reason.into() }
    }

    /// An error of the system.
    pub(crate) fn io(&self, source: std::io::Error) -> TraceError {
        TraceError::Io { path: self.path.clone(), source }
    }

    /// Tells of a part that could not be read while the rest could.
    pub(crate) fn warn(&mut self, offset: u64, what: &str) {
        let path = self.path.display();
        let warning = format!("{path}, byte {offset}: {what}");
        self.context.warn(warning);
    }

    /// A record's time in nanoseconds.
    #[inline]
    pub(crate) fn time_ns(&self, time: u64) -> i64 {
        let time = match self.ticks {
            Some((multiplier, shift)) => {
                let wide = u128::from(time) * u128::from(multiplier) >> shift.min(127);
                u64::try_from(wide).unwrap_or(u64::MAX)
            }
            None => time,
        };
        i64::try_from(time).unwrap_or(i64::MAX).saturating_add(self.shift_ns)
    }
}
