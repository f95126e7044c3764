//! Windows that are the same.

use rustc_hash::FxHashMap;
use std::hash::Hash;

/// The distinct windows in order of appearance, each with the positions at which it occurs.
pub fn clusters<'a, T: Hash + Eq>(windows: impl Iterator<Item = &'a [T]>) -> Vec<(&'a [T], Vec<usize>)> {
    let mut slots: FxHashMap<&[T], usize> = FxHashMap::default();
    let mut found: Vec<(&[T], Vec<usize>)> = Vec::new();
    for (i, window) in windows.enumerate() {
        let slot = *slots.entry(window).or_insert(found.len());
        match found.get_mut(slot) {
            Some((_, members)) => members.push(i),
            None => found.push((window, vec![i])),
        }
    }
    found
}
