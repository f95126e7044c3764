//! Linux audit logs: `/var/log/audit/audit.log`, `ausearch --raw`.
//!
//! ```text
//! type=SYSCALL msg=audit(1364481363.243:24287): arch=c000003e syscall=2 success=no exit=-13 ... pid=3538 ... comm="cat" exe="/bin/cat"
//! type=PATH msg=audit(1364481363.243:24287): item=0 name="/etc/ssh/sshd_config" ...
//! ```
//!
//! The kernel numbers audit events, and all records of an event have its number. A number that no record has is an event that was
//! lost (`backlog limit exceeded`), so losses are known exactly. A call's record is written when the call returns; its time is in
//! milliseconds. Its `pid` is the process: audit does not tell threads apart. CPUs write side by side, so numbers come a little out of
//! order. Records of the daemon itself (`DAEMON_START`) have numbers of another row.

use crate::decode::arch::Arch;
use crate::decode::bytes::{find, take_hex_digits, take_i64, take_u64, trim, whole_i64, whole_tid};
use crate::decode::context::Context;
use crate::decode::lines::Position;
use crate::format::remark::{Remark, Shape};
use crate::format::text_source::{LineFormat, Parsed};
use crate::{Cause, Event, Gap, Lost, Phase};
use std::collections::BTreeMap;

/// Lines of an audit log that hold no event.
const REMARKS: &[Remark] = &[
    Remark::new("lines between events of `ausearch`: `----`", Shape::Begins("----")),
    Remark::new("times of `ausearch`: `time->Thu Mar 28 16:42:43 2013`", Shape::Begins("time->")),
];

/// Numbers may come so much later than greater ones.
const OUT_OF_ORDER: u64 = 512;
/// More numbers missing at once are another boot of the machine, or another log.
const MAX_HOLE: u64 = 10_000_000;

/// Records that belong to a call's event, beside the one of the call.
const PARTS: [&[u8]; 22] = [
    b"PATH",
    b"CWD",
    b"EXECVE",
    b"PROCTITLE",
    b"SOCKADDR",
    b"SOCKETCALL",
    b"IPC",
    b"IPC_SET_PERM",
    b"MMAP",
    b"FD_PAIR",
    b"BPRM_FCAPS",
    b"CAPSET",
    b"OBJ_PID",
    b"EOE",
    b"KERN_MODULE",
    b"MQ_OPEN",
    b"MQ_SENDRECV",
    b"MQ_NOTIFY",
    b"MQ_GETSETATTR",
    b"FANOTIFY",
    b"OPENAT2",
    b"URINGOP",
];

/// Numbers without a record so far.
#[derive(Clone, Copy)]
struct Hole {
    /// The last of them.
    last: u64,
    begin_ns: i64,
    end_ns: i64,
    offset: u64,
}

/// The reader's state.
#[derive(Default)]
pub(crate) struct Auditd {
    /// The greatest number so far, and the time of its event.
    latest: Option<(u64, i64)>,
    /// Holes by their first number.
    holes: BTreeMap<u64, Hole>,
}

struct Record<'a> {
    kind: &'a [u8],
    time_ns: i64,
    number: u64,
    fields: &'a [u8],
}

/// Splits `type=KIND msg=audit(SECONDS.MS:NUMBER): FIELDS`; a log of several machines has `node=NAME` before it.
fn record(line: &[u8]) -> Option<Record<'_>> {
    let line = trim(line);
    let line = match line.strip_prefix(b"node=") {
        Some(named) => &named[memchr::memchr(b' ', named)? + 1..],
        None => line,
    };
    let rest = line.strip_prefix(b"type=")?;
    let (kind, rest) = rest.split_at(memchr::memchr(b' ', rest)?);
    let (seconds, rest) = take_u64(rest.strip_prefix(b" msg=audit(")?)?;
    let rest = rest.strip_prefix(b".")?;
    let (ms, rest) = take_u64(rest)?;
    let (number, rest) = take_u64(rest.strip_prefix(b":")?)?;
    let fields = rest.strip_prefix(b"):")?;
    let time_ns =
        i64::try_from(seconds).ok()?.checked_mul(1_000_000_000)?.checked_add(i64::try_from(ms).ok()? * 1_000_000)?;
    (ms < 1000).then_some(Record { kind, time_ns, number, fields })
}

