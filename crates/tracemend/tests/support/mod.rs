//! Runs the command as a user would and shows stdout, stderr and exit code together.

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
