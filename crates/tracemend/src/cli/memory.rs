//! How much memory a trace may take.

use std::fs;

/// The share of what there is that a trace may need: the rest is for the program's own tables, and for others.
const SHARE: (u64, u64) = (3, 4);

/// Reads a size: `500M`, `8G`, or bytes.
pub(super) fn size(text: &str) -> Result<u64, String> {
    let digits = text.trim_end_matches(|letter: char| letter.is_ascii_alphabetic());
    let unit = match text[digits.len()..].to_ascii_uppercase().as_str() {
        "" | "B" => 1,
        "K" | "KB" => 1_000,
        "M" | "MB" => 1_000_000,
        "G" | "GB" => 1_000_000_000,
        "T" | "TB" => 1_000_000_000_000,
        _ => 0,
    };
    match digits.parse::<u64>() {
        Ok(number) if unit > 0 => Ok(number.saturating_mul(unit)),
        _ => Err("the value must be a number of bytes, or one with K, M, G or T, such as 500M or 8G".to_owned()),
    }
}

/// What a trace may take where the user does not say; `None` where the system does not tell what there is.
pub(super) fn usual() -> Option<u64> {
    // What the machine has, what its group of processes may take, and what this process may.
    let machine = fs::read_to_string("/proc/meminfo").ok().and_then(|text| field(&text, "MemTotal:", 1024));
    let group = fs::read_to_string("/sys/fs/cgroup/memory.max").ok().and_then(|text| text.trim().parse().ok());
    let process = fs::read_to_string("/proc/self/limits").ok().and_then(|text| field(&text, "Max address space", 1));
    let least = [machine, group, process].into_iter().flatten().min()?;
    Some(least / SHARE.1 * SHARE.0)
}

/// The number that follows `name` at the beginning of a line; `None` for `unlimited`.
fn field(text: &str, name: &str, unit: u64) -> Option<u64> {
    let rest = text.lines().find_map(|line| line.strip_prefix(name))?;
    rest.split_whitespace().next()?.parse::<u64>().ok()?.checked_mul(unit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_have_units() {
        assert_eq!(size("500M"), Ok(500_000_000));
        assert_eq!(size("8gb"), Ok(8_000_000_000));
        assert_eq!(size("17"), Ok(17));
        for wrong in ["", "G", "-1", "1.5G", "8Q"] {
            assert!(size(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn limits_are_read_as_the_system_writes_them() {
        assert_eq!(field("MemTotal:       24632256 kB\nMemFree: 1 kB\n", "MemTotal:", 1024), Some(24_632_256 << 10));
        let limits =
            "Max file size  unlimited  unlimited  bytes\nMax address space         6442450944  unlimited  bytes\n";
        assert_eq!(field(limits, "Max address space", 1), Some(6_442_450_944));
        assert_eq!(field("Max address space   unlimited   unlimited   bytes", "Max address space", 1), None);
    }
}