/// The value of ` NAME=value`, without quotes.
fn field<'a>(fields: &'a [u8], name: &[u8]) -> Option<&'a [u8]> {
    let mut rest = fields;
    while let Some(at) = find(rest, name) {
        let value = &rest[at + name.len()..];
        let begins = at == 0 || matches!(rest[at - 1], b' ' | b'\'' | 0x1d);
        if begins && let Some(value) = value.strip_prefix(b"=") {
            return Some(match value.strip_prefix(b"\"") {
                Some(quoted) => &quoted[..memchr::memchr(b'"', quoted).unwrap_or(quoted.len())],
                None => &value[..value.iter().position(|b| matches!(b, b' ' | b'\'' | 0x1d)).unwrap_or(value.len())],
            });
        }
        rest = value;
    }
    None
}

/// A process's name: between quotes, or as hexadecimal bytes where it has signs that would break the line.
fn comm(fields: &[u8]) -> Option<Vec<u8>> {
    let value = field(fields, b"comm")?;
    let quoted = find(fields, b"comm=\"").is_some();
    if !quoted && value.len() % 2 == 0 && !value.is_empty() {
        let bytes: Option<Vec<u8>> = value.chunks(2).map(|pair| hexadecimal(pair).map(|byte| byte as u8)).collect();
        if bytes.is_some() {
            return bytes;
        }
    }
    Some(value.to_vec())
}

fn hexadecimal(digits: &[u8]) -> Option<u64> {
    take_hex_digits(digits).and_then(|(number, rest)| rest.is_empty().then_some(number))
}

/// The machine of a call by the number that audit has for it (`AUDIT_ARCH_…` of linux/audit.h).
fn arch(code: u64) -> Arch {
    match code {
        0xc000_003e => Arch::X86_64,
        0x4000_0003 => Arch::I386,
        0xc000_00b7 => Arch::Aarch64,
        0x4000_0028 => Arch::Arm,
        0xc000_00f3 => Arch::Riscv64,
        0x8000_0015 | 0xc000_0015 => Arch::Ppc64,
        0x8000_0016 => Arch::S390x,
        _ => Arch::Unknown,
    }
}

impl Auditd {
    /// Notes the number of an event.
    fn note(&mut self, context: &mut Context, record: &Record<'_>, offset: u64) {
        let &Record { number, time_ns, .. } = record;
        let Some((latest, latest_ns)) = self.latest else {
            self.latest = Some((number, time_ns));
            return;
        };
        if number <= latest {
            self.fill(number, time_ns);
            if latest - number > MAX_HOLE {
                // Numbers begin anew when the machine does.
                self.give_all(context);
                self.latest = Some((number, time_ns));
            }
            return;
        }
        if number - latest > MAX_HOLE {
            self.give_all(context);
            context.warn(format!(
                "{}: the numbers of its events jump from {latest} to {number}, which is another log and no loss",
                context.path.display()
            ));
        } else if number - latest > 1 {
            let hole = Hole { last: number - 1, begin_ns: latest_ns, end_ns: time_ns, offset };
            self.holes.insert(latest + 1, hole);
        }
        self.latest = Some((number, time_ns));
        while let Some((&first, hole)) = self.holes.first_key_value()
            && hole.last + OUT_OF_ORDER < number
        {
            give(context, first, *hole);
            self.holes.pop_first();
        }
    }

