//! What an evaluation leaves behind besides its tables: finished cells to go on from, the answers themselves, pictures.

mod answers;
mod cells;
mod plots;

pub use answers::{Dump, save_arrays};
pub use cells::{Cells, CellsError, fingerprint};
pub use plots::plots;

/// A file's name made of any text: what is no letter, digit, dot, underscore or minus becomes a minus.
pub fn slug(text: &str) -> String {
    let plain = |letter: char| if letter.is_alphanumeric() || "._-".contains(letter) { letter } else { '-' };
    let slug: String = text.chars().map(plain).collect();
    slug.trim_matches(['-', '.']).to_owned()
}
