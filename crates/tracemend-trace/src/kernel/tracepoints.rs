//! What the kernel's events mean here: entries and exits of system calls, and names of threads.

use super::event_format::{EventFormat, Field, Kind};
use crate::decode::context::Context;
use crate::decode::order::Order;
use crate::kernel::call_names::end_of_call;
use crate::{Phase, Symbol};
use rustc_hash::FxHashMap;

/// Maximum number of events described in one file; the kernel has some thousands.
const MAX_EVENTS: usize = 1 << 16;
/// Maximum number of fields of all events together.
const MAX_FIELDS: usize = 1 << 18;
/// Maximum number of threads whose names are kept.
const MAX_THREADS: usize = 1 << 20;
/// Numbers of events that a table is indexed by; others lie in a map.
const DIRECT: usize = 1 << 12;

/// A number in a record.
#[derive(Clone, Copy, Debug)]
struct Number {
    offset: usize,
    size: usize,
    signed: bool,
}

impl Number {
    fn of(field: &Field) -> Option<Self> {
        (field.kind == Kind::Number && matches!(field.size, 1 | 2 | 4 | 8)).then_some(Self {
            offset: field.offset,
            size: field.size,
            signed: field.signed,
        })
    }

    #[inline]
    fn read(self, record: &[u8], order: Order) -> Option<i64> {
        if self.signed {
            order.signed(record, self.offset, self.size)
        } else {
            order.number(record, self.offset, self.size).map(|number| number as i64)
        }
    }
}

/// What an event tells.
enum Meaning {
    /// `raw_syscalls:sys_enter` with the number of the call.
    Enter(Number),
    /// `raw_syscalls:sys_exit` with the number of the call and its result.
    Exit(Number, Number),
    /// `syscalls:sys_enter_NAME`.
    EnterNamed,
    /// `syscalls:sys_exit_NAME` with its result.
    ExitNamed(Option<Number>),
    /// Anything else.
    Point,
}

/// One described event.
pub(crate) struct Tracepoint {
    pub(crate) format: EventFormat,
    meaning: Meaning,
    /// The name, for all but events whose name is the number of a call.
    name: Symbol,
    /// Fields that name a thread: its id and its name.
    threads: Vec<(usize, usize)>,
}

impl Tracepoint {
    /// Whether the event is `raw_syscalls:sys_enter` or `sys_exit`.
    pub(crate) fn raw_call(&self) -> bool {
        matches!(self.meaning, Meaning::Enter(_) | Meaning::Exit(..))
    }

    /// Which end of all system calls the event is.
    pub(crate) fn end_of_calls(&self) -> Option<Phase> {
        match self.meaning {
            Meaning::Enter(_) => Some(Phase::Entry),
            Meaning::Exit(..) => Some(Phase::Exit),
            _ => None,
        }
    }

    /// Whether the event is about one system call by name, and begins it.
    pub(crate) fn named_call(&self) -> Option<Phase> {
        match self.meaning {
            Meaning::EnterNamed => Some(Phase::Entry),
            Meaning::ExitNamed(_) => Some(Phase::Exit),
            _ => None,
        }
    }
}

/// What an event's record says.
pub(crate) struct Told {
    pub(crate) name: Symbol,
    pub(crate) phase: Phase,
    pub(crate) ret: Option<i64>,
}

/// All events described in a file, and the threads met.
pub(crate) struct Tracepoints {
    pub(crate) order: Order,
    /// Index in `all`, plus one, by number.
    direct: Vec<u32>,
    others: FxHashMap<u32, u32>,
    all: Vec<Tracepoint>,
    /// Fields of all of them.
    fields: usize,
    /// Where every record has its event's number.
    kind: Option<Number>,
    /// Where every record has the thread it came from.
    pid: Option<Number>,
    threads: FxHashMap<i32, Symbol>,
    /// Whether system calls are described by number, and by name: then each can be recorded twice.
    by_number: bool,
    by_name: bool,
}

impl Tracepoints {
    pub(crate) fn new(order: Order) -> Self {
        Self {
            order,
            direct: vec![0; DIRECT],
            others: FxHashMap::default(),
            all: Vec::new(),
            fields: 0,
            kind: None,
            pid: None,
            threads: FxHashMap::default(),
            by_number: false,
            by_name: false,
        }
    }

    /// Adds an event by the text of its format; `false` if the text is not a format. `name` makes its name here from system
    /// and event.
    pub(crate) fn add(
        &mut self,
        context: &mut Context,
        system: &str,
        text: &[u8],
        name: impl Fn(&str, &str) -> String,
    ) -> bool {
        let Some(format) = EventFormat::parse(text) else {
            return false;
        };
        self.fields += format.fields.len();
        if self.all.len() >= MAX_EVENTS || self.fields > MAX_FIELDS {
            return false;
        }
        if self.kind.is_none() {
            self.kind = format.field("common_type").and_then(Number::of);
            self.pid = format.field("common_pid").and_then(Number::of);
        }
        let number = |name: &str| format.field(name).and_then(Number::of);
        let mut symbol = || context.name(name(system, &format.name).as_bytes());
        let (meaning, name) = match (system, &*format.name, number("id")) {
            ("raw_syscalls", "sys_enter", Some(id)) => (Meaning::Enter(id), symbol()),
            ("raw_syscalls", "sys_exit", Some(id)) => match number("ret") {
                Some(ret) => (Meaning::Exit(id, ret), symbol()),
                None => (Meaning::Point, symbol()),
            },
            ("syscalls", event, _) => match end_of_call(event.as_bytes()) {
                Some((call, Phase::Entry)) => (Meaning::EnterNamed, context.name(call)),
                Some((call, _)) => (Meaning::ExitNamed(number("ret")), context.name(call)),
                None => (Meaning::Point, symbol()),
            },
            _ => (Meaning::Point, symbol()),
        };
        let threads = if system == "sched" { thread_fields(&format) } else { Vec::new() };
        let id = format.id;
        self.by_number |= matches!(meaning, Meaning::Enter(_) | Meaning::Exit(..));
        self.by_name |= matches!(meaning, Meaning::EnterNamed | Meaning::ExitNamed(_));
        self.all.push(Tracepoint { format, meaning, name, threads });
        let place = self.all.len() as u32;
        match self.direct.get_mut(id as usize) {
            Some(slot) => *slot = place,
            None => {
                self.others.insert(id, place);
            }
        }
        true
    }

