//! One page of a ring buffer: a head of time, length and flags, then events with time differences.

use super::event_format;
use crate::Lost;
use crate::decode::order::Order;

/// The length in the commit word; the rest of it is flags.
const LENGTH: u64 = 0x3fff_ffff;
/// Events were lost before this page.
const MISSED: u64 = 1 << 31;
/// Their number stands after the page's last event.
const MISSED_STORED: u64 = 1 << 30;

/// Where the parts of a page lie, as the file's own `header_page` says.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PageFormat {
    pub(crate) order: Order,
    /// Bytes of a page.
    pub(crate) size: usize,
    time: usize,
    commit: usize,
    /// Bytes of the commit word: a `long` of the kernel.
    long: usize,
    data: usize,
}

/// A page's head.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PageHead {
    pub(crate) time: u64,
    pub(crate) start: usize,
    /// End of the events in the page.
    pub(crate) end: usize,
    pub(crate) missed: Option<Lost>,
}

/// What comes next in a page.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Step {
    /// An event whose record lies at `start..end`.
    Event {
        start: usize,
        end: usize,
    },
    End,
    /// Bytes at this place in the page that are no event, and why.
    Bad(usize, &'static str),
}

impl PageFormat {
    /// A page of `size` bytes, laid out for a kernel of `long`-byte longs: what every kernel has used so far.
    pub(crate) fn usual(order: Order, size: usize, long: usize) -> Self {
        Self { order, size, time: 0, commit: 8, long, data: 8 + long }
    }

    /// Takes the layout from the text of `header_page`; keeps the usual one where the text makes no sense. Answers how many
    /// bytes a page has by that text.
    pub(crate) fn describe(&mut self, text: &[u8]) -> Option<usize> {
        let text = String::from_utf8_lossy(text);
        let fields: Vec<_> = text.lines().filter_map(event_format::field).collect();
        let find = |name: &str| fields.iter().find(|field| &*field.name == name);
        let (Some(time), Some(commit), Some(data)) = (find("timestamp"), find("commit"), find("data")) else {
            return None;
        };
        let sane = time.size == 8 && matches!(commit.size, 4 | 8);
        if sane && time.offset + 8 <= data.offset && commit.offset + commit.size <= data.offset && data.offset <= 64 {
            (self.time, self.commit, self.long, self.data) = (time.offset, commit.offset, commit.size, data.offset);
            return Some(data.offset + data.size);
        }
        None
    }

    /// Whether the bytes are a page with an event and nothing that is no event: other bytes are so by a rare chance only.
    pub(crate) fn is_page(&self, page: &[u8]) -> bool {
        const FLAGS: u64 = MISSED | MISSED_STORED;
        let Some(commit) = self.order.number(page, self.commit, self.long) else {
            return false;
        };
        // The flags' sign is carried on where a long has eight bytes.
        let high = commit & !(LENGTH | FLAGS);
        let (Ok(head), true) = (self.head(page), high == 0 || high == !(LENGTH | FLAGS)) else {
            return false;
        };
        let (mut at, mut time, mut events) = (head.start, head.time, 0);
        loop {
            match self.step(page, at, head.end, &mut time) {
                Step::Event { end, .. } => (at, events) = (align(end), events + 1),
                Step::End => return events > 0,
                Step::Bad(..) => return false,
            }
        }
    }

    /// Reads the head of a page of which `page` is there.
    pub(crate) fn head(&self, page: &[u8]) -> Result<PageHead, String> {
        let short = || "a page that ends within its head".to_owned();
        let time = self.order.u64(page, self.time).ok_or_else(short)?;
        let commit = self.order.number(page, self.commit, self.long).ok_or_else(short)?;
        let length = (commit & LENGTH) as usize;
        let end = self.data + length;
        if end > self.size {
            return Err(format!("a page of {} bytes cannot hold {length} bytes of events", self.size));
        }
        if time == 0 && commit == 0 && page.iter().all(|&byte| byte == 0) {
            return Err("a page of zeros".to_owned());
        }
        let missed = (commit & MISSED != 0).then(|| {
            let stored = (commit & MISSED_STORED != 0).then(|| self.order.number(page, end, self.long)).flatten();
            stored.filter(|&count| count > 0).map_or(Lost::Unknown, Lost::Exact)
        });
        Ok(PageHead { time, start: self.data, end, missed })
    }

    /// Goes on to the event at `at` and brings `time` up to it.
    #[inline]
    pub(crate) fn step(&self, page: &[u8], mut at: usize, end: usize, time: &mut u64) -> Step {
        const PADDING: u32 = 29;
        const TIME_EXTEND: u32 = 30;
        const TIME_STAMP: u32 = 31;
        loop {
            if at >= end {
                return Step::End;
            }
            let Some(word) = self.order.u32(page, at) else {
                return Step::Bad(at, "an event cut off by the end of its page");
            };
            let (kind, delta) = match self.order {
                Order::Little => (word & 31, word >> 5),
                Order::Big => (word >> 27, word & 0x07ff_ffff),
            };
            let delta = u64::from(delta);
            if kind == 0 || kind >= PADDING {
                let Some(extra) = self.order.u32(page, at + 4) else {
                    // Padding to the end of the page has no length.
                    return if kind == PADDING { Step::End } else { Step::Bad(at, "an event without its length") };
                };
                let wide = u64::from(extra) << 27 | delta;
                match kind {
                    0 => {
                        if extra < 4 {
                            return Step::Bad(at, "an event of no length");
                        }
                        *time = time.wrapping_add(delta);
                        return self.record(at, at + 8, extra as usize - 4, end);
                    }
                    PADDING if delta == 0 => return Step::End,
                    PADDING => {
                        // An event that its writer discarded: only its time counts.
                        *time = time.wrapping_add(delta);
                        at += 4 + (extra as usize).max(4);
                    }
                    TIME_EXTEND => {
                        *time = time.wrapping_add(wide);
                        at += 8;
                    }
                    TIME_STAMP => {
                        // 59 bits are stored; the rest is as it was, one more where they wrapped around.
                        const HIGH: u64 = 0xf8 << 56;
                        let mut absolute = wide | (*time & HIGH);
                        if absolute < *time && *time & HIGH != 0 {
                            absolute = absolute.wrapping_add(1 << 59);
                        }
                        *time = absolute;
                        at += 8;
                    }
                    _ => return Step::Bad(at, "an event of no known kind"),
                }
                continue;
            }
            *time = time.wrapping_add(delta);
            return self.record(at, at + 4, kind as usize * 4, end);
        }
    }

