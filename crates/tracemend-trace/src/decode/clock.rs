//! Clock times without a date, made into one growing count of nanoseconds.

use super::bytes::{take_fraction, take_u64};

pub(crate) const DAY_NS: i64 = 86_400 * 1_000_000_000;

/// Counts the midnights passed.
#[derive(Clone, Debug, Default)]
pub(crate) struct DayClock {
    days: i64,
    last_ns: Option<i64>,
}

impl DayClock {
    /// A time of day as nanoseconds since the midnight before the first one. A jump back by more than half a day is
    /// midnight; a smaller one is a clock or an order that goes backwards.
    pub(crate) fn since_first_midnight(&mut self, of_day_ns: i64) -> i64 {
        if let Some(last) = self.last_ns {
            if last - of_day_ns > DAY_NS / 2 {
                self.days += 1;
            } else if of_day_ns - last > DAY_NS / 2 && self.days > 0 {
                self.days -= 1;
            }
        }
        self.last_ns = Some(of_day_ns);
        self.days.saturating_mul(DAY_NS).saturating_add(of_day_ns)
    }
}

/// `15:27:02` with an optional fraction, as nanoseconds since midnight, and what follows it.
pub(crate) fn take_time_of_day(bytes: &[u8]) -> Option<(i64, &[u8])> {
    let (hours, rest) = take_u64(bytes)?;
    let (minutes, rest) = take_u64(rest.strip_prefix(b":")?)?;
    let (seconds, rest) = take_u64(rest.strip_prefix(b":")?)?;
    if hours > 23 || minutes > 59 || seconds > 60 {
        return None;
    }
    let (fraction, rest) = match rest.strip_prefix(b".") {
        Some(fraction) => take_fraction(fraction)?,
        None => (0, rest),
    };
    Some((((hours * 60 + minutes) * 60 + seconds) as i64 * 1_000_000_000 + fraction, rest))
}

/// `2026-11-22` as days since 1970-01-01, and what follows it.
pub(crate) fn take_date(bytes: &[u8]) -> Option<(i64, &[u8])> {
    let (year, rest) = take_u64(bytes)?;
    let (month, rest) = take_u64(rest.strip_prefix(b"-")?)?;
    let (day, rest) = take_u64(rest.strip_prefix(b"-")?)?;
    if !(1..=9999).contains(&year) || !(1..=12).contains(&month) || !(1..=31).contains(&day) {
        return None;
    }
    // Days from the civil calendar: years begin in March, so that the leap day is a year's last.
    let (year, month) = if month > 2 { (year as i64, month as i64 - 3) } else { (year as i64 - 1, month as i64 + 9) };
    let days = 365 * year + year / 4 - year / 100 + year / 400 + (153 * month + 2) / 5 + day as i64 - 1;
    Some((days - 719_468, rest))
}

/// A date and a time of day with a byte between them, as nanoseconds since 1970, and what follows them.
pub(crate) fn take_date_time(bytes: &[u8], between: u8) -> Option<(i64, &[u8])> {
    let (days, rest) = take_date(bytes)?;
    let (of_day, rest) = take_time_of_day(rest.strip_prefix(&[between])?)?;
    Some((days.checked_mul(DAY_NS)?.checked_add(of_day)?, rest))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn midnight_is_passed_and_small_steps_back_are_not_midnight() {
        let mut clock = DayClock::default();
        let ns = |text: &str| take_time_of_day(text.as_bytes()).unwrap().0;
        let first = clock.since_first_midnight(ns("23:59:59.9"));
        assert_eq!(clock.since_first_midnight(ns("00:00:00.1")) - first, 200_000_000);
        assert_eq!(clock.since_first_midnight(ns("23:59:59.95")) - first, 50_000_000);
        assert_eq!(clock.since_first_midnight(ns("00:00:00.2")) - first, 300_000_000);
    }

    #[test]
    fn dates_count_days() {
        assert_eq!(take_date(b"1970-01-01 ").unwrap(), (0, &b" "[..]));
        assert_eq!(take_date(b"2000-02-29").unwrap().0, 11_016);
        assert_eq!(take_date(b"2026-11-22").unwrap().0, 20_779);
    }
}
