//! The list of processes: number, process and name of every thread at the start of the recording.

use crate::decode::order::Order;

/// Version of a list of processes, by the type of its block.
pub(crate) fn version(block: u32) -> Option<u8> {
    Some(match block {
        0x202 | 0x8000_abcd => 1,
        0x207 | 0x8013_abcd => 2,
        0x209 | 0x8014_abcd => 3,
        0x210..=0x215 => (block - 0x210) as u8 + 4,
        _ => return None,
    })
}

/// A thread of the list.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Thread<'c> {
    pub(crate) tid: i64,
    pub(crate) pid: i64,
    pub(crate) comm: &'c [u8],
}

/// A place in a list's content.
struct At<'c> {
    content: &'c [u8],
    order: Order,
    at: usize,
}

impl<'c> At<'c> {
    fn skip(&mut self, bytes: usize) -> Option<()> {
        self.at = self.at.checked_add(bytes).filter(|&at| at <= self.content.len())?;
        Some(())
    }

    fn u64(&mut self) -> Option<i64> {
        let number = self.order.u64(self.content, self.at)?;
        self.skip(8)?;
        Some(number as i64)
    }

    /// Text after its length.
    fn text(&mut self) -> Option<&'c [u8]> {
        let length = usize::from(self.order.u16(self.content, self.at)?);
        self.skip(2)?;
        let start = self.at;
        self.skip(length)?;
        Some(&self.content[start..self.at])
    }
}

/// Gives each thread of a list to `thread`; `false` where the list breaks off.
pub(crate) fn read<'c>(version: u8, content: &'c [u8], order: Order, mut thread: impl FnMut(Thread<'c>)) -> bool {
    let mut at = At { content, order, at: 0 };
    // What is left at the end fills the block up to four bytes.
    while content.len() - at.at >= 4 {
        match entry(version, &mut at) {
            Some(found) => thread(found),
            None => return false,
        }
    }
    true
}

fn entry<'c>(version: u8, at: &mut At<'c>) -> Option<Thread<'c>> {
    let start = at.at;
    // Since version 9 an entry says how long it is, and grows at its end.
    let length = if version >= 9 { Some(at.order.u32(at.content, at.at)? as usize) } else { None };
    at.skip(if length.is_some() { 4 } else { 0 })?;
    let (tid, pid) = (at.u64()?, at.u64()?);
    // The parent; the session since version 6; the process group since version 8.
    at.skip(8 + if version >= 6 { 8 } else { 0 } + if version >= 8 { 8 } else { 0 })?;
    let comm = at.text()?;
    match length {
        Some(length) => {
            let end = start.checked_add(length).filter(|&end| end >= at.at)?;
            at.skip(end - at.at)?;
        }
        None => rest(version, at)?,
    }
    Some(Thread { tid, pid, comm })
}

/// What follows the name in versions that do not say how long an entry is.
fn rest(version: u8, at: &mut At<'_>) -> Option<()> {
    // Program, its path since version 7, arguments, working directory.
    for _ in 0..if version >= 7 { 4 } else { 3 } {
        at.text()?;
    }
    // Limit of files, flags, user, group.
    at.skip(20)?;
    if version >= 2 {
        // Memory and page faults.
        at.skip(28)?;
    }
    if version >= 3 {
        // Environment.
        at.text()?;
    }
    if version >= 4 {
        // The numbers within a container, and control groups.
        at.skip(16)?;
        at.text()?;
    }
    if version >= 5 {
        // The root folder.
        at.text()?;
    }
    Some(())
}
