//! The older way to name a protocol: `evaluate --protocol NAME …` for `evaluate NAME …`.

use clap::{Arg, Command};
use std::ffi::OsString;

/// Rewrites `evaluate --protocol NAME` to `evaluate NAME` before clap sees the arguments; all others stay as they are.
/// `command` is the whole command. Names that it does not know stay too, so that clap says which there are.
pub(super) fn with_subcommand(mut args: Vec<OsString>, command: &Command) -> Vec<OsString> {
    let Some(evaluate) = subcommand(&args, command).filter(|&at| args[at] == "evaluate") else { return args };
    let is_protocol = |name: &OsString| {
        let evaluate = command.find_subcommand("evaluate");
        evaluate.is_some_and(|evaluate| evaluate.get_subcommands().any(|protocol| name == protocol.get_name()))
    };
    let end = args.iter().position(|arg| arg == "--").unwrap_or(args.len());
    for at in evaluate + 1..end {
        let Some(text) = args[at].to_str() else { continue };
        let (name, length): (OsString, usize) = match text.strip_prefix("--protocol=") {
            Some(name) => (name.into(), 1),
            None if text == "--protocol" && at + 1 < end => (args[at + 1].clone(), 2),
            None => continue,
        };
        if is_protocol(&name) {
            args.drain(at..at + length);
            args.insert(evaluate + 1, name);
        }
        break;
    }
    args
}

/// The place of the subcommand: the first argument that is neither an option nor an option's value.
fn subcommand(args: &[OsString], command: &Command) -> Option<usize> {
    let takes_value = |text: &str| {
        let is_named = |arg: &&Arg| {
            let long = text
                .strip_prefix("--")
                .is_some_and(|name| arg.get_long_and_visible_aliases().is_some_and(|all| all.contains(&name)));
            long || text
                .strip_prefix('-')
                .is_some_and(|name| arg.get_short().is_some_and(|short| name == short.to_string()))
        };
        command.get_arguments().find(is_named).is_some_and(|arg| arg.get_action().takes_values())
    };
    let mut at = 1;
    while let Some(arg) = args.get(at) {
        match arg.to_str() {
            Some("--") => return None,
            Some(text) if text.starts_with('-') => at += if takes_value(text) { 2 } else { 1 },
            _ => return Some(at),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rewritten(text: &str) -> String {
        let command = Command::new("tracemend")
            .arg(Arg::new("seed").long("seed").num_args(1))
            .arg(Arg::new("json").long("json").action(clap::ArgAction::SetTrue))
            .subcommand(Command::new("evaluate").subcommands(["burst", "self", "truth"].map(Command::new)));
        let args = text.split(' ').map(OsString::from).collect();
        with_subcommand(args, &command).join(" ".as_ref()).into_string().expect("text")
    }

    #[test]
    fn the_option_becomes_the_subcommand_wherever_it_stands() {
        assert_eq!(rewritten("tracemend evaluate --protocol burst --gaps 3"), "tracemend evaluate burst --gaps 3");
        assert_eq!(
            rewritten("tracemend --json evaluate --gaps 3 --protocol=self"),
            "tracemend --json evaluate self --gaps 3"
        );
        assert_eq!(rewritten("tracemend --seed 7 evaluate --protocol truth"), "tracemend --seed 7 evaluate truth");
    }

    #[test]
    fn everything_else_stays() {
        for same in [
            "tracemend evaluate burst --gaps 3",
            "tracemend repair --protocol burst",
            "tracemend repair evaluate --protocol burst",
            "tracemend --seed evaluate gaps --protocol burst",
            "tracemend evaluate --protocol",
            "tracemend evaluate --protocol nope",
            "tracemend evaluate -- --protocol burst",
            "tracemend",
        ] {
            assert_eq!(rewritten(same), same);
        }
    }
}
