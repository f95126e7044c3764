//! After damage: what is said of it, and where reading goes on.

use super::packet::MAGIC;
use super::schema::ByteOrder;
use super::shared::Shared;
use super::stream::{LOW, Stream};
use crate::TraceResult;

impl Stream {
    /// The packet's size and how much of it is there, if the file ends within it.
    pub(super) fn cut_off(&self) -> Option<(u64, u64)> {
        let packet = self.packet.as_ref()?;
        let available = self.window.length - packet.start;
        (available < packet.size).then_some((packet.size, available))
    }

    /// The rest of the packet, from bit `at` on, cannot be read.
    #[cold]
    pub(super) fn cut(&mut self, shared: &mut Shared, at: u64, reason: &str) -> TraceResult<()> {
        let Some(packet) = &self.packet else {
            return Ok(());
        };
        let (start, until_ns) = (packet.start, packet.end_ns);
        match self.cut_off() {
            // Whatever came after is not here either.
            Some((size, available)) => {
                let reason = format!("the file ends here, {available} bytes into a packet of {size}");
                self.damaged(shared, start + available, &reason, None);
            }
            None => self.damaged(shared, start.saturating_add(at / 8), reason, until_ns),
        }
        self.rescue(shared)
    }

    /// Something is wrong at a byte of the file; `until_ns` is when what is lost ends, if known.
    #[cold]
    pub(super) fn damaged(&mut self, shared: &mut Shared, offset: u64, reason: &str, until_ns: Option<i64>) {
        if shared.damage.is_none() {
            shared.damage = Some((self.file.path.clone(), offset, reason.to_owned()));
        }
        let path = self.file.path.display();
        self.losses.damage(format!("file {path}, byte {offset}: {reason}"), offset, until_ns);
        self.broken = true;
    }

    /// After damage: a packet whose size is damaged too must not hide those after it.
    #[cold]
    fn rescue(&mut self, shared: &mut Shared) -> TraceResult<()> {
        if let Some(packet) = &self.packet {
            let first = packet.start + packet.first.div_ceil(8);
            self.next = self.find_packet(shared, first, self.next)?.min(self.next);
        }
        Ok(())
    }

    /// Where the packet with the next number begins, if it lies before `end` in what was taken for padding: a packet whose
    /// size is wrong hides those after it.
    #[cold]
    pub(super) fn hidden(&mut self, shared: &mut Shared, end: u64) -> TraceResult<Option<u64>> {
        let found = self.find_packet(shared, self.understood, end)?;
        if found < end
            && let Ok(packet) = self.read_header(shared, found)?
            && self.losses.follows(&packet) == Some(true)
        {
            return Ok(Some(found));
        }
        Ok(None)
    }

    /// Offset of the next packet at or after `from` and before `until`, known by its magic number; without one,
    /// `until` or the file's end.
    #[cold]
    pub(super) fn find_packet(&mut self, shared: &mut Shared, from: u64, until: u64) -> TraceResult<u64> {
        let io = self.io();
        let until = until.min(self.window.length);
        let Some(order) = self.file.plan.magic() else {
            return Ok(until);
        };
        let magic = match order {
            ByteOrder::Little => (MAGIC as u32).to_le_bytes(),
            ByteOrder::Big => (MAGIC as u32).to_be_bytes(),
        };
        let finder = memchr::memmem::Finder::new(&magic);
        let mut from = from;
        while from < until {
            self.window.ensure(from, LOW, &mut shared.room).map_err(&io)?;
            let bytes = self.window.from(from);
            if bytes.len() < magic.len() {
                break;
            }
            match finder.find(bytes) {
                Some(place) => {
                    from += place as u64;
                    if self.read_header(shared, from)?.is_ok() {
                        return Ok(from);
                    }
                    from += 1;
                }
                None => from += (bytes.len() - magic.len() + 1) as u64,
            }
        }
        Ok(until)
    }
}
