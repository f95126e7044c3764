//! The loop all line-based formats share.

use super::own_text;
use crate::decode::bytes::excerpt;
use crate::decode::context::Context;
use crate::decode::lines::{Lines, MAX_LINE, Position, Step};
use crate::source::Source;
use crate::{Cause, Event, Item, TraceError, TraceHeader, TraceResult};
use std::io::ErrorKind;

/// What a line turned out to be.
pub(crate) enum Parsed {
    /// An event.
    Event(Event),
    /// Nothing, or something that [`Context`] was told of.
    Nothing,
    /// Not a line of this format.
    Unknown,
}

/// One line-based format.
pub(crate) trait LineFormat {
    /// What a line of this format is, for messages: "ftrace event".
    const NOUN: &'static str;

    /// Understands one line.
    fn line(&mut self, context: &mut Context, line: &[u8], at: Position) -> Parsed;

    /// The end of the input: gives out what is left.
    fn end(&mut self, _context: &mut Context) {}

    /// The record of the last event where it is more than its line.
    fn record(&self) -> Option<&[u8]> {
        None
    }
}

/// A text being read.
pub(crate) struct Text<F> {
    lines: Lines,
    context: Context,
    format: F,
    compression: Option<&'static str>,
    /// The record of the last item, where it is not the line just read.
    own_record: Option<Vec<u8>>,
    ended: bool,
    first_unknown: Option<(Position, String)>,
    /// Lines of events that a repair inferred.
    inferred: u64,
}

impl<F: LineFormat> Text<F> {
    pub(crate) fn new(lines: Lines, context: Context, format: F, compression: Option<&'static str>) -> Self {
        let own_record = Some(Vec::new());
        Self { lines, context, format, compression, own_record, ended: false, first_unknown: None, inferred: 0 }
    }

    #[cold]
    fn unknown(&mut self, at: Position) {
        let line = self.lines.line();
        if !at.ended && self.context.events > 0 {
            // The last line, without its line feed: the writer was cut off.
            self.context.break_off(Cause::Truncated, at.offset);
            return;
        }
        let reason = || format!("not a line of {}: `{}`", F::NOUN, excerpt(line));
        if self.first_unknown.is_none() {
            self.first_unknown = Some((at, reason()));
        }
        self.context.damaged(at, reason);
    }

    #[cold]
    fn fail(&mut self, at: Position, error: std::io::Error) -> TraceResult<()> {
        let Some(compression) = self.compression.filter(|_| error.raw_os_error().is_none()) else {
            return Err(self.context.io(error));
        };
        let Position { line, offset, .. } = at;
        let (cause, what) = if error.kind() == ErrorKind::UnexpectedEof {
            (Cause::Truncated, "ends in the middle".to_string())
        } else {
            let what = format!("is damaged ({error})");
            (Cause::Damaged(format!("line {line} (byte {offset}): the {compression} data {what}")), what)
        };
        let path = self.context.path.display();
        self.context.warn(format!(
            "{path}, line {line} (byte {offset}): the {compression} data {what}; what lies before it was read. Copy the file again to get the rest"
        ));
        self.context.break_off(cause, offset);
        Ok(())
    }

    /// Takes a line of this program's own; returns whether it was one.
    fn take_own(&mut self, at: Position) -> bool {
        let Some(text) = own_text::marked(self.lines.line()) else {
            return false;
        };
        own_text::read(text, &mut self.context, at.offset);
        self.inferred += u64::from(own_text::is_event(text));
        true
    }

    fn end(&mut self) -> TraceResult<()> {
        self.ended = true;
        self.format.end(&mut self.context);
        self.context.finish();
        if self.inferred > 0 {
            let (path, inferred) = (self.context.path.display(), self.inferred);
            self.context.warn(format!(
                "{path}: a repaired trace; {inferred} of its events were inferred by tracemend and are left out"
            ));
        }
        match self.first_unknown.take() {
            Some((at, reason)) if self.context.events == 0 => Err(TraceError::Malformed {
                path: self.context.path.clone(),
                line: at.line,
                offset: at.offset,
                reason: format!("{reason}. No line of the input is one; name its true format with the option `format`"),
            }),
            _ => Ok(()),
        }
    }
}

impl<F: LineFormat> Source for Text<F> {
    fn next_item(&mut self) -> TraceResult<Option<Item>> {
        loop {
            if let Some((item, record)) = self.context.queue.pop_front() {
                self.own_record = record;
                return Ok(Some(item));
            }
            if self.ended {
                return Ok(None);
            }
            match self.lines.step() {
                Step::Line(at) if self.take_own(at) => {}
                Step::Line(at) => match self.format.line(&mut self.context, self.lines.line(), at) {
                    Parsed::Event(event) => {
                        self.context.before(&event);
                        if let Some(event) = self.context.give(event) {
                            self.own_record = None;
                            return Ok(Some(Item::Event(event)));
                        }
                    }
                    Parsed::Nothing => {}
                    Parsed::Unknown => self.unknown(at),
                },
                Step::TooLong(at) => {
                    let reason = format!("longer than {MAX_LINE} bytes, which no line of {} is", F::NOUN);
                    if self.first_unknown.is_none() {
                        self.first_unknown = Some((at, reason.clone()));
                    }
                    self.context.damaged(at, || reason);
                }
                Step::Failed(at, error) => self.fail(at, error)?,
                Step::End => self.end()?,
            }
        }
    }

    fn header(&self) -> &TraceHeader {
        &self.context.header
    }

    fn record(&mut self) -> &[u8] {
        match &self.own_record {
            Some(record) => record,
            None => self.format.record().unwrap_or(self.lines.line()),
        }
    }
}
