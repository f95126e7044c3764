//! Layers of option values, help, completions, manual pages, the generated reference.

mod support;

use insta::assert_snapshot;
use support::{root, run, shown, stdout, tracemend};

const SETTINGS: &str = "crates/tracemend/tests/fixtures/succeed/settings.toml";

#[test]
fn the_config_file_stands_between_defaults_and_environment() {
    let args = ["--config", SETTINGS, "--print-config", "repair", "trace", "--samples", "2"];
    let output = tracemend(&args).env("TRACEMEND_THREADS", "2").output().expect("the command starts");
    assert_snapshot!(shown(&output));
}

#[test]
fn flags_win_over_environment_and_environment_over_file() {
    let seed = |environment: Option<&str>, flag: Option<&str>| {
        let mut args = vec!["--config", SETTINGS, "--print-config", "info", "trace"];
        args.extend(flag.iter().flat_map(|seed| ["--seed", seed]));
        let mut command = tracemend(&args);
        if let Some(seed) = environment {
            command.env("TRACEMEND_SEED", seed);
        }
        let output = command.output().expect("the command starts");
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        text.lines().find(|line| line.starts_with("seed")).map(str::to_owned).unwrap_or_default()
    };
    assert_eq!(seed(None, None), "seed = 7  # file");
    assert_eq!(seed(Some("8"), None), "seed = 8  # environment");
    assert_eq!(seed(Some("8"), Some("9")), "seed = 9  # flag");
}

#[test]
fn a_misspelt_key_is_an_error_with_a_suggestion() {
    assert_snapshot!(shown(&run(&["--config", "crates/tracemend/tests/fixtures/fail/misspelt.toml", "info", "trace"])));
}

#[test]
fn a_value_of_the_wrong_type_is_an_error() {
    let config = "crates/tracemend/tests/fixtures/fail/wrong_type.toml";
    assert_snapshot!(shown(&run(&["--config", config, "info", "trace"])));
}

#[test]
fn a_flag_in_the_environment_can_be_false() {
    let small = "crates/tracemend/tests/fixtures/succeed/small_lost.txt";
    let first_byte = |value: &str| {
        let output = tracemend(&["gaps", small]).env("TRACEMEND_JSON", value).output().expect("the command starts");
        output.stdout.first().copied()
    };
    assert_eq!(first_byte("1"), Some(b'{'));
    assert_eq!(first_byte("0"), Some(b' '));
}

#[test]
fn an_unknown_subcommand_is_an_error() {
    assert_snapshot!(shown(&run(&["mend"])));
}

#[test]
#[cfg_attr(not(feature = "eval"), ignore = "a build without `eval` lacks subcommands that are documented")]
fn help_names_every_subcommand_and_the_exit_codes() {
    assert_snapshot!(stdout(&["--help"]));
}

#[test]
fn completions_know_the_subcommands() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = stdout(&["completions", shell]);
        assert!(script.contains("repair") && script.contains("fail-on-loss"), "{shell}");
    }
}

#[test]
fn every_subcommand_has_a_manual_page() {
    let folder = tempfile::tempdir().expect("temporary folder");
    stdout(&["man", folder.path().to_str().expect("a path of text")]);
    for page in ["tracemend", "tracemend-info", "tracemend-gaps", "tracemend-repair", "tracemend-train"] {
        let path = folder.path().join(format!("{page}.1"));
        assert!(path.is_file(), "{page}");
    }
    assert!(stdout(&["man"]).contains(".TH tracemend 1"));
}

#[test]
#[cfg_attr(not(feature = "eval"), ignore = "a build without `eval` lacks subcommands that are documented")]
fn the_reference_in_docs_is_the_one_generated() {
    let generated = stdout(&["reference"]);
    let path = root().join("docs/cli.md");
    let written = std::fs::read_to_string(&path).unwrap_or_default();
    // Asked for by `just docs`; a plain test run only compares.
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::create_dir_all(root().join("docs")).expect("the folder can be made");
        std::fs::write(&path, &generated).expect("the reference can be written");
    } else {
        assert!(written == generated, "docs/cli.md is out of date; run `just docs`");
    }
}

/// Compares what a command writes with what is packaged, or packages it where `just docs` asks for it.
fn packaged(name: &str, generated: &[u8], fault: &mut Vec<String>) {
    let path = root().join("docs").join(name);
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("the folder can be made");
        std::fs::write(&path, generated).expect("the file can be written");
    } else if std::fs::read(&path).unwrap_or_default() != generated {
        fault.push(name.to_owned());
    }
}

#[test]
#[cfg_attr(not(feature = "eval"), ignore = "a build without `eval` lacks subcommands that are documented")]
fn the_packaged_manual_pages_and_completions_are_those_generated() {
    let folder = tempfile::tempdir().expect("temporary folder");
    stdout(&["man", folder.path().to_str().expect("a path of text")]);
    let mut fault = Vec::new();
    for page in std::fs::read_dir(folder.path()).expect("readable") {
        let page = page.expect("a page");
        let name = format!("man/{}", page.file_name().to_string_lossy());
        packaged(&name, &std::fs::read(page.path()).expect("readable"), &mut fault);
    }
    for (shell, name) in [("bash", "tracemend.bash"), ("zsh", "_tracemend"), ("fish", "tracemend.fish")] {
        packaged(&format!("completions/{name}"), stdout(&["completions", shell]).as_bytes(), &mut fault);
    }
    assert!(fault.is_empty(), "out of date in docs: {fault:?}; run `just docs`");
}

