//! What the networks' answers have in common.

/// Alternatives that an answer lists.
pub(super) const ALTERNATIVES: usize = 5;

/// The token with the highest score of a row, the first of equals, and that score.
pub(super) fn argmax(row: &[f32]) -> (u32, f32) {
    let mut best = (0, f32::NEG_INFINITY);
    for (token, &score) in row.iter().enumerate() {
        if score > best.1 {
            best = (token as u32, score);
        }
    }
    best
}
