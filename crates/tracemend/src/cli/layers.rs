//! Where option values come from: defaults < config file < environment < flags.
//!
//! The config file's values become the defaults of the command's own options, so that they are checked by the very
//! parsers that check flags, and an option can never be known to one layer and unknown to another.

use anyhow::{Context as _, anyhow, bail};
use clap::{
    Arg, ArgAction, ArgMatches, Command,
    builder::{FalseyValueParser, OsStr},
    parser::ValueSource,
};
use std::{
    collections::BTreeSet,
    ffi::OsString,
    fs,
    path::{Path, PathBuf},
};

/// Options that steer the layers themselves and so belong into none.
const NOT_SETTINGS: [&str; 4] = ["config", "print_config", "help", "version"];

/// Gives every option its environment variable: `TRACEMEND_SEED`, `TRACEMEND_REPAIR_MODEL`.
pub fn with_environment(command: Command) -> Command {
    let names: Vec<String> = command.get_subcommands().map(|sub| sub.get_name().to_owned()).collect();
    let mut command = command.mut_args(|arg| environment(arg, "TRACEMEND"));
    for name in names {
        let prefix = format!("TRACEMEND_{}", name.to_uppercase());
        command = command.mut_subcommand(name, |sub| sub.mut_args(|arg| environment(arg, &prefix)));
    }
    command
}

fn environment(arg: Arg, prefix: &str) -> Arg {
    let Some(long) = arg.get_long() else {
        return arg;
    };
    if long == "print-config" {
        return arg;
    }
    let variable = format!("{prefix}_{}", long.replace('-', "_").to_uppercase());
    let arg = arg.env(variable).hide_env(true);
    match arg.get_action() {
        ArgAction::SetTrue => arg.value_parser(FalseyValueParser::new()),
        _ => arg,
    }
}

/// The config file named on the command line or in the environment. Read before the real parse, which needs its values.
pub fn config_path(args: &[OsString]) -> Option<PathBuf> {
    let mut args = args.iter();
    while let Some(arg) = args.next() {
        if arg == "--" {
            break;
        }
        if arg == "--config" {
            return args.next().map(PathBuf::from);
        }
        if let Some(path) = arg.to_str().and_then(|arg| arg.strip_prefix("--config=")) {
            return Some(path.into());
        }
    }
    std::env::var_os("TRACEMEND_CONFIG").map(PathBuf::from)
}

/// Options set by the config file: subcommand (empty for global ones) and option.
pub type FromFile = BTreeSet<(String, String)>;

/// Makes the values of a config file the defaults of `command`.
pub fn with_config(command: Command, path: &Path) -> anyhow::Result<(Command, FromFile)> {
    let shown = path.display();
    let text = fs::read_to_string(path).with_context(|| format!("the config file {shown} cannot be read"))?;
    let table: toml::Table = text
        .parse()
        .with_context(|| format!("the config file {shown} is not valid TOML; correct the line named below"))?;
    let mut command = command;
    let mut from_file = FromFile::new();
    for (key, value) in table {
        if let toml::Value::Table(options) = &value {
            from_file.extend(options.keys().map(|option| (key.clone(), option.replace('-', "_"))));
        } else {
            from_file.insert((String::new(), key.replace('-', "_")));
        }
        command = match value {
            toml::Value::Table(options) => {
                let names: Vec<String> = command.get_subcommands().map(|sub| sub.get_name().to_owned()).collect();
                if !names.contains(&key) {
                    bail!("{shown}: no subcommand `{key}`{}", suggestion(&key, &names));
                }
                let mut failure = None;
                let command = command.mut_subcommand(&key, |mut sub| {
                    for (option, value) in options {
                        match set_default(sub.clone(), &option, &value) {
                            Ok(changed) => sub = changed,
                            Err(error) => failure = failure.take().or(Some(error)),
                        }
                    }
                    sub
                });
                match failure {
                    Some(error) => return Err(anyhow!("{shown}, [{key}]: {error}")),
                    None => command,
                }
            }
            value => set_default(command, &key, &value).map_err(|error| anyhow!("{shown}: {error}"))?,
        };
    }
    Ok((command, from_file))
}

