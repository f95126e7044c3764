//! Tracers on `PATH`, their versions, and running them without waiting for ever.

use serde::Serialize;
use std::{
    ffi::OsStr,
    fs,
    io::{self, Read},
    path::{Path, PathBuf},
    process::{Command, ExitStatus, Stdio},
    sync::mpsc,
    thread,
    time::{Duration, Instant},
};

/// The tracers looked for.
const TOOLS: [&str; 6] = ["lttng", "trace-cmd", "perf", "bpftrace", "strace", "babeltrace2"];
/// Longest time that a tracer may take to say its version; those here take milliseconds.
const MAX_WAIT: Duration = Duration::from_secs(10);
/// Longest output of a tracer that is read: a listing of some thousand LTTng channels.
const MAX_OUTPUT: u64 = 4 << 20;

/// A tracer.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct Tool {
    /// Its command.
    pub name: &'static str,
    /// Where it is; `None` if it is not on `PATH`.
    #[serde(serialize_with = "shown")]
    pub path: Option<PathBuf>,
    /// What it says its version is.
    pub version: Option<String>,
    /// Why it does not run, and what to do next.
    pub problem: Option<String>,
}

/// Writes a path as text, whatever its bytes are.
fn shown<S: serde::Serializer>(path: &Option<PathBuf>, serializer: S) -> Result<S::Ok, S::Error> {
    path.as_ref().map(|path| path.display().to_string()).serialize(serializer)
}

/// Looks for the tracers in the folders of `path`, and asks each for its version.
pub(crate) fn tools(path: &OsStr) -> Vec<Tool> {
    TOOLS.iter().map(|name| tool(name, find(name, path))).collect()
}

/// The first program of this name. Folders relative to where the command runs are left out: who asks how a machine is does
/// not want to run what lies around.
fn find(name: &str, path: &OsStr) -> Option<PathBuf> {
    let folders = std::env::split_paths(path).filter(|folder| folder.is_absolute());
    folders.map(|folder| folder.join(name)).find(|file| is_program(file))
}

fn is_program(file: &Path) -> bool {
    #[cfg(unix)]
    let may_run = |data: &fs::Metadata| std::os::unix::fs::PermissionsExt::mode(&data.permissions()) & 0o111 != 0;
    #[cfg(not(unix))]
    let may_run = |_: &fs::Metadata| true;
    fs::metadata(file).is_ok_and(|data| data.is_file() && may_run(&data))
}

fn tool(name: &'static str, path: Option<PathBuf>) -> Tool {
    let Some(path) = path else { return Tool { name, path, version: None, problem: None } };
    let (version, problem) = match said(&path, &["--version"]) {
        Ok(said) => {
            let version = version(name, &said);
            let failed = version.is_none() && !said.status.success();
            (version, failed.then(|| format!("`{name} --version` failed: {}. Install it again", said.complaint())))
        }
        Err(error) => (None, Some(format!("it cannot be run: {error}. Install it again"))),
    };
    Tool { name, path: Some(path), version, problem }
}

/// What a program printed, and how it ended.
pub(crate) struct Said {
    pub status: ExitStatus,
    pub stdout: String,
    pub stderr: String,
}

impl Said {
    /// The first line of what it complained about, or how it ended.
    pub(crate) fn complaint(&self) -> String {
        let mut lines = self.stderr.lines().chain(self.stdout.lines()).map(str::trim);
        lines
            .find(|line| !line.is_empty())
            .map_or_else(|| self.status.to_string(), |line| line.trim_end_matches('.').to_owned())
    }
}

/// The version in what a tracer printed: the first word that looks like one.
fn version(name: &str, said: &Said) -> Option<String> {
    // A wrapper that misses its program can name a version too, that of the kernel. Old trace-cmd prints its own and fails.
    let own = |line: &&str| {
        said.status.success() || line.strip_prefix(name).is_some_and(|rest| rest.trim_start().starts_with("version"))
    };
    let lines = said.stdout.lines().chain(said.stderr.lines()).filter(own);
    let number = |word: &str| -> Option<String> {
        let bare = word.strip_prefix('v').unwrap_or(word);
        (bare.starts_with(|letter: char| letter.is_ascii_digit()) && bare.contains('.')).then(|| bare.to_owned())
    };
    lines.flat_map(str::split_whitespace).find_map(number)
}

/// Runs a program to its end and returns what it printed. One that does not end is stopped.
pub(crate) fn said(program: &Path, args: &[&str]) -> io::Result<Said> {
    let mut child = Command::new(program)
        .args(args)
        .env("LC_ALL", "C")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()?;
    let (stdout, stderr) = (text_of(child.stdout.take()), text_of(child.stderr.take()));
    let deadline = Instant::now() + MAX_WAIT;
    let status = loop {
        if let Some(status) = child.try_wait()? {
            break status;
        }
        if Instant::now() > deadline {
            child.kill()?;
            child.wait()?;
            let reason = format!("it did not end within {} s", MAX_WAIT.as_secs());
            return Err(io::Error::new(io::ErrorKind::TimedOut, reason));
        }
        thread::sleep(Duration::from_millis(2));
    };
    // What it left running can keep the pipes open; nobody waits for that.
    let received = |text: mpsc::Receiver<String>| text.recv_timeout(Duration::from_secs(1)).unwrap_or_default();
    Ok(Said { status, stdout: received(stdout), stderr: received(stderr) })
}

/// Reads a pipe in a thread of its own, so that a program that fills one pipe is not stuck while the other is read.
fn text_of(pipe: Option<impl Read + Send + 'static>) -> mpsc::Receiver<String> {
    let (send, receive) = mpsc::channel();
    thread::spawn(move || {
        let mut bytes = Vec::new();
        if let Some(pipe) = pipe {
            // What was read before an error is worth as much.
            let _ = pipe.take(MAX_OUTPUT).read_to_end(&mut bytes);
        }
        // Nobody listens any more to a program that was stopped.
        let _ = send.send(String::from_utf8_lossy(&bytes).into_owned());
    });
    receive
}
