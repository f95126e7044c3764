//! The fields all records have: which event, thread, CPU and time.

use super::attr::{Attr, Places};
use super::records::{HEAD, RecordHead, SAMPLE};
use crate::decode::order::Order;
use rustc_hash::FxHashMap;

/// Which event each record is of, and where its fields lie.
#[derive(Default)]
pub(crate) struct Attrs {
    pub(crate) all: Vec<Attr>,
    by_id: FxHashMap<u64, u16>,
    /// Whether all events have their fields in the same places.
    alike: bool,
}

/// Maximum number of ids of all events together: one a CPU for each event.
const MAX_IDS: usize = 1 << 20;

/// The fields of one record.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Fields {
    pub(crate) attr: usize,
    pub(crate) tid: Option<i32>,
    /// The process of the thread.
    pub(crate) pid: Option<i32>,
    pub(crate) time: Option<u64>,
    pub(crate) cpu: Option<u32>,
}

impl Attrs {
    /// Maximum number of events of one file.
    pub(crate) const MAX: usize = 1 << 12;

    /// How many ids there is room for.
    pub(crate) fn room(&self) -> usize {
        MAX_IDS.saturating_sub(self.all.iter().map(|attr| attr.ids.len()).sum())
    }

    pub(crate) fn add(&mut self, mut attr: Attr) {
        if self.all.len() >= Self::MAX {
            return;
        }
        attr.ids.truncate(self.room());
        for &id in &attr.ids {
            self.by_id.insert(id, self.all.len() as u16);
        }
        let first = self.all.first().unwrap_or(&attr);
        self.alike = (self.alike || self.all.is_empty())
            && (first.in_sample, first.in_others) == (attr.in_sample, attr.in_others);
        self.all.push(attr);
    }

    /// The event with one of these ids.
    pub(crate) fn of_id(&mut self, id: u64) -> Option<&mut Attr> {
        self.by_id.get(&id).and_then(|&attr| self.all.get_mut(usize::from(attr)))
    }

    /// The time of a record, without looking for its event where all are alike.
    #[inline]
    pub(crate) fn time(&self, record: &[u8], head: RecordHead, order: Order) -> Option<u64> {
        let attr = if self.alike { 0 } else { self.which(record, head, order)? };
        let (places, base) = self.places(attr, record, head)?;
        at(places.time, base, record.len(), head.kind).and_then(|at| order.u64(record, at))
    }

    /// All fields.
    #[inline]
    pub(crate) fn fields(&self, record: &[u8], head: RecordHead, order: Order) -> Option<Fields> {
        let attr = self.which(record, head, order)?;
        let (places, base) = self.places(attr, record, head)?;
        let place = |place| at(place, base, record.len(), head.kind);
        Some(Fields {
            attr,
            tid: place(places.tid).and_then(|at| order.u32(record, at + 4)).map(|tid| tid as i32),
            pid: place(places.tid).and_then(|at| order.u32(record, at)).map(|pid| pid as i32),
            time: place(places.time).and_then(|at| order.u64(record, at)),
            cpu: place(places.cpu).and_then(|at| order.u32(record, at)).filter(|&cpu| cpu != u32::MAX),
        })
    }

    /// Where the fields lie, and what their places count from.
    #[inline]
    fn places(&self, attr: usize, record: &[u8], head: RecordHead) -> Option<(Places, usize)> {
        let attr = self.all.get(attr)?;
        if head.kind == SAMPLE {
            return (record.len() >= HEAD + attr.in_sample.len).then_some((attr.in_sample, HEAD));
        }
        let places = attr.in_others?;
        (record.len() >= HEAD + places.len).then_some((places, record.len()))
    }

    /// The id of the event and CPU that a record other than a sample is of.
    pub(crate) fn id(&self, record: &[u8], head: RecordHead, order: Order) -> Option<u64> {
        let places = self.all.first()?.in_others?;
        let id = at(places.identifier.or(places.id), record.len(), record.len(), head.kind)?;
        order.u64(record, id)
    }

    /// The event a record is of: by its id where there is more than one.
    #[inline]
    fn which(&self, record: &[u8], head: RecordHead, order: Order) -> Option<usize> {
        if self.all.len() <= 1 {
            return Some(0);
        }
        let first = self.all.first()?;
        let (places, base) = match (head.kind, first.in_others) {
            (SAMPLE, _) => (first.in_sample, HEAD),
            (_, Some(places)) => (places, record.len()),
            (_, None) => return Some(0),
        };
        // Where events differ, only the identifier lies in the same place for all.
        let id = places.identifier.or(places.id);
        let id = at(id, base, record.len(), head.kind).and_then(|at| order.u64(record, at));
        Some(id.and_then(|id| self.by_id.get(&id)).map_or(0, |&attr| usize::from(attr)))
    }
}

/// A place in a record: counted from the beginning of a sample, from the end of any other.
#[inline]
fn at(place: Option<usize>, base: usize, len: usize, kind: u32) -> Option<usize> {
    let place = place?;
    let at = if kind == SAMPLE { base + place } else { base.checked_sub(place)? };
    (at >= HEAD && at + 8 <= len).then_some(at)
}
