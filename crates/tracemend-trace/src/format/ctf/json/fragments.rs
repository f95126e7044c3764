//! The fragments of CTF 2 metadata, one after another.

use super::classes::Surroundings;
use super::fields::{self, Fields, no_extensions};
use super::location::Part;
use super::value::{Checked, Json};
use crate::format::ctf::fault::excerpt;
use crate::format::ctf::schema::{Clock, EventClass, Schema, StreamClass, Value, Version};
use std::collections::HashMap;
use std::rc::Rc;

/// What was read up to now.
pub(super) struct Reading {
    schema: Schema,
    fields: Fields,
    /// Whether the preamble was read.
    begun: bool,
    trace: bool,
    /// Index of the clock by its id.
    clocks: HashMap<String, usize>,
    /// Index of the stream class by its id.
    streams: HashMap<u64, usize>,
}

impl Reading {
    pub(super) fn new() -> Self {
        let schema = Schema {
            version: Version::V2,
            uuid: None,
            environment: Vec::new(),
            packet_header: None,
            clocks: Vec::new(),
            streams: Vec::new(),
            registers: 0,
            warnings: Vec::new(),
        };
        let (clocks, streams) = (HashMap::new(), HashMap::new());
        Self { schema, fields: Fields::new(), begun: false, trace: false, clocks, streams }
    }

    pub(super) fn fragment(&mut self, json: &Json) -> Checked<()> {
        let kind = json.text_of("type")?.ok_or("each fragment is an object with a `type`")?;
        if !self.begun && kind != "preamble" {
            return Err(format!(
                "the metadata begins with a preamble, not with a fragment of type `{}`",
                excerpt(kind)
            ));
        }
        no_extensions(json)?;
        match kind {
            "preamble" => self.preamble(json),
            "field-class-alias" => self.alias(json),
            "trace-class" => self.trace_class(json),
            "clock-class" => self.clock_class(json),
            "data-stream-class" => self.stream_class(json),
            "event-record-class" => self.event_class(json),
            other => Err(format!("the fragment type `{}` is not known in CTF 2", excerpt(other))),
        }
    }

    /// The schema, when all fragments were read.
    pub(super) fn finish(self) -> Checked<Schema> {
        let Self { mut schema, fields, begun, .. } = self;
        if !begun {
            return Err("the metadata holds no fragment; the tracer wrote none, or it was not copied whole".into());
        }
        for stream in &mut schema.streams {
            stream.events.sort_by_key(|event| event.id);
            if let Some(twice) = stream.events.windows(2).find(|pair| pair[0].id == pair[1].id) {
                return Err(format!(
                    "two event record classes of the stream {} have the id {}",
                    stream.id, twice[0].id
                ));
            }
        }
        fields.registers.finish(&mut schema);
        Ok(schema)
    }

    fn preamble(&mut self, json: &Json) -> Checked<()> {
        if self.begun {
            return Err("the preamble comes twice; two traces were mixed".into());
        }
        match json.required("version")? {
            Json::Integer(2) => {}
            _ => return Err("the `version` of the preamble is 2; other versions are not known here".into()),
        }
        if json.get("uuid").is_some() {
            let bytes = json.array_of("uuid")?.iter().map(|byte| match byte {
                Json::Integer(byte) => u8::try_from(*byte).ok(),
                _ => None,
            });
            let uuid = bytes.collect::<Option<Vec<u8>>>().and_then(|bytes| bytes.try_into().ok());
            self.schema.uuid = Some(uuid.ok_or("the `uuid` of the preamble is an array of 16 bytes")?);
        }
        self.begun = true;
        Ok(())
    }

    fn alias(&mut self, json: &Json) -> Checked<()> {
        let name = json.text_of("name")?.ok_or("a field class alias has a `name`")?;
        let class = json.required("field-class")?;
        let class = self.fields.resolve(class)?.unwrap_or_else(|| Rc::new(class.clone()));
        if self.fields.aliases.insert(name.to_owned(), class).is_some() {
            return Err(format!("the field class alias `{}` comes twice", excerpt(name)));
        }
        Ok(())
    }

    fn trace_class(&mut self, json: &Json) -> Checked<()> {
        if self.trace || !self.schema.streams.is_empty() {
            return Err("the trace class comes once, before all data stream classes".into());
        }
        self.trace = true;
        for (name, value) in json.object_of("environment")? {
            let value = match value {
                // Larger numbers wrap around, as they do in other readers.
                Json::Integer(value) => Value::Integer(*value as i64),
                Json::Text(text) => Value::Text(text.clone()),
                _ => return Err(format!("the environment entry `{}` is an integer or a text", excerpt(name))),
            };
            self.schema.environment.push((name.clone(), value));
        }
        let around = self.around(Part::PacketHeader, false);
        self.fields.part(json, "packet-header-field-class", &around)?;
        let header = self.fields.roots[Part::PacketHeader as usize].as_ref();
        if !header.is_none_or(fields::magic_is_first) {
            return Err("the field with the role `packet-magic-number` comes first in packet headers".into());
        }
        self.schema.packet_header = fields::take(&mut self.fields.roots, Part::PacketHeader);
        Ok(())
    }

