//! The loop all line-based formats share.

use super::own_text;
use super::remark::{Remark, is_remark};
use super::variants;
use crate::decode::bytes::excerpt;
use crate::decode::context::Context;
use crate::decode::draft::Draft;
use crate::decode::feed::Feed;
use crate::decode::lines::{MAX_LINE, Position, Step};
use crate::source::Source;
use crate::{Cause, Event, Item, TraceError, TraceHeader, TraceResult};
use std::io::ErrorKind;

/// What a line turned out to be.
pub(crate) enum Parsed {
    /// An event.
    Event(Event),
    /// A line of the format that ends no event, or one that [`Context`] was told of.
    Nothing,
    /// A line of the trace without an event, from the table of [`LineFormat::REMARKS`] or like one.
    Remark,
    /// Text of another writer: the traced program's own output, the rest of a message.
    Foreign,
    /// The first bytes begin a line of the format. What follows them was written in between; the rest is a later line.
    Broken(usize),
    /// Not a line of this format.
    Unknown,
}

/// One line-based format.
pub(crate) trait LineFormat {
    /// What a line of this format is, for messages: "ftrace event".
    const NOUN: &'static str;
    /// Lines that belong to a trace and hold no event.
    const REMARKS: &'static [Remark] = &[];
    /// What a line says by itself. What depends on the lines before it, such as the number of a name, is left to [`Self::line`].
    type Draft: Draft;

    /// Understands one line by its draft.
    fn line(&mut self, context: &mut Context, line: &[u8], draft: &Self::Draft, at: Position) -> Parsed;

    /// The end of the input: gives out what is left.
    fn end(&mut self, _context: &mut Context) {}

    /// Whether what comes next lies outside of the trace's text: a web page has some around it.
    fn is_outside(&self) -> bool {
        false
    }

    /// The record of the last event where it is more than its line.
    fn record(&self) -> Option<&[u8]> {
        None
    }
}

/// What a format makes of a line, with its remarks.
#[inline]
pub(crate) fn understand<F: LineFormat>(format: &mut F, context: &mut Context, line: &[u8], at: Position) -> Parsed {
    understand_drafted(format, context, line, &F::Draft::of(line), at)
}

#[inline]
fn understand_drafted<F: LineFormat>(
    format: &mut F,
    context: &mut Context,
    line: &[u8],
    draft: &F::Draft,
    at: Position,
) -> Parsed {
    match format.line(context, line, draft, at) {
        Parsed::Unknown if is_remark(F::REMARKS, line) => Parsed::Remark,
        parsed => parsed,
    }
}

/// Maximum number of unread lines looked at for the name of what they are.
const MAX_NAMED: u64 = 1000;

/// The lines that were not understood.
#[derive(Default)]
struct Unread {
    first: Option<(Position, String)>,
    lines: u64,
    /// The known variant that one of them shows.
    variant: Option<&'static str>,
}

/// A text being read.
pub(crate) struct Text<F: LineFormat> {
    lines: Feed<F::Draft>,
    context: Context,
    format: F,
    compression: Option<&'static str>,
    /// The record of the last item, where it is not the line just read.
    own_record: Option<Vec<u8>>,
    ended: bool,
    /// Lines that were understood.
    read: u64,
    unread: Unread,
    /// The beginning of a line that something else was written into.
    head: Vec<u8>,
    head_at: Position,
    /// Lines of events that a repair inferred.
    inferred: u64,
}

impl<F: LineFormat> Text<F> {
    pub(crate) fn new(lines: Feed<F::Draft>, context: Context, format: F, compression: Option<&'static str>) -> Self {
        Self {
            lines,
            context,
            format,
            compression,
            own_record: Some(Vec::new()),
            ended: false,
            read: 0,
            unread: Unread::default(),
            head: Vec::new(),
            head_at: Position::default(),
            inferred: 0,
        }
    }

    /// What the format makes of the present line.
    #[inline]
    fn understood(&mut self, at: Position) -> Parsed {
        let (format, context) = (&mut self.format, &mut self.context);
        match self.lines.drafted() {
            Some((line, draft)) => understand_drafted(format, context, line, draft, at),
            None => understand(format, context, self.lines.line(), at),
        }
    }

    /// Gives the event of a line out; returns it where it is the next item.
    #[inline]
    fn event(&mut self, event: Event) -> Option<Event> {
        self.read += 1;
        if !self.head.is_empty() {
            self.give_head();
        }
        self.context.before(&event);
        let event = self.context.give(event)?;
        self.own_record = None;
        Some(event)
    }

