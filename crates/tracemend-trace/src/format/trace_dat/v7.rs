//! The description in a version 7 file: lists of options that lead to sections.

use super::layout::{Buffer, CpuData, Layout, MAX_CPUS, page_size};
use super::option;
use super::unpack::{Packing, Unpacker};
use crate::TraceResult;
use crate::decode::store::Store;
use crate::kernel::tracing_data::{self, Fault, Part};

/// Largest section unpacked.
const MAX_SECTION: u32 = 64 << 20;
/// Maximum number of lists of options: a loop of them must end.
const MAX_LISTS: usize = 1 << 10;
/// Maximum number of ring buffers.
const MAX_BUFFERS: usize = 1 << 10;

/// Reads on after the file's head.
pub(crate) fn read(mut layout: Layout, store: &mut Store, at: u64) -> TraceResult<Layout> {
    let result = head(&layout, store, at).and_then(|(packing, list)| {
        let mut reader = Reader { layout: &mut layout, store, packing, unpacker: Unpacker::default() };
        reader.lists(list)
    });
    match result {
        Ok(()) => {}
        Err(Fault::Io(error)) => return Err(layout.context.io(error)),
        Err(Fault::Bad(offset, why)) if layout.buffers.is_empty() => {
            return Err(layout.context.corrupt(offset, format!("{why}; copy the file again")));
        }
        Err(Fault::Bad(offset, why)) => {
            layout.context.warn_at(offset, &format!("{why}; copy the file again to get the rest"))
        }
    }
    if layout.buffers.is_empty() {
        return Err(layout
            .context
            .corrupt(at, "the file lists no trace buffer; if it was just recorded, record again"));
    }
    Ok(layout)
}

/// How the file packs its parts, and where the first list of options lies.
fn head(layout: &Layout, store: &mut Store, at: u64) -> Result<(Packing, u64), Fault> {
    let order = layout.order;
    let mut part = Part::of_store(store, order, at);
    let name = part.text("the name of the compression")?;
    let Some(packing) = Packing::of(name.as_bytes()) else {
        return part.bad(format!(
            "the compression `{}` is not known here: unpack it with `trace-cmd convert --compression none`, or",
            name.escape_debug()
        ));
    };
    part.text("the version of the compression")?;
    let list = part.u64("the place of the options")?;
    Ok((packing, list))
}

struct Reader<'a> {
    layout: &'a mut Layout,
    store: &'a mut Store,
    packing: Packing,
    unpacker: Unpacker,
}