    #[inline]
    fn record(&self, at: usize, start: usize, length: usize, end: usize) -> Step {
        match start.checked_add(length) {
            Some(stop) if stop <= end => Step::Event { start, end: stop },
            _ => Step::Bad(at, "an event longer than its page"),
        }
    }

    /// Time of a page's last event; of the page itself where it has none.
    pub(crate) fn last_time(&self, page: &[u8]) -> Option<u64> {
        let head = self.head(page).ok()?;
        let (mut at, mut time, mut last) = (head.start, head.time, None);
        while let Step::Event { end, .. } = self.step(page, at, head.end.min(page.len()), &mut time) {
            last = Some(time);
            at = align(end);
        }
        last
    }
}

/// Events begin at multiples of four bytes.
#[inline]
pub(crate) fn align(at: usize) -> usize {
    at.next_multiple_of(4)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    /// A page of the parts given, after a head with `flags` in the commit word.
    fn page(order: Order, long: usize, flags: u64, parts: &[u32], stored: Option<u64>) -> Vec<u8> {
        let word = |value: u32| if order == Order::Little { value.to_le_bytes() } else { value.to_be_bytes() };
        let wide = |value: u64| {
            if order == Order::Little { value.to_le_bytes().to_vec() } else { value.to_be_bytes().to_vec() }
        };
        let commit = (parts.len() as u64 * 4) | flags;
        let mut bytes = wide(1000);
        if long == 8 {
            bytes.extend(wide(commit))
        } else {
            bytes.extend(word(commit as u32))
        }
        bytes.extend(parts.iter().flat_map(|&part| word(part)));
        if let Some(stored) = stored {
            if long == 8 { bytes.extend(wide(stored)) } else { bytes.extend(word(stored as u32)) }
        }
        bytes.resize(256, 0);
        bytes
    }

    fn times(format: &PageFormat, bytes: &[u8]) -> (Vec<(u64, usize)>, Option<&'static str>) {
        let head = format.head(bytes).unwrap();
        let (mut at, mut time, mut seen) = (head.start, head.time, Vec::new());
        loop {
            match format.step(bytes, at, head.end, &mut time) {
                Step::Event { start, end } => {
                    seen.push((time, end - start));
                    at = align(end);
                }
                Step::End => return (seen, None),
                Step::Bad(_, why) => return (seen, Some(why)),
            }
        }
    }

    #[test]
    fn every_kind_of_record_moves_the_time() {
        for (order, long) in [(Order::Little, 8), (Order::Big, 8), (Order::Little, 4), (Order::Big, 4)] {
            let head = |kind: u32, delta: u32| match order {
                Order::Little => kind | delta << 5,
                Order::Big => kind << 27 | delta,
            };
            let parts = [
                head(1, 5),
                0xaaaa, // four bytes, 5 ns on
                head(30, 3),
                2, // 2 << 27 | 3 ns on
                head(0, 1),
                7,
                0xbbbb, // three bytes of a length of its own
                head(29, 4),
                8,
                0, // discarded: 4 ns on, its length does not count its head
                head(31, 9),
                1 << 10, // absolute
                head(2, 1),
                1,
                2,
                head(29, 0),
                77, // the rest is padding
            ];
            let format = PageFormat::usual(order, 256, long);
            let base = 1005 + (2 << 27) + 3;
            let wanted = vec![(1005, 4), (base + 1, 3), ((1 << 37) + 10, 8)];
            assert_eq!(times(&format, &page(order, long, 0, &parts, None)), (wanted, None), "{order:?} {long}");
        }
    }

    #[test]
    fn the_commit_word_tells_of_loss() {
        let format = PageFormat::usual(Order::Little, 256, 8);
        let missed = |flags, stored| format.head(&page(Order::Little, 8, flags, &[1 | 5 << 5, 0], stored)).unwrap();
        assert_eq!(missed(0, None).missed, None);
        assert_eq!(missed(1 << 31, None).missed, Some(Lost::Unknown));
        assert_eq!(missed(0xffff_ffff_c000_0000, Some(168)).missed, Some(Lost::Exact(168)));
        assert_eq!(missed(0xffff_ffff_c000_0000, Some(168)).end, 24);
    }

    #[test]
    fn what_is_no_event_ends_the_page() {
        let format = PageFormat::usual(Order::Little, 256, 8);
        assert_eq!(times(&format, &page(Order::Little, 8, 0, &[1, 9, 0, 0], None)).1, Some("an event of no length"));
        assert_eq!(
            times(&format, &page(Order::Little, 8, 0, &[1, 9, 28], None)).1,
            Some("an event longer than its page")
        );
        assert!(format.head(&[0; 256]).is_err());
        assert!(format.head(&page(Order::Little, 8, 1000, &[], None)).is_err());
    }
}
