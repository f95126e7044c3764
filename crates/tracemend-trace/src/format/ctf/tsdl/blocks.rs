//! The blocks that describe the trace, its clocks, streams and events.

use super::ast::{self, Attribute, Block, Document, Entry, Specifiers};
use super::attributes::{self, Seen, text, unknown, unsigned, warn};
use super::class::Class;
use super::lower::Lowering;
use super::reference::Part;
use super::roles;
use super::scope::Scopes;
use super::tokens::Parsed;
use crate::format::ctf::fault::{Fault, excerpt};
use crate::format::ctf::schema::{ByteOrder, Clock, EventClass, Schema, StreamClass, Struct, Value, Version};
use std::collections::HashMap;
use std::rc::Rc;

/// Everything read so far.
struct Reading {
    scopes: Scopes,
    lowering: Lowering,
    environment: Vec<(String, Value)>,
    /// Whether LTTng wrote the trace.
    lttng: bool,
    uuid: Option<[u8; 16]>,
    packet_header: Option<Struct>,
    /// Whether packets name their stream class.
    stream_ids: bool,
    streams: Vec<Stream>,
    /// Index in `streams` by id.
    by_id: HashMap<u64, usize>,
}

/// A stream class and its events.
struct Stream {
    at: usize,
    class: StreamClass,
    /// Whether events name their class.
    event_ids: bool,
    /// Types of the packet context, event header and common event context.
    roots: [Option<Rc<Class>>; 3],
}

/// The schema of a whole text.
pub(super) fn schema(document: &Document) -> Parsed<Schema> {
    let native = native_order(document)?;
    let mut reading = Reading {
        scopes: Scopes::new(native),
        lowering: Lowering::new(),
        environment: Vec::new(),
        lttng: false,
        uuid: None,
        packet_header: None,
        stream_ids: false,
        streams: Vec::new(),
        by_id: HashMap::new(),
    };
    for block in &document.environments {
        reading.environment(block)?;
    }
    for block in &document.clocks {
        reading.clock(block)?;
    }
    for declaration in &document.declarations {
        reading.scopes.declare(declaration)?;
    }
    for block in &document.traces {
        reading.trace(block)?;
    }
    for block in &document.streams {
        reading.stream(block)?;
    }
    let mut events: Vec<Vec<&Block>> = vec![Vec::new(); reading.streams.len().max(1)];
    for block in &document.events {
        let stream = reading.stream_of(block)?;
        events[stream].push(block);
    }
    for (stream, blocks) in events.iter().enumerate() {
        reading.events(stream, blocks)?;
    }
    reading.finish()
}

impl Reading {
    fn environment(&mut self, block: &Block) -> Parsed<()> {
        for entry in &block.entries {
            let Entry::Attribute(Attribute { name, value, .. }) = entry else {
                return Err(Fault::new(block.at, "only `name = value` belongs into the block `env`"));
            };
            let value = match value {
                ast::Value::Number(number) => Value::Integer(number.wrapped()),
                ast::Value::Text(text) => Value::Text(text.clone()),
            };
            let length = match &value {
                Value::Integer(length) => u64::try_from(*length).ok(),
                Value::Text(_) => None,
            };
            self.scopes.lengths.entry(name.clone()).or_insert(length);
            self.lttng |= name == "tracer_name" && matches!(&value, Value::Text(tracer) if tracer.starts_with("lttng"));
            self.environment.push((name.clone(), value));
        }
        Ok(())
    }

    fn clock(&mut self, block: &Block) -> Parsed<()> {
        let mut seen = Seen::default();
        let mut clock = Clock { name: String::new(), ..Clock::default() };
        let mut cycles = 0;
        for entry in &block.entries {
            let Entry::Attribute(attribute) = entry else {
                return Err(Fault::new(block.at, "only `name = value` belongs into the block `clock`"));
            };
            seen.add(attribute)?;
            match &*attribute.name {
                "name" => clock.name = text(attribute)?.to_owned(),
                "uuid" => clock.uuid = Some(attributes::uuid(attribute)?),
                "freq" => clock.frequency = unsigned(attribute)?,
                "offset_s" => clock.offset_seconds = attributes::signed(attribute)?,
                "offset" => cycles = unsigned(attribute)?,
                "absolute" => clock.unix_epoch = attributes::boolean(attribute)?,
                "description" => _ = text(attribute)?,
                "precision" => _ = unsigned(attribute)?,
                _ => unknown(attribute, "a clock", &mut self.scopes.warnings),
            }
        }
        if clock.name.is_empty() {
            return Err(Fault::new(block.at, "this clock lacks its `name`"));
        }
        if clock.frequency == 0 || clock.frequency > i64::MAX as u64 {
            return Err(Fault::new(block.at, format!("a clock does not tick {} times a second", clock.frequency)));
        }
        let seconds = clock.offset_seconds.checked_add_unsigned(cycles / clock.frequency);
        let seconds = seconds.ok_or_else(|| Fault::new(block.at, "the offset of this clock is out of all range"))?;
        clock.offset_seconds = seconds;
        clock.offset_cycles = (cycles % clock.frequency) as i64;
        // LTTng's clock counts from the Unix epoch, although older versions do not say so.
        clock.unix_epoch |= self.lttng && clock.name == "monotonic";
        let clocks = &mut self.lowering.clocks;
        self.scopes.clocks.entry(clock.name.clone()).or_insert(clocks.len());
        clocks.push(clock);
        Ok(())
    }