    fn clock_class(&mut self, json: &Json) -> Checked<()> {
        let id = json.text_of("id")?.ok_or("a clock class has an `id`")?;
        let frequency = json.unsigned_of("frequency", 1)?.ok_or("a clock class has a `frequency`")?;
        let cycles_limit =
            i64::try_from(frequency).map_err(|_| format!("a clock does not tick {frequency} times a second"))?;
        let unix_epoch = match json.get("origin") {
            None => false,
            Some(Json::Text(origin)) if origin == "unix-epoch" => true,
            Some(origin @ Json::Object(_)) => {
                for name in ["name", "uid"] {
                    origin.text_of(name)?.ok_or_else(|| format!("the origin of a clock has a `{name}`"))?;
                }
                false
            }
            Some(_) => return Err("the `origin` of a clock is \"unix-epoch\" or an object".into()),
        };
        let (mut offset_seconds, mut offset_cycles) = (0, 0);
        for (name, value) in json.object_of("offset-from-origin")? {
            let number = match value {
                Json::Integer(value) => i64::try_from(*value).ok(),
                _ => None,
            };
            let number = number.ok_or("the offset of a clock holds integers of at most 64 bits")?;
            match &**name {
                "seconds" => offset_seconds = number,
                "cycles" if (0..cycles_limit).contains(&number) => offset_cycles = number,
                "cycles" => return Err("the `cycles` of a clock's offset lie between 0 and its frequency".into()),
                _ => {}
            }
        }
        let name = json.text_of("name")?.unwrap_or(id).to_owned();
        let uuid = json.text_of("uid")?.and_then(crate::format::ctf::fault::uuid);
        let clock = Clock { name, frequency, offset_seconds, offset_cycles, uuid, unix_epoch };
        if self.clocks.insert(id.to_owned(), self.schema.clocks.len()).is_some() {
            return Err(format!("two clock classes have the id `{}`", excerpt(id)));
        }
        self.schema.clocks.push(clock);
        Ok(())
    }

    fn stream_class(&mut self, json: &Json) -> Checked<()> {
        let id = json.unsigned_of("id", 0)?.unwrap_or(0);
        if self.streams.insert(id, self.schema.streams.len()).is_some() {
            return Err(format!("two data stream classes have the id {id}"));
        }
        let clock = match json.text_of("default-clock-class-id")? {
            None => None,
            Some(name) => {
                let known = self.clocks.get(name).copied();
                Some(known.ok_or_else(|| format!("no clock class `{}` comes before this", excerpt(name)))?)
            }
        };
        let parts = [
            (Part::PacketContext, "packet-context-field-class"),
            (Part::EventHeader, "event-record-header-field-class"),
            (Part::CommonContext, "event-record-common-context-field-class"),
        ];
        self.fields.roots[Part::PacketHeader as usize] = self.schema.packet_header.take();
        for (part, property) in parts {
            let around = self.around(part, clock.is_some());
            self.fields.part(json, property, &around)?;
        }
        let roots = &mut self.fields.roots;
        self.schema.packet_header = fields::take(roots, Part::PacketHeader);
        let mut packet_context = fields::take(roots, Part::PacketContext);
        fields::mark_cpu(&mut packet_context);
        self.schema.streams.push(StreamClass {
            id,
            name: json.text_of("name")?.map(str::to_owned),
            clock,
            packet_context,
            event_header: fields::take(roots, Part::EventHeader),
            event_context: fields::take(roots, Part::CommonContext),
            events: Vec::new(),
        });
        Ok(())
    }

    fn event_class(&mut self, json: &Json) -> Checked<()> {
        let id = json.unsigned_of("id", 0)?.unwrap_or(0);
        let parent = json.unsigned_of("data-stream-class-id", 0)?.unwrap_or(0);
        let index = self.streams.get(&parent).copied();
        let index = index.ok_or_else(|| format!("no data stream class with the id {parent} comes before this"))?;
        let stream = &mut self.schema.streams[index];
        let roots = &mut self.fields.roots;
        let timed = stream.clock.is_some();
        roots[Part::PacketHeader as usize] = self.schema.packet_header.take();
        roots[Part::PacketContext as usize] = stream.packet_context.take();
        roots[Part::EventHeader as usize] = stream.event_header.take();
        roots[Part::CommonContext as usize] = stream.event_context.take();
        let parts = [(Part::SpecificContext, "specific-context-field-class"), (Part::Payload, "payload-field-class")];
        for (part, property) in parts {
            let around = self.around(part, timed);
            self.fields.part(json, property, &around)?;
        }
        let stream = &mut self.schema.streams[index];
        let roots = &mut self.fields.roots;
        self.schema.packet_header = fields::take(roots, Part::PacketHeader);
        stream.packet_context = fields::take(roots, Part::PacketContext);
        stream.event_header = fields::take(roots, Part::EventHeader);
        stream.event_context = fields::take(roots, Part::CommonContext);
        stream.events.push(EventClass {
            id,
            name: event_name(json)?.to_owned(),
            context: fields::take(roots, Part::SpecificContext),
            payload: fields::take(roots, Part::Payload),
        });
        Ok(())
    }

    fn around(&self, part: Part, clock: bool) -> Surroundings {
        Surroundings { part, clock, uuid: self.schema.uuid.is_some() }
    }
}

/// The name of an event record class: its own, or one that its writer kept as an attribute.
fn event_name(json: &Json) -> Checked<&str> {
    if let Some(name) = json.text_of("name")? {
        return Ok(name);
    }
    let kept = ["babeltrace.org,2020", "lttng.org,2009"].into_iter().find_map(|namespace| {
        json.get("attributes").and_then(|all| all.get(namespace)).and_then(|own| own.get("name")).and_then(Json::text)
    });
    Ok(kept.unwrap_or("<unknown>"))
}
