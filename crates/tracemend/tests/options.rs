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