    /// A line that is none by itself may be the rest of one.
    #[cold]
    fn unknown(&mut self, at: Position) {
        if !self.head.is_empty() && self.head.len() + self.lines.line().len() <= MAX_LINE {
            let whole = [&self.head, self.lines.line()].concat();
            if let Parsed::Event(event) = understand(&mut self.format, &mut self.context, &whole, at) {
                self.head.clear();
                self.read += 1;
                self.context.give_event(event, whole);
                return;
            }
        }
        let line = self.lines.line();
        if !at.ended && self.context.events > 0 {
            // The last line, without its line feed: the writer was cut off.
            self.context.break_off(Cause::Truncated, at.offset);
            return;
        }
        let reason = || format!("not a line of {}: `{}`", F::NOUN, excerpt(line));
        if self.unread.variant.is_none() && self.unread.lines < MAX_NAMED {
            self.unread.variant = variants::of_line(line);
        }
        if self.unread.first.is_none() {
            self.unread.first = Some((at, reason()));
        }
        self.unread.lines += 1;
        self.context.damaged(at, reason);
    }

    /// Something was written into a line: its beginning waits for the rest.
    #[cold]
    fn broken(&mut self, begun: usize, at: Position) {
        self.read += 1;
        if self.head.is_empty() {
            self.head_at = at;
        }
        if self.head.len() + begun <= MAX_LINE {
            self.head.extend_from_slice(&self.lines.line()[..begun]);
        }
    }

    /// No line was the rest of the one begun: it may have been whole but for its line feed.
    #[cold]
    fn give_head(&mut self) {
        let head = std::mem::take(&mut self.head);
        match self.format.line(&mut self.context, &head, &F::Draft::of(&head), self.head_at) {
            Parsed::Event(event) => self.context.give_event(event, head),
            _ => self.context.damaged(self.head_at, || format!("half a line of {}: `{}`", F::NOUN, excerpt(&head))),
        }
    }

    #[cold]
    fn too_long(&mut self, at: Position) {
        let reason = format!("longer than {MAX_LINE} bytes, which no line of {} is", F::NOUN);
        if self.format.is_outside() {
            return;
        }
        if self.unread.first.is_none() {
            self.unread.first = Some((at, reason.clone()));
        }
        self.unread.lines += 1;
        self.context.damaged(at, || reason);
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
        if !self.head.is_empty() {
            self.give_head();
        }
        self.format.end(&mut self.context);
        self.context.finish();
        if self.inferred > 0 {
            let (path, inferred) = (self.context.path.display(), self.inferred);
            self.context.warn(format!(
                "{path}: a repaired trace; {inferred} of its events were inferred by tracemend and are left out"
            ));
        }
        if self.format.is_outside() && self.context.events == 0 {
            let reason = "a web page without ftrace text in it. Give a page that systrace wrote, or the text itself";
            return Err(TraceError::NotRead { path: self.context.path.clone(), reason: reason.to_owned() });
        }
        // A trace of which most cannot be read is none of this format, whatever a few of its lines look like.
        let none = self.context.events == 0;
        let Some((at, reason)) = self.unread.first.take().filter(|_| none || self.unread.lines > self.read) else {
            return Ok(());
        };
        let advice = match self.unread.variant {
            Some(variant) => variant.to_owned(),
            None if none => "No line of the input is one; name its true format with the option `format`".to_owned(),
            None => format!(
                "{} lines are none and {} are: the input is of another format, or of a form that is not read. Name its true \
                 format with the option `format`, or print it without options that change its columns",
                self.unread.lines, self.read
            ),
        };
        Err(TraceError::Malformed {
            path: self.context.path.clone(),
            line: at.line,
            offset: at.offset,
            reason: format!("{reason}. {advice}"),
        })
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
                Step::Line(at) => match self.understood(at) {
                    Parsed::Event(event) => {
                        if let Some(event) = self.event(event) {
                            return Ok(Some(Item::Event(event)));
                        }
                    }
                    Parsed::Nothing | Parsed::Remark | Parsed::Foreign => self.read += 1,
                    Parsed::Broken(begun) => self.broken(begun, at),
                    Parsed::Unknown => self.unknown(at),
                },
                Step::TooLong(at) => self.too_long(at),
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
