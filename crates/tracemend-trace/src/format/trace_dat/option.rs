//! Numbers of options, and those of them that both versions read alike.

use crate::format::trace_dat::layout::Layout;

pub(crate) const DONE: u16 = 0;
const DATE: u16 = 1;
pub(crate) const BUFFER: u16 = 3;
const TRACE_CLOCK: u16 = 4;
const UNAME: u16 = 5;
const OFFSET: u16 = 7;
const TIME_SHIFT: u16 = 12;
const TICKS: u16 = 14;
pub(crate) const HEADERS: u16 = 16;
pub(crate) const FTRACE_EVENTS: u16 = 17;
pub(crate) const EVENT_FORMATS: u16 = 18;
pub(crate) const NAMES: u16 = 21;
pub(crate) const BUFFER_TEXT: u16 = 22;

/// An option that concerns the times of all events.
pub(crate) fn common(layout: &mut Layout, offset: u64, id: u16, data: &[u8]) {
    let text = || String::from_utf8_lossy(&data[..memchr::memchr(0, data).unwrap_or(data.len())]).into_owned();
    match id {
        // Stored in microseconds.
        DATE => layout.shift_ns = layout.shift_ns.saturating_add(number(&text()).saturating_mul(1000)),
        OFFSET => layout.shift_ns = layout.shift_ns.saturating_add(number(&text())),
        TICKS => {
            let multiplier = layout.order.u32(data, 0).filter(|&multiplier| multiplier > 0);
            layout.ticks = multiplier.zip(layout.order.u32(data, 4));
        }
        // `uname`: system, node, release, machine.
        UNAME => {
            if let Some(machine) = text().split_whitespace().last() {
                layout.context.recorded_on(machine);
            }
        }
        TRACE_CLOCK => clock(layout, offset, &text()),
        TIME_SHIFT => layout.context.warn_at(
            offset,
            "the trace of a guest: its times are the guest's own, not the host's. Merge the two with `trace-cmd report -i HOST -i GUEST`",
        ),
        _ => {}
    }
}

/// Warns of a clock that does not count nanoseconds; `text` is its name, or all names with the chosen one in brackets.
pub(crate) fn clock(layout: &mut Layout, offset: u64, text: &str) {
    let chosen = text.split_once('[').and_then(|(_, rest)| rest.split_once(']')).map_or(text, |(name, _)| name);
    let clock = chosen.trim().to_owned();
    if matches!(clock.as_str(), "counter" | "x86-tsc" | "ppc-tb") && layout.ticks.is_none() {
        layout.context.warn_at(
            offset,
            &format!("the trace clock `{clock}` does not count nanoseconds: times are in its own units. Record with `trace-cmd record -C mono`"),
        );
    }
}

/// Decimal, or hexadecimal after `0x`.
fn number(text: &str) -> i64 {
    let text = text.trim();
    let (negative, digits) = text.strip_prefix('-').map_or((false, text), |digits| (true, digits));
    let value = match digits.strip_prefix("0x") {
        Some(digits) => i64::from_str_radix(digits, 16),
        None => digits.parse(),
    };
    let value = value.unwrap_or(0);
    if negative { -value } else { value }
}
