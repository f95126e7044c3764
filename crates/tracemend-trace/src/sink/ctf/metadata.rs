//! Event classes, and the metadata that describes them (TSDL, CTF 1.8).

use crate::Phase;
use crate::sink::EventRow;
use rustc_hash::FxHashMap;
use std::fmt::Write as _;

/// What distinguishes event classes: a field that an event lacks is not in its class.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Class<'a> {
    pub(super) stream: StreamClass,
    name: &'a str,
    phase: Phase,
    pub(super) tid: bool,
    pub(super) comm: bool,
    pub(super) ret: bool,
    pub(super) dur: bool,
    pub(super) error: bool,
}

/// What distinguishes stream classes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct StreamClass {
    pub(super) inferred: bool,
    pub(super) cpu: bool,
}

impl StreamClass {
    pub(super) fn id(self) -> u32 {
        u32::from(self.inferred) * 2 + u32::from(!self.cpu)
    }
}

impl<'a> Class<'a> {
    pub(super) fn of(event: &EventRow<'a>, stream: StreamClass) -> Self {
        Self {
            stream,
            name: event.name,
            phase: event.phase,
            tid: event.tid.is_some(),
            comm: event.comm.is_some(),
            ret: event.ret.is_some(),
            dur: event.dur_ns.is_some(),
            error: event.time_err_ns().is_some(),
        }
    }
}

/// Numbers of the event classes, in the order of first use within their stream class.
#[derive(Debug, Default)]
pub(super) struct Classes<'a> {
    ids: FxHashMap<Class<'a>, u32>,
    order: Vec<(Class<'a>, u32)>,
    next: FxHashMap<StreamClass, u32>,
}

impl<'a> Classes<'a> {
    pub(super) fn id(&mut self, class: Class<'a>) -> u32 {
        if let Some(&id) = self.ids.get(&class) {
            return id;
        }
        let next = self.next.entry(class.stream).or_default();
        let id = *next;
        *next += 1;
        self.ids.insert(class, id);
        self.order.push((class, id));
        id
    }
}

/// The clock: seconds to add, so that no time is negative, and whether it counts from 1970.
#[derive(Clone, Copy, Debug)]
pub(super) struct Clock {
    pub(super) offset_s: i64,
    pub(super) absolute: bool,
}

/// Times from 2001 on are those of a clock that counts from 1970; earlier ones count from a machine's start.
const SINCE_1970_NS: i64 = 1_000_000_000_000_000_000;

impl Clock {
    /// The clock of a trace whose first time is this.
    pub(super) fn from(first_ns: i64) -> Self {
        Self { offset_s: first_ns.min(0).div_euclid(1_000_000_000), absolute: first_ns >= SINCE_1970_NS }
    }

    pub(super) fn cycles(self, time_ns: i64) -> u64 {
        time_ns.saturating_sub(self.offset_s.saturating_mul(1_000_000_000)).max(0).cast_unsigned()
    }
}

const U32: &str = "integer { size = 32; align = 8; }";
const I32: &str = "integer { size = 32; align = 8; signed = true; }";
const U64: &str = "integer { size = 64; align = 8; }";
const I64: &str = "integer { size = 64; align = 8; signed = true; }";
const FLOAT: &str = "floating_point { exp_dig = 8; mant_dig = 24; byte_order = le; align = 8; }";
const CLOCK: &str = "integer { size = 64; align = 8; map = clock.monotonic.value; }";
/// How a phase is numbered in an alternative.
pub(super) const PHASES: [(Phase, &str); 4] =
    [(Phase::Entry, "entry"), (Phase::Exit, "exit"), (Phase::Call, "call"), (Phase::Point, "point")];