/// The tree of subcommands and options as the help texts show it, which `reference` and the settings are compared with.
mod help {
    use super::support::{run, shown, stdout};

    /// An option as its help names it.
    pub(crate) struct Named {
        pub name: String,
        pub takes_value: bool,
    }

    /// What the help of one subcommand shows.
    pub(crate) struct Task {
        /// Its words, such as `dataset` and `build`.
        pub path: Vec<String>,
        /// The options of its own, without the global ones.
        pub options: Vec<Named>,
        /// Words that make its command line complete: its path, its arguments, its required options.
        pub line: Vec<String>,
    }

    /// Every command that has options of its own or no subcommand below it.
    pub(crate) fn tasks() -> Vec<Task> {
        let mut tasks = Vec::new();
        collect(&mut Vec::new(), &mut tasks);
        tasks
    }

    /// The options that every subcommand takes.
    pub(crate) fn globals() -> Vec<Named> {
        options(&section(&stdout(&["info", "--help"]), "Global options:"))
    }

    fn collect(path: &mut Vec<String>, tasks: &mut Vec<Task>) {
        let mut words: Vec<&str> = path.iter().map(String::as_str).collect();
        words.push("--help");
        let output = run(&words);
        assert_eq!(output.status.code(), Some(0), "{}", shown(&output));
        let text = String::from_utf8(output.stdout).expect("help is text");
        let below: Vec<String> =
            section(&text, "Commands:").iter().filter_map(|line| Some(entry(line)?.to_owned())).collect();
        let options = options(&section(&text, "Options:"));
        if !path.is_empty() && (below.is_empty() || !options.is_empty()) {
            let line = path.iter().cloned().chain(required(&text)).collect();
            tasks.push(Task { path: path.clone(), options, line });
        }
        for name in below {
            path.push(name);
            collect(path, tasks);
            path.pop();
        }
    }

    /// The lines below a heading, to the next line that is not indented.
    fn section(text: &str, heading: &str) -> Vec<String> {
        let below = text.lines().skip_while(|line| *line != heading).skip(1);
        below.take_while(|line| line.is_empty() || line.starts_with(' ')).map(str::to_owned).collect()
    }

    /// The first word of a line that begins an entry; help texts are indented further.
    fn entry(line: &str) -> Option<&str> {
        let indent = line.len() - line.trim_start().len();
        if (1..=6).contains(&indent) { line.split_whitespace().next() } else { None }
    }

    fn options(lines: &[String]) -> Vec<Named> {
        let mut options = Vec::new();
        for line in lines.iter().filter(|line| entry(line).is_some_and(|word| word.starts_with('-'))) {
            let name =
                line.split([' ', ',']).find_map(|word| word.strip_prefix("--")).expect("options have long names");
            let takes_value = line.contains('<');
            if !["help", "version"].contains(&name) {
                options.push(Named { name: name.to_owned(), takes_value });
            }
        }
        options
    }

    /// Arguments and required options of a usage line, with values that are accepted.
    fn required(text: &str) -> Vec<String> {
        let usage = text.lines().find(|line| line.starts_with("Usage:")).expect("help shows the usage");
        let wanted = usage.split_whitespace().filter(|word| !word.contains("OPTIONS") && !word.contains("COMMAND"));
        let mut words = Vec::new();
        let mut flag = None;
        for word in wanted.skip_while(|word| !word.starts_with(['[', '<', '-'])) {
            if word.starts_with("--") {
                words.push(word.to_owned());
                flag = Some(word);
            } else {
                let name = word.trim_end_matches('.').trim_matches(['[', ']', '<', '>']);
                words.push(first_value(text, flag.take().unwrap_or(name)));
            }
        }
        words
    }

    /// The first value that the help lists for an option or an argument, or any text.
    fn first_value(text: &str, name: &str) -> String {
        let begins = |line: &&str| entry(line).is_some() && line.contains(name);
        let mut lines = text.lines().skip_while(|line| !line.starts_with(' ')).skip_while(|line| !begins(line));
        let own = lines.next().into_iter().chain(lines.take_while(|line| entry(line).is_none()));
        let own = own.collect::<Vec<_>>().join(" ");
        let listed = own.split_once("ossible values:").map(|(_, values)| values.trim_start_matches([' ', '-']));
        listed.and_then(|values| values.split([',', ']', ':', ' ']).next()).unwrap_or("x").to_owned()
    }
}

/// What `--print-config` says with one value from elsewhere: a value that the option refuses is an error that names it.
fn arrives(output: &std::process::Output, option: &str, value: &str, origin: &str) -> bool {
    let text = String::from_utf8_lossy(&output.stdout);
    let errors = String::from_utf8_lossy(&output.stderr);
    let key = format!("{} = ", option.replace('-', "_"));
    let shown = |line: &str| line.starts_with(&key) && line.contains(value) && line.ends_with(&format!("# {origin}"));
    match output.status.code() {
        Some(0) => text.lines().any(shown),
        Some(2) => errors.contains(&format!("--{option} ")) || errors.contains(&format!("--{option}'")),
        _ => false,
    }
}

