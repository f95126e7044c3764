//! The interface of everything that fills masked positions of a flat token window.

/// A window with holes. `L` = window length.
#[derive(Clone, Copy, Debug)]
pub struct Window<'a> {
    /// `[L]` token ids; what stands at a missing position is meaningless and must not be read.
    pub tokens: &'a [u32],
    /// `[L]` true where observed, false where missing.
    pub observed: &'a [bool],
}

/// A filled window.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Imputation {
    /// `[L]` tokens: observed ones as given, missing ones by the joint best guess.
    pub tokens: Vec<u32>,
    /// `[L]` per position the likeliest tokens with their probabilities, best first; empty where observed.
    pub alternatives: Vec<Vec<(u32, f32)>>,
}

/// Fills the missing positions of windows.
pub trait Imputer: Sync {
    /// The method's name in result tables.
    fn name(&self) -> &str;

    /// Fills one window. The same window always gets the same answer.
    fn impute(&self, window: Window<'_>) -> Imputation;
}