/// The metadata of a trace with these classes.
pub(super) fn text(streams: &[StreamClass], classes: &Classes<'_>, clock: Clock) -> String {
    let mut out = format!(
        "/* CTF 1.8 */\n\
         trace {{ major = 1; minor = 8; byte_order = le;\n\
         \tpacket.header := struct {{ {U32} magic; {U32} stream_id; }};\n}};\n\
         env {{ tracer_name = \"tracemend\"; tracer_version = \"{}\"; }};\n\
         clock {{ name = \"monotonic\"; freq = 1000000000; offset_s = {}; absolute = {}; }};\n",
        env!("CARGO_PKG_VERSION"),
        clock.offset_s,
        if clock.absolute { "TRUE" } else { "FALSE" },
    );
    let mut streams = streams.to_vec();
    streams.sort_unstable();
    streams.dedup();
    for stream in streams {
        let losses =
            if stream.inferred { String::new() } else { format!(" {U64} packet_seq_num; {U64} events_discarded;") };
        let cpu = if stream.cpu { format!(" {U32} cpu_id;") } else { String::new() };
        let _ = write!(
            out,
            "stream {{ id = {};\n\
             \tpacket.context := struct {{ {CLOCK} timestamp_begin; {CLOCK} timestamp_end; {U64} content_size; \
             {U64} packet_size;{losses}{cpu} }};\n\
             \tevent.header := struct {{ {U32} id; {CLOCK} timestamp; }};\n{}}};\n",
            stream.id(),
            if stream.inferred { inference() } else { String::new() },
        );
    }
    for (class, id) in &classes.order {
        event_class(&mut out, class, *id);
    }
    out
}

/// What every inferred event has. It is the context of the stream, not of the event: babeltrace2 2.0 aborts on a sequence
/// in the latter.
fn inference() -> String {
    let phases: Vec<String> = (0..).zip(PHASES).map(|(number, (_, word))| format!("\"{word}\" = {number}")).collect();
    let phase = format!("enum : integer {{ size = 8; align = 8; }} {{ {} }} phase", phases.join(", "));
    format!(
        "\tevent.context := struct {{ {FLOAT} confidence; {U32} gap_id; string model; {U32} alternatives_length;\n\
         \t\tstruct {{ string name; {I32} tid; {phase}; {FLOAT} probability; }} alternatives[alternatives_length]; }};\n"
    )
}

fn event_class(out: &mut String, class: &Class<'_>, id: u32) {
    let mut context = String::new();
    if class.tid {
        let _ = write!(context, " {I32} _tid;");
    }
    if class.comm {
        context.push_str(" string _procname;");
    }
    if class.error {
        let _ = write!(context, " {U64} time_err_ns;");
    }
    let mut fields = String::new();
    if class.ret {
        let _ = write!(fields, " {I64} _ret;");
    }
    if class.dur {
        let _ = write!(fields, " {U64} _dur_ns;");
    }
    // As LTTng's kernel tracer names them, so that analyses of system calls know them.
    let prefix = match class.phase {
        Phase::Entry => "syscall_entry_",
        Phase::Exit => "syscall_exit_",
        Phase::Call | Phase::Point => "",
    };
    let name = escaped(class.name);
    let _ = write!(out, "event {{ name = \"{prefix}{name}\"; id = {id}; stream_id = {};", class.stream.id());
    if !context.is_empty() {
        let _ = write!(out, "\n\tcontext := struct {{{context} }};");
    }
    let _ = writeln!(out, "\n\tfields := struct {{{fields} }};\n}};");
}

fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '"' | '\\' => out.extend(['\\', letter]),
            // A name is one line; what cannot be printed would end it, or the string.
            control if control.is_control() => out.push('?'),
            other => out.push(other),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_before_zero_are_moved_by_whole_seconds() {
        let clock = Clock::from(-1);
        assert_eq!((clock.offset_s, clock.cycles(-1), clock.cycles(0)), (-1, 999_999_999, 1_000_000_000));
        assert!(!clock.absolute && Clock::from(1_795_361_144_688_500_162).absolute);
    }

    #[test]
    fn names_stay_within_their_quotes() {
        assert_eq!(escaped("a\"b\\c\n"), "a\\\"b\\\\c?");
    }
}