    fn trace(&mut self, block: &Block) -> Parsed<()> {
        let mut header = None;
        let mut version = [None, None];
        self.entries(block, "the trace", |reading, entry| match entry {
            Known::Attribute(attribute) => {
                match &*attribute.name {
                    "major" => version[0] = Some(unsigned(attribute)?),
                    "minor" => version[1] = Some(unsigned(attribute)?),
                    "uuid" => reading.uuid = Some(attributes::uuid(attribute)?),
                    "byte_order" => {}
                    _ => return Ok(false),
                }
                Ok(true)
            }
            Known::Type("packet.header", class) => {
                header = Some(reading.scopes.class(class)?);
                Ok(true)
            }
            Known::Type(..) => Ok(false),
        })?;
        if version != [Some(1), Some(8)] {
            return Err(Fault::new(block.at, "the trace is not of CTF 1.8: `major = 1; minor = 8;` is missing"));
        }
        let at = block.at;
        self.packet_header = self.lowering.part(at, Part::PacketHeader, header.as_ref())?;
        if let Some(header) = &mut self.packet_header {
            self.stream_ids = roles::packet_header(at, header)?;
        }
        Ok(())
    }

    fn stream(&mut self, block: &Block) -> Parsed<()> {
        let mut id = None;
        let mut roots = [None, None, None];
        self.entries(block, "a stream", |reading, entry| match entry {
            Known::Attribute(attribute) if attribute.name == "id" => {
                id = Some(unsigned(attribute)?);
                Ok(true)
            }
            Known::Type(name, class) => {
                let root = match name {
                    "packet.context" => 0,
                    "event.header" => 1,
                    "event.context" => 2,
                    _ => return Ok(false),
                };
                roots[root] = Some(reading.scopes.class(class)?);
                Ok(true)
            }
            Known::Attribute(_) => Ok(false),
        })?;
        let at = block.at;
        if id.is_none() && !self.streams.is_empty() {
            return Err(Fault::new(at, "this stream lacks its `id`, which only a single one can do without"));
        }
        let id = id.unwrap_or(0);
        if self.by_id.insert(id, self.streams.len()).is_some() {
            return Err(Fault::new(at, format!("the stream {id} is described twice")));
        }
        let class = StreamClass {
            id,
            name: None,
            clock: None,
            packet_context: None,
            event_header: None,
            event_context: None,
            events: Vec::new(),
        };
        self.streams.push(Stream { at, class, event_ids: false, roots });
        Ok(())
    }

    /// Index of the stream class that an event belongs to.
    fn stream_of(&mut self, block: &Block) -> Parsed<usize> {
        let id = block.entries.iter().find_map(|entry| match entry {
            Entry::Attribute(attribute) if attribute.name == "stream_id" => Some(attribute),
            _ => None,
        });
        match (id, self.streams.len()) {
            (None, 0) => {
                self.stream(&Block { at: block.at, entries: Vec::new() })?;
                Ok(0)
            }
            (None, 1) => Ok(0),
            (None, _) => Err(Fault::new(block.at, "this event lacks its `stream_id`, as there are several streams")),
            (Some(attribute), _) => {
                let id = unsigned(attribute)?;
                let known = self.by_id.get(&id).copied();
                known.ok_or_else(|| Fault::new(attribute.at, format!("no stream with the id {id} is described")))
            }
        }
    }

    /// Reads the events of a stream class, and what they share.
    fn events(&mut self, stream: usize, blocks: &[&Block]) -> Parsed<()> {
        let Some(Stream { at, roots, .. }) = self.streams.get(stream) else { return Ok(()) };
        let (at, roots) = (*at, roots.clone());
        let mut context = self.lowering.part(at, Part::PacketContext, roots[0].as_ref())?;
        let mut header = self.lowering.part(at, Part::EventHeader, roots[1].as_ref())?;
        let mut common = self.lowering.part(at, Part::StreamEventContext, roots[2].as_ref())?;
        if let Some(context) = &mut context {
            roles::packet_context(at, context)?;
        }
        if let Some(header) = &mut header {
            self.streams[stream].event_ids = roles::event_header(at, header)?;
        }
        let mut events: Vec<EventClass> = Vec::with_capacity(blocks.len());
        for block in blocks {
            events.push(self.event(block, events.is_empty())?);
        }
        self.lowering.close(Part::StreamEventContext, &mut common);
        self.lowering.close(Part::EventHeader, &mut header);
        self.lowering.close(Part::PacketContext, &mut context);
        events.sort_by_key(|event| event.id);
        if let Some(twice) = events.windows(2).find(|pair| pair[0].id == pair[1].id) {
            return Err(Fault::new(at, format!("two events of this stream have the id {}", twice[0].id)));
        }
        let Stream { class, event_ids, .. } = &mut self.streams[stream];
        if events.len() > 1 && !*event_ids {
            return Err(Fault::new(at, "this stream has several events, but no field `id` in its event header"));
        }
        class.clock = self.lowering.take_clock();
        (class.packet_context, class.event_header, class.event_context) = (context, header, common);
        class.events = events;
        Ok(())
    }

