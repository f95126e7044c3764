//! Times as `babeltrace2` prints them.

use crate::decode::bytes::{take_fraction, take_u64, trim};
use crate::decode::clock::{take_date_time, take_time_of_day};

/// A time as `babeltrace2` prints it between brackets.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Stamp {
    /// Nanoseconds since an origin of its own.
    Absolute(i64),
    /// Nanoseconds since midnight.
    OfDay(i64),
}

/// Reads what stands between the brackets of a time.
pub(crate) fn stamp(text: &[u8]) -> Option<Stamp> {
    let text = trim(text);
    if let Some((ns, rest)) = take_date_time(text, b' ') {
        return rest.is_empty().then_some(Stamp::Absolute(ns));
    }
    if let Some((of_day, rest)) = take_time_of_day(text) {
        return rest.is_empty().then_some(Stamp::OfDay(of_day));
    }
    let (negative, digits) = match text.strip_prefix(b"-") {
        Some(digits) => (true, digits),
        None => (false, text),
    };
    let (whole, rest) = take_u64(digits)?;
    let whole = i64::try_from(whole).ok()?;
    let ns = match rest.strip_prefix(b".") {
        // Cycles: counted as if they were nanoseconds, as the text does not say how long one is.
        None if rest.is_empty() => whole,
        None => return None,
        Some(fraction) => match take_fraction(fraction)? {
            (fraction, b"") => whole.checked_mul(1_000_000_000)?.checked_add(fraction)?,
            _ => return None,
        },
    };
    Some(Stamp::Absolute(if negative { -ns } else { ns }))
}
