//! Measurements of before, so that an interrupted evaluation goes on where it was.

use serde::Serialize;
use serde::de::DeserializeOwned;
use std::io;

/// A store of finished measurements. A measurement is all that is measured in one go: a method on all gaps of one length,
/// for example.
pub trait Cache: Sync {
    /// Returns the text stored under this name, if any.
    ///
    /// # Errors
    /// When there is a text that cannot be read.
    fn load(&self, name: &str) -> io::Result<Option<String>>;

    /// Stores `text` under this name, wholly or not at all.
    ///
    /// # Errors
    /// When it cannot be written.
    fn save(&self, name: &str, text: &str) -> io::Result<()>;
}

/// A cache that stores nothing.
impl Cache for () {
    fn load(&self, _: &str) -> io::Result<Option<String>> {
        Ok(None)
    }

    fn save(&self, _: &str, _: &str) -> io::Result<()> {
        Ok(())
    }
}

/// Reads a measurement from the cache. It equals what was stored bit for bit, so the output does not depend on the cache.
pub(crate) fn load<T: DeserializeOwned>(cache: &dyn Cache, name: &str) -> io::Result<Option<T>> {
    let Some(text) = cache.load(name)? else { return Ok(None) };
    let damaged = |error| io::Error::other(format!("the cached measurement {name} is damaged: {error}"));
    serde_json::from_str(&text).map(Some).map_err(damaged)
}

/// Returns the cached measurement of this name, or measures and caches it.
pub(crate) fn cached<T: Serialize + DeserializeOwned>(
    cache: &dyn Cache,
    name: &str,
    measure: impl FnOnce() -> T,
) -> io::Result<T> {
    if let Some(found) = load(cache, name)? {
        return Ok(found);
    }
    let measured = measure();
    cache.save(name, &serde_json::to_string(&measured)?)?;
    Ok(measured)
}