    fn event(&mut self, block: &Block, first: bool) -> Parsed<EventClass> {
        let at = block.at;
        let (mut name, mut id) = (None, None);
        let mut roots = [None, None];
        self.entries(block, "an event", |reading, entry| match entry {
            Known::Attribute(attribute) => {
                match &*attribute.name {
                    "name" => name = Some(text(attribute)?.to_owned()),
                    "id" => id = Some(unsigned(attribute)?),
                    "stream_id" => {}
                    "loglevel" => _ = unsigned(attribute)?,
                    "model.emf.uri" => _ = text(attribute)?,
                    _ => return Ok(false),
                }
                Ok(true)
            }
            Known::Type(name, class) => {
                let root = match name {
                    "context" => 0,
                    "fields" => 1,
                    _ => return Ok(false),
                };
                roots[root] = Some(reading.scopes.class(class)?);
                Ok(true)
            }
        })?;
        let name = name.ok_or_else(|| Fault::new(at, "this event lacks its `name`"))?;
        if id.is_none() && !first {
            return Err(Fault::new(at, "this event lacks its `id`, which only the first of a stream can do without"));
        }
        let mut context = self.lowering.part(at, Part::EventContext, roots[0].as_ref())?;
        let mut payload = self.lowering.part(at, Part::EventFields, roots[1].as_ref())?;
        self.lowering.close(Part::EventFields, &mut payload);
        self.lowering.close(Part::EventContext, &mut context);
        Ok(EventClass { id: id.unwrap_or(0), name, context, payload })
    }

    /// Goes through a block. `read` says whether it knows the entry.
    fn entries(
        &mut self,
        block: &Block,
        what: &str,
        mut read: impl FnMut(&mut Self, Known<'_>) -> Parsed<bool>,
    ) -> Parsed<()> {
        let mut seen = Seen::default();
        self.scopes.push();
        for entry in &block.entries {
            match entry {
                Entry::Declaration(declaration) => self.scopes.declare(declaration)?,
                Entry::Attribute(attribute) => {
                    if read(self, Known::Attribute(attribute))? {
                        seen.add(attribute)?;
                    } else {
                        unknown(attribute, what, &mut self.scopes.warnings);
                    }
                }
                Entry::Type { at, name, class } => {
                    seen.add_name(*at, name)?;
                    if !read(self, Known::Type(name, class))? {
                        let warning = format!("the metadata gives {what} a `{}`, which is not known", excerpt(name));
                        warn(&mut self.scopes.warnings, warning);
                    }
                }
            }
        }
        self.scopes.pop();
        Ok(())
    }

    fn finish(mut self) -> Parsed<Schema> {
        if self.streams.len() > 1 && !self.stream_ids {
            let reason = "the trace has several streams, but no field `stream_id` in its packet header";
            return Err(Fault::new(self.streams[1].at, reason));
        }
        self.lowering.close(Part::PacketHeader, &mut self.packet_header);
        let registers = self.lowering.registers();
        Ok(Schema {
            version: Version::V1_8,
            uuid: self.uuid,
            environment: self.environment,
            packet_header: self.packet_header,
            clocks: self.lowering.clocks,
            streams: self.streams.into_iter().map(|stream| stream.class).collect(),
            registers,
            warnings: self.scopes.warnings,
        })
    }
}

/// An entry of a block that is no declaration.
enum Known<'e> {
    Attribute(&'e Attribute),
    Type(&'e str, &'e Specifiers),
}

/// Types that come before the trace's block may ask for its byte order already.
fn native_order(document: &Document) -> Parsed<ByteOrder> {
    let block = match &document.traces[..] {
        [block] => block,
        [] => return Err(Fault::new(0, "the metadata lacks the block `trace`; it was cut short, or is no metadata")),
        [_, second, ..] => return Err(Fault::new(second.at, "the block `trace` comes twice; two traces were mixed")),
    };
    let order = block.entries.iter().find_map(|entry| match entry {
        Entry::Attribute(attribute) if attribute.name == "byte_order" => Some(attribute),
        _ => None,
    });
    let order = order.ok_or_else(|| Fault::new(block.at, "the block `trace` lacks its `byte_order`"))?;
    attributes::byte_order_of(order, None)
}
