//! Names of files.

/// Makes a file name of any text: all but letters, digits, dots, underscores and minuses becomes a minus.
pub(super) fn slug(text: &str) -> String {
    let plain = |letter: char| if letter.is_alphanumeric() || "._-".contains(letter) { letter } else { '-' };
    let slug: String = text.chars().map(plain).collect();
    slug.trim_matches(['-', '.']).to_owned()
}
