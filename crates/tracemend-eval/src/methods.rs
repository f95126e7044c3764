//! Names of methods in result tables. A name is one algorithm.

use crate::error::Error;

/// Stands for the method in rows that describe the data themselves.
pub(crate) const NO_METHOD: &str = "-";
/// The repair engine ([`tracemend_repair`]).
pub const ENGINE: &str = "engine";
/// The imputer of flat windows that looks contexts up ([`tracemend_impute::window::ppm`]).
pub const PPM: &str = "ppm";
/// The fillings of [`PPM`], scored again by the time that gaps took and what calls returned.
pub(crate) const PPM_RESCORED: &str = "ppm-rescored";

/// The methods asked for, in that order, or all known ones where none is asked for.
pub(crate) fn chosen(asked: &[String], known: &[&'static str]) -> Result<Vec<&'static str>, Error> {
    if asked.is_empty() {
        return Ok(known.to_vec());
    }
    let find = |method: &String| {
        let unknown = || Error::UnknownMethod { method: method.clone(), known: known.join(", ") };
        known.iter().copied().find(|name| name == method).ok_or_else(unknown)
    };
    asked.iter().map(find).collect()
}
