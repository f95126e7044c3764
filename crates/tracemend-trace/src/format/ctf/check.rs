//! What holds of all streams, whatever their bytes. Tests and the fuzzer ask.

use super::folder;
use super::reader::Reader;
use crate::Item;
use crate::format::options::OpenOptions;
use crate::source::Source;

/// Reads stream bytes by a trace's metadata, and checks that what is read holds together and that the quick way and the
/// slow way read the same.
///
/// # Panics
/// When it does not hold.
pub(crate) fn check_streams(metadata: &[u8], streams: &[&[u8]]) {
    const MAX_ITEMS: usize = 1 << 14;
    let options = OpenOptions::default();
    let read = |slowly: bool| {
        let Ok(found) = folder::in_memory(metadata, streams) else {
            return (Vec::new(), None);
        };
        let reader = Reader::new(found, &options);
        let mut reader = if slowly { reader.slowly() } else { reader };
        let mut items = Vec::new();
        let failed = loop {
            match reader.next_item() {
                Ok(Some(item)) => {
                    if let Item::Gap(gap) = &item {
                        assert!(gap.begin_ns.zip(gap.end_ns).is_none_or(|(begin, end)| begin <= end), "{gap:?}");
                    } else {
                        assert!(!reader.record().is_empty(), "an event without a record");
                    }
                    if items.len() < MAX_ITEMS {
                        items.push(item);
                    }
                }
                Ok(None) => break None,
                Err(error) => break Some(error.to_string()),
            }
        };
        (items, failed)
    };
    let (quickly, slowly) = (read(false), read(true));
    assert!(quickly == slowly, "the quick way reads something else than the slow way");
}
