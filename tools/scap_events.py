#!/usr/bin/env python3
"""Writes the numbers and names of Falco's and sysdig's events, and of their codes for system calls.

    git clone --depth 1 https://github.com/falcosecurity/libs
    tools/scap_events.py libs/driver > crates/tracemend-trace/src/format/scap/table.rs

Numbers and names are facts: the enumerations in ppm_events_public.h and the rows of event_table.c. An event never changes its number, its
name, or the place of a parameter, so a newer table only adds lines.
"""

import re
import sys
import textwrap
from pathlib import Path

HEAD = '''//! Numbers of Falco's and sysdig's events and of their codes for system calls. Written by `tools/scap_events.py`.

use super::event_pair::{EventPair, Kind, Kind::*};

const fn pair(name: &'static str, kind: Kind, parameters: [u8; 2], comm: u8, pid: u8, result: bool) -> EventPair {
    EventPair { name, kind, parameters, comm, pid, result }
}

/// The events by half their number: even numbers are entries, odd ones exits. Then the number of parameters of both, and of the exit: the
/// places of the thread's name and of its process, from 1 (0 for none), and whether the first parameter is the result.
#[rustfmt::skip]
pub(crate) const EVENTS: [EventPair; %d] = [
%s
];

/// Names of system calls by their codes, which are the same for all machines; `-` for none.
#[rustfmt::skip]
pub(crate) const CALLS: &str = "\\
%s";
'''

# Names of the parameter that is the call's result. `res_or_fd` (bpf) has no type of its own.
RESULTS = ("res", "fd", "uid", "euid", "gid", "egid")


def rows(table):
    """Name of the enumeration's value and text of its row, one each."""
    starts = list(re.finditer(r"\[(PPME_\w+)\]\s*=", table))
    for start, end in zip(starts, [*starts[1:], None]):
        yield start[1], table[start.end() : end.start() if end else len(table)]


def event(text):
    """Name, category and parameters of a row."""
    name, rest = re.match(r'\s*\{\s*"([^"]*)",(.*)', text, re.S).groups()
    kind = re.search(r"EC_(SYSCALL|TRACEPOINT|METAEVENT|PLUGIN|ITER)\b", rest)
    parameters = re.findall(r'\{"(\w+)",\s*(PT_\w+)', rest)
    return name, kind[1] if kind else "", parameters


def place(parameters, name, kind):
    return next((at for at, found in enumerate(parameters, 1) if found == (name, kind)), 0)


def main():
    driver = Path(sys.argv[1])
    public = (driver / "ppm_events_public.h").read_text()
    numbers = {name: int(number) for name, number in re.findall(r"\b(PPME_\w+) = (\d+)", public)}
    events = {numbers[name]: event(text) for name, text in rows((driver / "event_table.c").read_text())}
    lines = []
    for number in range(0, max(numbers.values()) + 1, 2):
        none = ("", "", [])
        enter, leave = events.get(number, none), events.get(number + 1, none)
        named = enter if enter[0] not in ("", "NA") else leave
        kind = {"SYSCALL": "Call", "METAEVENT": "Meta", "ITER": "Meta"}.get(named[1], "Point")
        if number == numbers["PPME_GENERIC_E"]:
            kind = "Generic"
        elif number == numbers["PPME_DROP_E"]:
            kind = "Drop"
        elif number == numbers["PPME_CPU_HOTPLUG_E"]:
            kind = "Hotplug"
        first = leave[2][0] if leave[2] else ("", "")
        result = first[0] in RESULTS and kind == "Call"
        comm, pid = place(leave[2], "comm", "PT_CHARBUF"), place(leave[2], "pid", "PT_PID")
        counts = f"[{len(enter[2])}, {len(leave[2])}]"
        name = named[0] if named[0] != "NA" else ""
        lines.append(f'    pair("{name}", {kind}, {counts}, {comm}, {pid}, {str(result).lower()}), // {number}')
        if kind == "Call" and not result:
            print(f"{number}: {name}: no result in {leave[2]}", file=sys.stderr)
    codes = {int(number): name.lower() for name, number in re.findall(r"PPM_SC_X\((\w+), (\d+)\)", public)}
    names = [codes.get(code, "-") for code in range(max(codes) + 1)]
    names[0] = "-"
    wrapped = " \\\n".join("    " + line for line in textwrap.wrap(" ".join(names), 125))
    print(HEAD % (len(lines), "\n".join(lines), wrapped), end="")


main()