fn set_default(command: Command, key: &str, value: &toml::Value) -> anyhow::Result<Command> {
    let id = key.replace('-', "_");
    let known: Vec<String> = command
        .get_arguments()
        .filter(|arg| arg.get_long().is_some() && !NOT_SETTINGS.contains(&arg.get_id().as_str()))
        .map(|arg| arg.get_id().to_string())
        .collect();
    if !known.contains(&id) {
        bail!("unknown key `{key}`{}", suggestion(&id, &known));
    }
    let values = match value {
        toml::Value::Array(items) => items.iter().map(plain).collect::<anyhow::Result<Vec<_>>>(),
        value => plain(value).map(|value| vec![value]),
    }
    .map_err(|error| anyhow!("key `{key}`: {error}"))?;
    Ok(command.mut_arg(id, |arg| arg.default_values(values).required(false)))
}

fn plain(value: &toml::Value) -> anyhow::Result<OsStr> {
    Ok(match value {
        toml::Value::String(text) => text.clone().into(),
        toml::Value::Integer(number) => number.to_string().into(),
        toml::Value::Float(number) => number.to_string().into(),
        toml::Value::Boolean(flag) => flag.to_string().into(),
        _ => bail!("a string, a number, true or false is wanted, not `{value}`"),
    })
}

/// `; did you mean …?`, or all that is known where nothing is near.
fn suggestion(word: &str, known: &[String]) -> String {
    let nearest = known
        .iter()
        .map(|name| (strsim::jaro_winkler(word, name), name))
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .filter(|(likeness, _)| *likeness > 0.7);
    match nearest {
        Some((_, name)) => format!("; did you mean `{name}`?"),
        None => format!("; known here: {}", known.join(", ")),
    }
}

/// The options in force as TOML, each with the layer it comes from.
pub fn printed(command: &Command, matches: &ArgMatches, from_file: &FromFile) -> String {
    let mut text = section("", command, matches, from_file);
    if let Some((name, sub_matches)) = matches.subcommand()
        && let Some(sub) = command.find_subcommand(name)
    {
        let options = section(name, sub, sub_matches, from_file);
        if !options.is_empty() {
            text.push_str(&format!("\n[{name}]\n{options}"));
        }
    }
    text
}

fn section(name: &str, command: &Command, matches: &ArgMatches, from_file: &FromFile) -> String {
    let mut text = String::new();
    for arg in command.get_arguments() {
        let id = arg.get_id().as_str();
        let inherited = !name.is_empty() && arg.is_global_set();
        if arg.get_long().is_none() || inherited || NOT_SETTINGS.contains(&id) {
            continue;
        }
        let Ok(Some(values)) = matches.try_get_raw(id) else {
            continue;
        };
        let values: Vec<String> = values.map(|value| toml_text(&value.to_string_lossy())).collect();
        let value = match (values.as_slice(), matches!(arg.get_action(), ArgAction::Append)) {
            ([one], false) => one.clone(),
            (many, _) => format!("[{}]", many.join(", ")),
        };
        let origin = match matches.value_source(id) {
            Some(ValueSource::CommandLine) => "flag",
            Some(ValueSource::EnvVariable) => "environment",
            _ if from_file.contains(&(name.to_owned(), id.to_owned())) => "file",
            _ => "default",
        };
        text.push_str(&format!("{id} = {value}  # {origin}\n"));
    }
    text
}

fn toml_text(value: &str) -> String {
    let bare = value.parse::<i64>().is_ok() || value.parse::<f64>().is_ok_and(f64::is_finite);
    if bare || value == "true" || value == "false" {
        value.to_owned()
    } else {
        toml::Value::String(value.to_owned()).to_string()
    }
}
