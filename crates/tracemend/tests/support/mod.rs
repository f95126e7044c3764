//! Runs the command as a user would and shows stdout, stderr and exit code together.
#![allow(dead_code)] // Every test binary uses its own part.

use serde_json::Value;
use std::{
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
};

/// The root of the repository, in which every command runs, so that its messages hold no machine's paths.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The command with a clean environment.
pub(crate) fn tracemend(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tracemend"));
    command.args(args).current_dir(root()).stdin(Stdio::null());
    // The width of help texts must not depend on who runs the tests.
    command.env_remove("COLUMNS").env_remove("NO_COLOR");
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("TRACEMEND_") {
            command.env_remove(name);
        }
    }
    command
}

/// What a run printed and returned, in one text.
pub(crate) fn shown(output: &Output) -> String {
    let code = output.status.code().map_or("signal".to_owned(), |code| code.to_string());
    format!(
        "exit code {code}\n--- stdout\n{}--- stderr\n{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    )
}

/// Runs the command to its end.
pub(crate) fn run(args: &[&str]) -> Output {
    tracemend(args).output().expect("the command starts")
}

/// Stdout as text of a run that ended with code 0.
pub(crate) fn stdout(args: &[&str]) -> String {
    let output = run(args);
    assert_eq!(output.status.code(), Some(0), "{}", shown(&output));
    String::from_utf8(output.stdout).expect("stdout is text")
}

/// A path as an argument.
pub(crate) fn text_of(path: &Path) -> &str {
    path.to_str().expect("a path of text")
}

/// Rows of JSON Lines.
pub(crate) fn rows(output: &str) -> Vec<Value> {
    output.lines().map(|line| serde_json::from_str(line).expect("every line is JSON")).collect()
}

/// The data of the rows of one type.
pub(crate) fn of_type<'a>(rows: &'a [Value], kind: &str) -> Vec<&'a Value> {
    rows.iter().filter(|row| row["type"] == kind).map(|row| &row["data"]).collect()
}

/// Repairs a trace into a new file or folder of this name, in a folder of its own.
pub(crate) fn repaired(trace: &str, name: &str, options: &[&str]) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().expect("temporary folder");
    let path = folder.path().join(name);
    let output = run(&[&["repair", "-q", trace, "-o", text_of(&path)], options].concat());
    assert_eq!(output.status.code(), Some(0), "{}", shown(&output));
    (folder, path)
}
