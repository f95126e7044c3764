//! Cells that were measured before, so that an evaluation that was ended goes on from there.

use serde::Serialize;
use serde::de::DeserializeOwned;
use std::io;

/// Where finished cells are kept. A cell is whatever is measured in one go: a method on all gaps of one length, say.
pub trait Keep: Sync {
    /// What was kept under this name.
    ///
    /// # Errors
    /// When there is something that cannot be read.
    fn load(&self, cell: &str) -> io::Result<Option<String>>;

    /// Keeps `text` under this name, wholly or not at all.
    ///
    /// # Errors
    /// When it cannot be written.
    fn save(&self, cell: &str, text: &str) -> io::Result<()>;
}

/// Keeps nothing.
impl Keep for () {
    fn load(&self, _: &str) -> io::Result<Option<String>> {
        Ok(None)
    }

    fn save(&self, _: &str, _: &str) -> io::Result<()> {
        Ok(())
    }
}

/// A cell that was kept. It equals what was measured, bit for bit, so that nothing shows that it was kept.
pub(crate) fn load<T: DeserializeOwned>(keep: &dyn Keep, cell: &str) -> io::Result<Option<T>> {
    let Some(text) = keep.load(cell)? else { return Ok(None) };
    serde_json::from_str(&text).map(Some).map_err(|error| io::Error::other(format!("kept cell {cell}: {error}")))
}

/// A cell that was kept, or else as `measure` makes it, which is kept then.
pub(crate) fn kept<T: Serialize + DeserializeOwned>(
    keep: &dyn Keep,
    cell: &str,
    measure: impl FnOnce() -> T,
) -> io::Result<T> {
    if let Some(found) = load(keep, cell)? {
        return Ok(found);
    }
    let measured = measure();
    keep.save(cell, &serde_json::to_string(&measured)?)?;
    Ok(measured)
}
