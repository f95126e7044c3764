//! One CPU's events, page after page, and what was lost between them.

use super::chunks::{Next, Pages};
use super::counted::Rest;
use super::layout::CpuData;
use super::unpack::Unpacker;
use crate::decode::store::Store;
use crate::kernel::page::{PageFormat, Step, align};
use crate::{Cause, Gap, Lost, StreamId};
use std::io;

/// The event a lane stands at.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Head {
    /// As the tracer's clock counts.
    pub(crate) time: u64,
    start: usize,
    end: usize,
}

/// Loss met since the last event.
enum Note {
    /// The tracer lost events before a page.
    Missed(Lost, u64),
    /// Something could not be read, and so many pages right after it.
    Damaged { offset: u64, reason: String, more: u64 },
    /// The file ends too early.
    CutOff(u64),
}

/// One CPU's ring buffer.
pub(crate) struct Lane {
    pub(crate) cpu: u32,
    pub(crate) stream: StreamId,
    /// Which file its pages lie in, and what messages call it where it is one of several.
    pub(crate) file: usize,
    pub(crate) file_name: Option<String>,
    /// What the kernel counted besides the marks in the pages.
    pub(crate) rest: Rest,
    /// Events that the full ring refused.
    pub(crate) dropped: u64,
    pub(crate) head: Option<Head>,
    /// Time of the event before, as the tracer's clock counts.
    pub(crate) last: Option<u64>,
    pages: Pages,
    format: PageFormat,
    notes: Vec<Note>,
    /// Place in the page, end of its events, and the time so far.
    at: usize,
    end: usize,
    time: u64,
    in_page: bool,
    losses_only: bool,
}

impl Lane {
    pub(crate) fn new(data: &CpuData, stream: StreamId, pages: Pages, format: PageFormat, losses_only: bool) -> Self {
        Self {
            cpu: data.cpu,
            stream,
            file: data.file,
            file_name: None,
            rest: Rest::NONE,
            dropped: 0,
            head: None,
            last: None,
            pages,
            format,
            notes: Vec::new(),
            at: 0,
            end: 0,
            time: 0,
            in_page: false,
            losses_only,
        }
    }

    /// The record of the present event.
    #[inline]
    pub(crate) fn record(&self, head: Head) -> &[u8] {
        &self.pages.page()[head.start..head.end]
    }

    /// Where in the file that record lies; in a packed buffer, where its chunk does.
    #[inline]
    pub(crate) fn offset(&self, head: Head) -> u64 {
        self.pages.offset(head.start)
    }

    /// Goes on to the next event; where only losses count, to the next event after one.
    #[inline]
    pub(crate) fn advance(&mut self, store: &mut Store, unpacker: &mut Unpacker) -> io::Result<()> {
        self.last = self.head.map_or(self.last, |head| Some(head.time));
        loop {
            if self.in_page {
                match self.format.step(self.pages.page(), self.at, self.end, &mut self.time) {
                    Step::Event { start, end } => {
                        self.at = align(end);
                        self.head = Some(Head { time: self.time, start, end });
                        self.in_page = !self.losses_only;
                        return Ok(());
                    }
                    Step::End => {}
                    Step::Bad(at, why) => self.bad(at, why),
                }
                self.in_page = false;
            }
            if !self.next_page(store, unpacker)? {
                self.head = None;
                return Ok(());
            }
        }
    }

    /// Goes on to the next page; `false` at the end.
    fn next_page(&mut self, store: &mut Store, unpacker: &mut Unpacker) -> io::Result<bool> {
        match self.pages.advance(store, unpacker)? {
            Next::Page => self.open_page(),
            Next::Bad(offset, reason) => self.damaged(offset, reason),
            Next::CutOff(offset) => self.note(Note::CutOff(offset)),
            Next::End => {
                let after = std::mem::take(&mut self.rest.after);
                if after > 0 {
                    self.note(Note::Missed(Lost::Exact(after), self.pages.offset(0)));
                }
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn open_page(&mut self) {
        let page = self.pages.page();
        let whole = page.len() == self.format.size;
        match self.format.head(page) {
            Ok(head) => {
                (self.at, self.time) = (head.start, head.time);
                self.end = head.end.min(page.len());
                self.in_page = !self.losses_only || head.missed.is_some() || !self.notes.is_empty();
                if let Some(lost) = head.missed {
                    let lost = if lost == Lost::Unknown { self.rest.uncounted } else { lost };
                    self.note(Note::Missed(lost, self.pages.offset(0)));
                }
            }
            // The cut itself is told of next.
            Err(_) if !whole && self.pages.cut_off() => {}
            Err(reason) => self.damaged(self.pages.offset(0), reason),
        }
    }

    #[cold]
    fn bad(&mut self, at: usize, why: &'static str) {
        if self.pages.page().len() == self.format.size || !self.pages.cut_off() {
            self.damaged(self.pages.offset(at), format!("{why}; the rest of its page is lost"));
        }
    }

    fn damaged(&mut self, offset: u64, reason: String) {
        match self.notes.last_mut() {
            Some(Note::Damaged { more, .. }) => *more += 1,
            _ => self.note(Note::Damaged { offset, reason, more: 0 }),
        }
    }

    fn note(&mut self, note: Note) {
        if self.losses_only && self.notes.is_empty() {
            // The events between are not looked at, but the last one before a loss bounds it.
            let before = self.pages.page_before().and_then(|page| self.format.last_time(page));
            self.last = before.or(self.last);
        }
        self.notes.push(note);
    }

    /// Whether something was lost right before the present event.
    #[inline]
    pub(crate) fn lost(&self) -> bool {
        !self.notes.is_empty()
    }

    /// The gaps before the present event, or after the last one at the end; `time_ns` makes nanoseconds of the clock.
    pub(crate) fn gaps(&mut self, time_ns: impl Fn(u64) -> i64) -> Vec<Gap> {
        let (begin_ns, end_ns) = (self.last.map(&time_ns), self.head.map(|head| time_ns(head.time)));
        let (stream, cpu) = (Some(self.stream), Some(self.cpu));
        let gap = |lost, cause, offset| Gap { stream, cpu, begin_ns, end_ns, ..Gap::new(0, lost, cause, offset) };
        let notes = std::mem::take(&mut self.notes);
        let file = self.file_name.as_ref().map_or_else(String::new, |name| format!("{name}, "));
        notes
            .into_iter()
            .map(|note| match note {
                Note::Missed(lost, offset) => gap(lost, Cause::Overwritten, offset),
                Note::CutOff(offset) => gap(Lost::Unknown, Cause::Truncated, offset),
                Note::Damaged { offset, reason, more } => {
                    let more = if more == 0 { String::new() } else { format!(" and {more} more right behind") };
                    gap(Lost::Unknown, Cause::Damaged(format!("{file}byte {offset}{more}: {reason}")), offset)
                }
            })
            .collect()
    }
}
