//! Where option values come from: defaults < config file < environment < flags.
//!
//! The values of a config file become the defaults of the command's own options. So the parsers that check flags check
//! them too, and no option is known to one source and unknown to another. Every function walks the whole tree of
//! subcommands.

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

/// Options that say where settings come from or what to print, and so are no settings themselves.
const NOT_SETTINGS: [&str; 4] = ["config", "print_config", "help", "version"];

/// Gives every option of every subcommand its environment variable: `TRACEMEND_SEED`, `TRACEMEND_REPAIR_MODEL`,
/// `TRACEMEND_DATASET_BUILD_LENGTH`.
pub(super) fn with_environment(command: Command) -> Command {
    with_environment_under(command, "TRACEMEND")
}

fn with_environment_under(command: Command, prefix: &str) -> Command {
    let mut command = command.mut_args(|arg| environment(arg, prefix));
    for name in subcommand_names(&command) {
        let prefix = variable(prefix, &name);
        command = command.mut_subcommand(name, |sub| with_environment_under(sub, &prefix));
    }
    command
}

/// The environment variable of an option or the prefix of a subcommand: `name` below `prefix`.
pub(super) fn variable(prefix: &str, name: &str) -> String {
    format!("{prefix}_{}", name.replace('-', "_").to_uppercase())
}

fn subcommand_names(command: &Command) -> Vec<String> {
    command.get_subcommands().map(|sub| sub.get_name().to_owned()).collect()
}

fn environment(arg: Arg, prefix: &str) -> Arg {
    let Some(long) = arg.get_long() else {
        return arg;
    };
    if long == "print-config" {
        return arg;
    }
    let variable = variable(prefix, long);
    let arg = arg.env(variable).hide_env(true);
    match arg.get_action() {
        ArgAction::SetTrue => arg.value_parser(FalseyValueParser::new()),
        _ => arg,
    }
}

/// The config file named on the command line or in the environment; found before the real parse, which needs its values.
pub(super) fn config_path(args: &[OsString]) -> Option<PathBuf> {
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

/// Options that the config file sets, each by its path: `["seed"]`, `["dataset", "build", "length"]`.
pub(super) type FromFile = BTreeSet<Vec<String>>;

/// Makes the values of a config file the defaults of `command`.
pub(super) fn with_config(command: Command, path: &Path) -> anyhow::Result<(Command, FromFile)> {
    let shown = path.display();
    let text = fs::read_to_string(path).with_context(|| format!("the config file {shown} cannot be read"))?;
    let table: toml::Table = text
        .parse()
        .with_context(|| format!("the config file {shown} is not valid TOML; correct the line named below"))?;
    let mut from_file = FromFile::new();
    let command = with_table(command, table, &mut Vec::new(), &mut from_file)
        .map_err(|(place, error)| anyhow!("{shown}{place}: {error}"))?;
    Ok((command, from_file))
}

/// Applies a table to the command at `path`: a table within it belongs to a subcommand, every other value to an option.
/// An error comes with the table that it lies in.
fn with_table(
    mut command: Command,
    table: toml::Table,
    path: &mut Vec<String>,
    from_file: &mut FromFile,
) -> Result<Command, (String, anyhow::Error)> {
    let place = if path.is_empty() { String::new() } else { format!(", [{}]", path.join(".")) };
    for (key, value) in table {
        match value {
            toml::Value::Table(inner) => {
                let names = subcommand_names(&command);
                if !names.contains(&key) {
                    return Err((place, anyhow!("no subcommand `{key}`{}", suggestion(&key, &names))));
                }
                path.push(key.clone());
                let mut failure = None;
                command = command.mut_subcommand(key, |sub| {
                    with_table(sub.clone(), inner, path, from_file).unwrap_or_else(|error| {
                        failure = Some(error);
                        sub
                    })
                });
                path.pop();
                if let Some(error) = failure {
                    return Err(error);
                }
            }
            value => {
                let (changed, id) = with_default(command, &key, &value).map_err(|error| (place.clone(), error))?;
                command = changed;
                from_file.insert(path.iter().cloned().chain([id]).collect());
            }
        }
    }
    Ok(command)
}

/// Makes `value` the default of the option called `key`; also returns the option's id.
fn with_default(command: Command, key: &str, value: &toml::Value) -> anyhow::Result<(Command, String)> {
    let name = key.replace('_', "-");
    let settings: Vec<&Arg> = command
        .get_arguments()
        .filter(|arg| arg.get_long().is_some() && !NOT_SETTINGS.contains(&arg.get_id().as_str()))
        .collect();
    let named = |arg: &&&Arg| {
        let aliases = arg.get_all_aliases().unwrap_or_default();
        arg.get_long() == Some(name.as_str()) || aliases.contains(&name.as_str())
    };
    let Some(id) = settings.iter().find(named).map(|arg| arg.get_id().to_string()) else {
        if settings.is_empty() {
            let subs = subcommand_names(&command);
            bail!(
                "unknown key `{key}`: the options belong into the tables of its subcommands; known here: {}",
                subs.join(", ")
            );
        }
        let known: Vec<String> = settings.iter().filter_map(|arg| Some(arg.get_long()?.replace('-', "_"))).collect();
        bail!("unknown key `{key}`{}", suggestion(key, &known));
    };
    let values = match value {
        toml::Value::Array(items) => items.iter().map(plain).collect::<anyhow::Result<Vec<_>>>(),
        value => plain(value).map(|value| vec![value]),
    }
    .map_err(|error| anyhow!("key `{key}`: {error}"))?;
    Ok((command.mut_arg(&id, |arg| arg.default_values(values).required(false)), id))
}

fn plain(value: &toml::Value) -> anyhow::Result<OsStr> {
    Ok(match value {
        toml::Value::String(text) => text.clone().into(),
        toml::Value::Integer(number) => number.to_string().into(),
        toml::Value::Float(number) => number.to_string().into(),
        toml::Value::Boolean(flag) => flag.to_string().into(),
        _ => bail!("the value must be a string, a number, true or false, not `{value}`"),
    })
}

/// `; did you mean …?`, or all known names where none is similar.
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

/// The options in force as TOML, each with the source of its value.
pub(super) fn printed(command: &Command, matches: &ArgMatches, from_file: &FromFile) -> String {
    let mut path = Vec::new();
    let (mut command, mut matches) = (command, matches);
    let mut text = section(&path, command, matches, from_file);
    while let Some((name, inner)) = matches.subcommand()
        && let Some(sub) = command.find_subcommand(name)
    {
        path.push(name.to_owned());
        (command, matches) = (sub, inner);
        let options = section(&path, command, matches, from_file);
        if !options.is_empty() {
            text.push_str(&format!("\n[{}]\n{options}", path.join(".")));
        }
    }
    text
}

fn section(path: &[String], command: &Command, matches: &ArgMatches, from_file: &FromFile) -> String {
    let mut text = String::new();
    for arg in command.get_arguments() {
        let id = arg.get_id().as_str();
        let inherited = !path.is_empty() && arg.is_global_set();
        let Some(long) = arg.get_long().filter(|_| !inherited && !NOT_SETTINGS.contains(&id)) else {
            continue;
        };
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
            _ if from_file.contains(&[path, &[id.to_owned()]].concat()) => "file",
            _ => "default",
        };
        let key = long.replace('-', "_");
        text.push_str(&format!("{key} = {value}  # {origin}\n"));
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