    /// Whether no event is described.
    pub(crate) fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// The event of that number.
    #[inline]
    pub(crate) fn get(&self, id: u32) -> Option<&Tracepoint> {
        let place = match self.direct.get(id as usize) {
            Some(&place) => place,
            None => self.others.get(&id).copied().unwrap_or(0),
        };
        self.all.get((place as usize).wrapping_sub(1))
    }

    /// The number of a record's event.
    #[inline]
    pub(crate) fn id(&self, record: &[u8]) -> Option<u32> {
        self.kind?.read(record, self.order).map(|id| id as u32)
    }

    /// The thread a record came from.
    #[inline]
    pub(crate) fn pid(&self, record: &[u8]) -> Option<i32> {
        self.pid?.read(record, self.order).map(|pid| pid as i32)
    }

    /// What a record says. An event that nothing describes is known by its number.
    #[inline]
    pub(crate) fn tell(&self, context: &mut Context, record: &[u8]) -> Option<Told> {
        let id = self.id(record)?;
        let Some(event) = self.get(id) else {
            return Some(Told { name: context.name(format!("event_{id}").as_bytes()), phase: Phase::Point, ret: None });
        };
        let told = match event.meaning {
            Meaning::Enter(id) => {
                Told { name: context.call(id.read(record, self.order)?), phase: Phase::Entry, ret: None }
            }
            Meaning::Exit(id, ret) => Told {
                name: context.call(id.read(record, self.order)?),
                phase: Phase::Exit,
                ret: ret.read(record, self.order),
            },
            Meaning::EnterNamed => Told { name: event.name, phase: Phase::Entry, ret: None },
            Meaning::ExitNamed(ret) => {
                Told { name: event.name, phase: Phase::Exit, ret: ret.and_then(|ret| ret.read(record, self.order)) }
            }
            Meaning::Point => Told { name: event.name, phase: Phase::Point, ret: None },
        };
        if self.by_number
            && self.by_name
            && told.phase != Phase::Point
            && let Some(tid) = self.pid(record)
            && context.is_recorded_twice(tid, event.raw_call(), told.name, told.phase)
        {
            let name = context.name(event.format.name.as_bytes());
            return Some(Told { name, phase: Phase::Point, ret: told.ret });
        }
        Some(told)
    }

    /// Names a thread, unless it has a name already.
    pub(crate) fn name_thread(&mut self, tid: i32, comm: Symbol) {
        if self.threads.len() < MAX_THREADS {
            self.threads.entry(tid).or_insert(comm);
        }
    }

    /// The name of a thread.
    #[inline]
    pub(crate) fn thread(&self, tid: i32) -> Option<Symbol> {
        self.threads.get(&tid).copied()
    }

    /// Learns names from a record about other threads (a context switch, a wake-up).
    #[inline]
    pub(crate) fn learn(&mut self, context: &mut Context, record: &[u8]) {
        let Some(event) = self.id(record).and_then(|id| self.get(id)).filter(|event| !event.threads.is_empty()) else {
            return;
        };
        let mut learned = Vec::new();
        for &(pid, comm) in &event.threads {
            let fields = &event.format.fields;
            if let (Some(pid), Some(comm)) =
                (fields[pid].number(record, self.order), fields[comm].text(record, self.order))
            {
                learned.push((pid as i32, context.name(comm)));
            }
        }
        for (pid, comm) in learned {
            if pid != 0 {
                self.name_thread(pid, comm);
            }
        }
    }
}

/// The pairs of fields that name threads: `prev_pid` and `prev_comm`, `next_pid` and `next_comm`, `pid` and `comm`.
fn thread_fields(format: &EventFormat) -> Vec<(usize, usize)> {
    let place = |name: &str| format.fields.iter().position(|field| &*field.name == name);
    let text =
        |&at: &usize| matches!(format.fields[at].kind, Kind::Array { text: true } | Kind::Located { text: true, .. });
    let pair = |pid: &str, comm: &str| Some((place(pid)?, place(comm).filter(text)?));
    match &*format.name {
        "sched_switch" => {
            [pair("prev_pid", "prev_comm"), pair("next_pid", "next_comm")].into_iter().flatten().collect()
        }
        "sched_wakeup" | "sched_wakeup_new" => pair("pid", "comm").into_iter().collect(),
        _ => Vec::new(),
    }
}