impl Reader<'_> {
    /// Goes through all lists of options. Sections are read in the order that later ones need.
    fn lists(&mut self, first: u64) -> Result<(), Fault> {
        let mut sections = Vec::new();
        let mut next = first;
        let mut damage = None;
        for _ in 0..MAX_LISTS {
            match self.list(next, &mut sections) {
                Ok(0) => break,
                Ok(following) => next = following,
                Err(Fault::Io(error)) => return Err(Fault::Io(error)),
                Err(bad) => {
                    damage = Some(bad);
                    break;
                }
            }
        }
        sections.sort_by_key(|&(id, _)| id);
        for (id, offset) in sections {
            match self.section(id, offset) {
                Ok(()) => {}
                Err(Fault::Io(error)) => return Err(Fault::Io(error)),
                Err(Fault::Bad(offset, why)) => self.layout.context.warn_at(
                    offset,
                    &format!("{why}; the pages are read all the same, but events and threads may lack their names. Copy the file again to get them"),
                ),
            }
        }
        damage.map_or(Ok(()), Err)
    }

    /// One list; answers where the next one lies, 0 for none.
    fn list(&mut self, offset: u64, sections: &mut Vec<(u16, u64)>) -> Result<u64, Fault> {
        let order = self.layout.order;
        let (bytes, start) = self.load(offset)?;
        let mut part = Part::of_memory(&bytes, order, offset);
        let mut buffers = Vec::new();
        let mut common = Vec::new();
        let next = loop {
            let id = part.u16("an option")?;
            let size = part.u32("an option")?;
            let data = part.bytes(u64::from(size), u64::from(MAX_SECTION), "an option")?;
            match id {
                option::DONE => break order.u64(&data, 0).unwrap_or(0),
                option::BUFFER => buffers.push(data),
                option::BUFFER_TEXT => self
                    .layout
                    .context
                    .warn_at(offset, "a buffer of text in this file is passed over; read it with `trace-cmd report`"),
                option::HEADERS | option::FTRACE_EVENTS | option::EVENT_FORMATS | option::NAMES => {
                    sections.extend(order.u64(&data, 0).map(|at| (id, at)));
                }
                _ => common.push((id, data)),
            }
        };
        for (id, data) in common {
            option::common(self.layout, start, id, &data);
        }
        for data in buffers {
            self.buffer(offset, &data)?;
        }
        Ok(next)
    }

    /// The bytes of the section at `offset`, unpacked, and where in the file they begin.
    fn load(&mut self, offset: u64) -> Result<(Vec<u8>, u64), Fault> {
        let order = self.layout.order;
        let mut part = Part::of_store(self.store, order, offset);
        part.u16("a section's head")?;
        let flags = part.u16("a section's head")?;
        part.u32("a section's head")?;
        let size = part.u64("a section's head")?;
        let start = part.offset();
        if flags & 1 == 0 {
            return Ok((part.bytes(size, u64::from(MAX_SECTION), "a section")?, start));
        }
        let packed = part.u32("a packed section")?;
        let unpacked = part.u32("a packed section")?;
        let packed = part.bytes(u64::from(packed), u64::from(MAX_SECTION), "a packed section")?;
        if unpacked > MAX_SECTION {
            return part.bad(format!("a section of {unpacked} bytes is longer than any"));
        }
        let mut bytes = Vec::new();
        match self.unpacker.unpack(self.packing, &packed, unpacked as usize, &mut bytes) {
            Ok(()) => Ok((bytes, start)),
            Err(why) => Err(Fault::Bad(start, why)),
        }
    }

    fn section(&mut self, id: u16, offset: u64) -> Result<(), Fault> {
        let order = self.layout.order;
        let (bytes, start) = self.load(offset)?;
        let mut parsed = self.layout.parsed();
        let mut part = Part::of_memory(&bytes, order, start);
        match id {
            option::HEADERS => tracing_data::headers(&mut parsed, &mut part),
            option::FTRACE_EVENTS => tracing_data::ftrace_formats(&mut parsed, &mut part),
            option::EVENT_FORMATS => tracing_data::event_formats(&mut parsed, &mut part),
            _ => tracing_data::names(&mut parsed, &mut part),
        }
    }

    /// A ring buffer: where its section lies, its name and clock, its pages' size, and each CPU's pages.
    fn buffer(&mut self, list: u64, data: &[u8]) -> Result<(), Fault> {
        let order = self.layout.order;
        let mut part = Part::of_memory(data, order, list);
        let section = part.u64("a buffer's option")?;
        let name = part.text("a buffer's name")?;
        let clock = part.text("a buffer's clock")?;
        let size = part.u32("a buffer's page size")?;
        let count = part.u32("a buffer's number of CPUs")?;
        let Some(page_size) = page_size(size) else {
            return part.bad(format!("no machine has pages of {size} bytes"));
        };
        if count > MAX_CPUS || self.layout.buffers.len() >= MAX_BUFFERS {
            return part.bad(format!("{count} CPUs in a buffer are more than a machine has"));
        }
        let mut cpus = Vec::new();
        for _ in 0..count {
            let cpu = part.u32("a buffer's table of CPUs")?;
            let offset = part.u64("a buffer's table of CPUs")?;
            let size = part.u64("a buffer's table of CPUs")?;
            if cpu >= MAX_CPUS {
                return part.bad(format!("no machine has a CPU with the number {cpu}"));
            }
            cpus.push(CpuData { cpu, file: 0, offset, size, stats: None });
        }
        let mut head = Part::of_store(self.store, order, section.saturating_add(2));
        // Pages are packed if the section's head says so; where it is lost, the file's own choice counts.
        let packed = head.u16("a buffer's section").map_or(true, |flags| flags & 1 == 1);
        let packing = if packed { self.packing } else { Packing::None };
        option::clock(self.layout, list, &clock);
        self.layout.buffers.push(Buffer { name, page_size, packing, cpus });
        Ok(())
    }
}
