//! Formats numbers for people.

/// Formats a count with separated thousands.
pub(crate) fn count(value: u64) -> String {
    let digits = value.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(' ');
        }
        text.push(digit);
    }
    text
}

/// Formats a count with its noun.
pub(crate) fn plural(value: u64, noun: &str) -> String {
    format!("{} {noun}{}", count(value), if value == 1 { "" } else { "s" })
}

/// Formats a time in seconds, to the microsecond.
pub(crate) fn seconds(time_ns: i64) -> String {
    let sign = if time_ns < 0 { "-" } else { "" };
    let magnitude = time_ns.unsigned_abs();
    format!("{sign}{}.{:06}", magnitude / 1_000_000_000, magnitude % 1_000_000_000 / 1000)
}

/// Formats a span in the unit that suits it.
pub(crate) fn duration(span_ns: u64) -> String {
    match span_ns {
        0..1_000 => format!("{span_ns} ns"),
        1_000..1_000_000 => format!("{:.1} µs", span_ns as f64 / 1e3),
        1_000_000..1_000_000_000 => format!("{:.1} ms", span_ns as f64 / 1e6),
        _ => format!("{:.2} s", span_ns as f64 / 1e9),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_are_separated() {
        assert_eq!([count(0), count(999), count(1000), count(1_234_567)], ["0", "999", "1 000", "1 234 567"]);
    }

    #[test]
    fn nouns_are_plural_unless_there_is_one() {
        assert_eq!([plural(1, "gap"), plural(0, "gap"), plural(2100, "gap")], ["1 gap", "0 gaps", "2 100 gaps"]);
    }

    #[test]
    fn times_are_cut_to_the_microsecond() {
        assert_eq!([seconds(1_500_000_999), seconds(-1_000)], ["1.500000", "-0.000001"]);
    }

    #[test]
    fn spans_take_the_unit_that_suits_them() {
        assert_eq!([duration(999), duration(1_500), duration(2_500_000)], ["999 ns", "1.5 µs", "2.5 ms"]);
    }
}
