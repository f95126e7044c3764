//! Progress on stderr: a bar on a terminal, JSON lines on request, otherwise nothing.

use super::globals::{Globals, ProgressChoice};
use indicatif::{ProgressBar, ProgressStyle};
use std::io::{self, IsTerminal, Write};

/// Shows how far some work is.
pub(super) struct Progress {
    shown: Shown,
    what: &'static str,
}

enum Shown {
    Bar(ProgressBar),
    /// The last percentage written.
    Json(Option<u64>),
    Nothing,
}

impl Progress {
    /// Begins to show the progress of `what`, as the options ask.
    pub(super) fn new(globals: &Globals, what: &'static str) -> Self {
        let shown = match globals.progress {
            ProgressChoice::Json => Shown::Json(None),
            ProgressChoice::Auto if !globals.quiet && io::stderr().is_terminal() => {
                let bar = ProgressBar::new(0);
                if let Ok(style) = ProgressStyle::with_template("{msg} [{bar:40}] {pos} of {len}, {eta} left") {
                    bar.set_style(style);
                }
                bar.set_message(what);
                Shown::Bar(bar)
            }
            _ => Shown::Nothing,
        };
        Self { shown, what }
    }

    /// Shows that `done` of `total` units are done.
    pub(super) fn set(&mut self, done: u64, total: u64) {
        match &mut self.shown {
            Shown::Bar(bar) => {
                bar.set_length(total);
                bar.set_position(done);
            }
            Shown::Json(last) => {
                let percent = done.saturating_mul(100) / total.max(1);
                if last.is_none_or(|last| percent != last) {
                    *last = Some(percent);
                    let data = serde_json::json!({ "what": self.what, "done": done, "total": total });
                    let row = serde_json::json!({ "type": "progress", "data": data });
                    // Without stderr there is no place to show progress.
                    let _ = writeln!(io::stderr(), "{row}");
                }
            }
            Shown::Nothing => {}
        }
    }

    /// Changes the text next to the bar.
    #[cfg(feature = "nets")]
    pub(super) fn say(&mut self, text: &str) {
        if let Shown::Bar(bar) = &self.shown {
            bar.set_message(text.to_owned());
        }
    }

    /// Removes the bar, before anything else is printed.
    pub(super) fn finish(self) {
        if let Shown::Bar(bar) = self.shown {
            bar.finish_and_clear();
        }
    }
}