#[test]
fn every_option_of_every_subcommand_has_its_variable_and_its_key() {
    let folder = tempfile::tempdir().expect("temporary folder");
    let config = folder.path().join("settings.toml");
    let config_path = config.to_str().expect("a path of text");
    let mut faults = Vec::new();
    let mut check = |path: &[String], line: &[String], option: &help::Named| {
        // A required option has to come from elsewhere now.
        let flag = format!("--{}", option.name);
        let at = line.iter().position(|word| *word == flag).unwrap_or(line.len());
        let rest = line[..at].iter().chain(line.iter().skip(at + 2));
        let words: Vec<&str> = rest.map(String::as_str).chain(["--print-config"]).collect();
        let value = if option.takes_value { "garbage" } else { "true" };
        let names = path.iter().map(String::as_str).chain([option.name.as_str()]);
        let variable = names.fold("TRACEMEND".to_owned(), |variable, name| format!("{variable}_{name}"));
        let variable = variable.replace('-', "_").to_uppercase();
        let output = tracemend(&words).env(&variable, value).output().expect("the command starts");
        if !arrives(&output, &option.name, value, "environment") {
            faults.push(format!("{variable}: {}", shown(&output)));
        }
        let table = if path.is_empty() { String::new() } else { format!("[{}]\n", path.join(".")) };
        let written = if option.takes_value { "\"garbage\"" } else { "true" };
        std::fs::write(&config, format!("{table}{} = {written}\n", option.name)).expect("the file can be written");
        let words: Vec<&str> = ["--config", config_path].into_iter().chain(words).collect();
        let output = run(&words);
        if !arrives(&output, &option.name, value, "file") {
            faults.push(format!("{table}{}: {}", option.name, shown(&output)));
        }
    };
    let tasks = help::tasks();
    assert!(tasks.len() > 5, "help names the subcommands");
    for task in &tasks {
        let words: Vec<&str> = task.line.iter().map(String::as_str).chain(["--print-config"]).collect();
        // Without this, a refusal below would prove nothing.
        stdout(&words);
        for option in &task.options {
            check(&task.path, &task.line, option);
        }
    }
    let steering = ["config", "print-config"];
    for option in help::globals().iter().filter(|option| !steering.contains(&option.name.as_str())) {
        check(&[], &["info".to_owned(), "x".to_owned()], option);
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[cfg(feature = "nets")]
#[test]
fn a_table_in_a_table_sets_the_options_of_a_nested_subcommand() {
    let folder = tempfile::tempdir().expect("temporary folder");
    let config = folder.path().join("settings.toml");
    std::fs::write(&config, "[dataset.build]\nlength = 32\n").expect("the file can be written");
    let args = ["--config", config.to_str().expect("a path of text"), "--print-config"];
    let build = ["dataset", "build", "trace", "-o", "set", "--stride", "7"];
    let args: Vec<&str> = args.into_iter().chain(build).collect();
    let output = tracemend(&args).env("TRACEMEND_DATASET_BUILD_CAP", "9").output().expect("the command starts");
    let text = String::from_utf8_lossy(&output.stdout);
    let below = text.split_once("\n[dataset.build]\n").map_or("", |(_, below)| below);
    for line in ["length = 32  # file", "stride = 7  # flag", "cap = 9  # environment", "name = \"set\"  # default"] {
        assert!(below.lines().any(|shown| shown == line), "{}", shown(&output));
    }
    std::fs::write(&config, "[dataset]\nlength = 32\n").expect("the file can be written");
    let errors = String::from_utf8(run(&args).stderr).expect("text");
    assert!(errors.contains("[dataset]") && errors.contains("known here: build, info"), "{errors}");
}

#[test]
fn docs_name_every_option_below_the_heading_of_its_subcommand() {
    let text = std::fs::read_to_string(root().join("docs/cli.md")).expect("docs/cli.md");
    let sections: Vec<(&str, &str)> =
        text.split("\n## ").skip(1).map(|section| section.split_once('\n').expect("a heading")).collect();
    let mut faults = Vec::new();
    let mut check = |heading: &str, option: &str| {
        let names = |body: &&str| {
            body.lines().any(|line| line.contains(&format!("`--{option}")) || line.contains(&format!(", --{option}")))
        };
        let body = sections.iter().find(|(title, _)| *title == heading).map(|(_, body)| *body);
        if body.filter(names).is_none() {
            faults.push(format!("{heading}: --{option}"));
        }
    };
    help::globals().iter().for_each(|option| check("Global options", &option.name));
    for task in help::tasks() {
        let heading = format!("tracemend {}", task.path.join(" "));
        task.options.iter().for_each(|option| check(&heading, &option.name));
    }
    assert!(faults.is_empty(), "not in docs/cli.md, run `just docs`: {faults:?}");
}