    /// A number of a hole came after all: what is left of the hole lies on both sides of it.
    fn fill(&mut self, number: u64, time_ns: i64) {
        let Some((&first, &hole)) = self.holes.range(..=number).next_back() else { return };
        if number > hole.last {
            return;
        }
        self.holes.remove(&first);
        let within = time_ns.clamp(hole.begin_ns, hole.end_ns.max(hole.begin_ns));
        if first < number {
            self.holes.insert(first, Hole { last: number - 1, end_ns: within, ..hole });
        }
        if number < hole.last {
            self.holes.insert(number + 1, Hole { begin_ns: within, ..hole });
        }
    }

    fn give_all(&mut self, context: &mut Context) {
        for (first, hole) in std::mem::take(&mut self.holes) {
            give(context, first, hole);
        }
    }
}

fn give(context: &mut Context, first: u64, hole: Hole) {
    let stream = Some(context.all());
    let (begin_ns, end_ns) = (Some(hole.begin_ns), Some(hole.end_ns));
    let gap = Gap::new(0, Lost::Exact(hole.last - first + 1), Cause::Discarded, hole.offset);
    context.give_gap(Gap { stream, begin_ns, end_ns, ..gap });
}

impl LineFormat for Auditd {
    const NOUN: &'static str = "record of an audit log (`type=… msg=audit(…):`)";
    const REMARKS: &'static [Remark] = REMARKS;
    type Draft = ();

    fn line(&mut self, context: &mut Context, line: &[u8], _draft: &(), at: Position) -> Parsed {
        let Some(record) = record(line) else { return Parsed::Unknown };
        // Events of the daemon have no place here. A part whose call has no record says nothing: the call's own record was lost, and its number stays missing.
        if record.kind.starts_with(b"DAEMON_") || PARTS.contains(&record.kind) {
            return Parsed::Nothing;
        }
        let fields = record.fields;
        let number = field(fields, b"syscall").and_then(whole_i64).filter(|_| record.kind == b"SYSCALL");
        let repeated = number.is_none() && self.latest.is_some_and(|(latest, _)| latest == record.number);
        self.note(context, &record, at.offset);
        if repeated {
            // AVC and the like beside a call: one event.
            return Parsed::Nothing;
        }
        let (name, phase) = match number {
            Some(number) => {
                let enriched = field(fields, b"SYSCALL").map(|name| context.name(name));
                let code = field(fields, b"arch").and_then(hexadecimal).map(arch);
                let known = code.and_then(|arch| arch.call_name(number));
                let name = enriched.unwrap_or_else(|| match known {
                    Some(name) => context.name(name.as_bytes()),
                    None => context.call(number),
                });
                (name, Phase::Call)
            }
            None => (context.name(record.kind), Phase::Point),
        };
        let tid = field(fields, b"pid").and_then(whole_tid);
        let ret = field(fields, b"exit").and_then(take_i64).map(|(ret, _)| ret).filter(|_| phase == Phase::Call);
        let comm = comm(fields).map(|comm| context.name(&comm));
        let event = Event::new(record.time_ns, context.all(), name, phase);
        Parsed::Event(Event { tid, comm, ret, offset: at.offset, ..event })
    }

    fn end(&mut self, context: &mut Context) {
        self.give_all(context);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_taken_apart() {
        let line = b"node=web1 type=SYSCALL msg=audit(1364481363.243:24287): arch=c000003e syscall=2 exit=-13 pid=3538 comm=\"ca t\"";
        let record = record(line).expect("a record");
        assert_eq!((record.kind, record.time_ns, record.number), (&b"SYSCALL"[..], 1_364_481_363_243_000_000, 24287));
        assert_eq!(field(record.fields, b"pid"), Some(&b"3538"[..]));
        assert_eq!(comm(record.fields), Some(b"ca t".to_vec()));
        assert_eq!(comm(b" pid=1 comm=6C7320"), Some(b"ls ".to_vec()));
        // `ppid` is another field.
        assert_eq!(field(b" ppid=7 pid=8", b"pid"), Some(&b"8"[..]));
    }
}
