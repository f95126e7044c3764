//! Windows of one length, side by side, as the networks take them.

use crate::window::imputer::{Side, Window};

/// `B` windows of `L` positions each, window by window.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Batch {
    /// `L`
    pub length: usize,
    /// `[B * L]` token ids; meaningless where missing in a window to fill, the truth in one to train on.
    pub tokens: Vec<u32>,
    /// `[B * L]` true where observed, false where missing.
    pub observed: Vec<bool>,
    /// `[B * L]` what else is known, missing positions included.
    pub side: Vec<Side>,
}

impl Batch {
    /// Windows that all have the length of the first; what a window does not say of its positions is unknown.
    pub(crate) fn new(windows: &[Window<'_>]) -> Self {
        let mut batch = Self::default();
        windows.iter().for_each(|&window| batch.push(window));
        batch
    }

    /// Adds a window, of the length of those that are there.
    pub(crate) fn push(&mut self, window: Window<'_>) {
        debug_assert!(self.tokens.is_empty() || self.length == window.tokens.len());
        self.length = window.tokens.len();
        self.tokens.extend(window.tokens);
        self.observed.extend(window.observed);
        self.side.extend(window.side);
        self.side.resize(self.tokens.len(), Side::default());
    }

    /// `B`
    pub(crate) fn windows(&self) -> usize {
        self.tokens.len().checked_div(self.length).unwrap_or(0)
    }

    /// The places of all missing positions in `tokens`, in order.
    pub(crate) fn missing(&self) -> Vec<usize> {
        (0..self.observed.len()).filter(|&at| !self.observed[at]).collect()
    }

    /// Rows of `width` numbers, one for each missing position, divided among the windows.
    pub(super) fn rows(&self, rows: &[f32], width: usize) -> Vec<Vec<f32>> {
        let mut divided = vec![Vec::new(); self.windows()];
        for (place, row) in self.missing().into_iter().zip(rows.chunks_exact(width.max(1))) {
            divided[place / self.length].extend(row);
        }
        divided
    }

    /// One window of the batch.
    pub(crate) fn window(&self, number: usize) -> Window<'_> {
        let range = number * self.length..(number + 1) * self.length;
        Window { tokens: &self.tokens[range.clone()], observed: &self.observed[range.clone()], side: &self.side[range] }
    }
}

/// Applies `fill` to groups of windows of equal length, at most `most` in each; answers come in the windows' order.
pub(super) fn by_length<T>(windows: &[Window<'_>], max: usize, mut fill: impl FnMut(&Batch) -> Vec<T>) -> Vec<T> {
    let mut order: Vec<usize> = (0..windows.len()).collect();
    order.sort_by_key(|&number| windows[number].tokens.len());
    let mut answers: Vec<(usize, T)> = Vec::with_capacity(windows.len());
    for group in order.chunk_by(|&a, &b| windows[a].tokens.len() == windows[b].tokens.len()) {
        for group in group.chunks(max.max(1)) {
            let batch = Batch::new(&group.iter().map(|&number| windows[number]).collect::<Vec<_>>());
            answers.extend(group.iter().copied().zip(fill(&batch)));
        }
    }
    answers.sort_by_key(|(number, _)| *number);
    answers.into_iter().map(|(_, answer)| answer).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_go_to_the_windows_that_miss_them() {
        let observed = [[true, false], [true, true], [false, false]];
        let windows: Vec<Window<'_>> = observed.iter().map(|observed| Window::new(&[7, 8], observed)).collect();
        let rows = Batch::new(&windows).rows(&[0.0, 1.0, 2.0, 3.0, 4.0, 5.0], 2);
        assert_eq!(rows, [vec![0.0, 1.0], vec![], vec![2.0, 3.0, 4.0, 5.0]]);
    }

    #[test]
    fn windows_of_different_lengths_come_back_in_their_order() {
        let observed = [true; 5];
        let tokens = [1, 2, 3, 4, 5];
        let windows: Vec<Window<'_>> =
            [3, 5, 3, 1, 3].iter().map(|&length| Window::new(&tokens[..length], &observed[..length])).collect();
        let mut groups = Vec::new();
        let answers = by_length(&windows, 2, |batch| {
            groups.push((batch.windows(), batch.length));
            (0..batch.windows()).map(|number| batch.window(number).tokens.len()).collect()
        });
        assert_eq!(answers, [3, 5, 3, 1, 3]);
        assert_eq!(groups, [(1, 1), (2, 3), (1, 3), (1, 5)]);
    }
}
