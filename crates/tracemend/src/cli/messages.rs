//! Messages on stderr: errors, warnings, notes.

use anstyle::{AnsiColor, Style};
use clap::ValueEnum;
use std::{
    io::{self, IsTerminal, Write},
    sync::atomic::{AtomicU8, Ordering},
};

/// The choice of `--color`. 0: by terminal and `NO_COLOR`; 1: always; 2: never.
static COLOR: AtomicU8 = AtomicU8::new(0);

/// When to colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ColorChoice {
    /// On a terminal, unless NO_COLOR is set.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// Stores the choice of `--color`.
pub(crate) fn set_color(choice: ColorChoice) {
    COLOR.store(choice as u8, Ordering::Relaxed);
}

/// Whether to colour text on an output, given whether it is a terminal.
pub(crate) fn colored(terminal: bool) -> bool {
    match COLOR.load(Ordering::Relaxed) {
        1 => true,
        2 => false,
        _ => terminal && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty()),
    }
}

/// Prints an error with its causes; the error itself says what to do next.
pub(crate) fn error(error: &anyhow::Error) {
    say("error", AnsiColor::Red, &error_text(error));
}

/// Prints something that the user should act on.
pub(crate) fn warning(text: &str) {
    say("warning", AnsiColor::Yellow, text);
}

/// Prints something worth knowing.
pub(crate) fn note(text: &str) {
    say("", AnsiColor::Green, text);
}

/// Whether the error comes from writing to a pipe whose reader is gone.
pub(crate) fn is_closed_pipe(error: &anyhow::Error) -> bool {
    error
        .chain()
        .any(|cause| cause.downcast_ref::<io::Error>().is_some_and(|cause| cause.kind() == io::ErrorKind::BrokenPipe))
}

/// Options of the reader, which are global flags here.
const READER_OPTIONS: [&str; 4] = ["format", "warnings", "arch", "max-memory"];

/// Prints an error that does not end the work.
pub(crate) fn error_line(text: &str) {
    say("error", AnsiColor::Red, text);
}

/// An error with its causes, one to a line, in the words of the command line.
pub(crate) fn error_text(error: &anyhow::Error) -> String {
    let mut text = error.to_string();
    let mut last = text.clone();
    for cause in error.chain().skip(1) {
        let cause = cause.to_string();
        // Some errors include their cause in their own text.
        if !last.contains(&cause) {
            text.push_str(&format!("\n  caused by: {cause}"));
        }
        last = cause;
    }
    with_flags(&text)
}

/// The text with the reader's options named as flags: "the option `format`" is `--format` to who typed a command.
fn with_flags(text: &str) -> String {
    READER_OPTIONS
        .iter()
        .fold(text.to_owned(), |text, option| text.replace(&format!("the option `{option}`"), &format!("--{option}")))
}

fn say(label: &str, color: AnsiColor, text: &str) {
    let text = with_flags(text);
    let mut stderr = io::stderr().lock();
    // Without stderr there is no place for the message.
    let _ = match (label, colored(stderr.is_terminal())) {
        ("", _) => writeln!(stderr, "{text}"),
        (_, false) => writeln!(stderr, "{label}: {text}"),
        (_, true) => {
            let style = Style::new().bold().fg_color(Some(color.into()));
            writeln!(stderr, "{style}{label}:{style:#} {text}")
        }
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_of_the_reader_are_named_as_flags() {
        let text = "not a trace. Name its format with the option `format`; the option `other` stays";
        assert_eq!(with_flags(text), "not a trace. Name its format with --format; the option `other` stays");
    }
}
