//! `babeltrace2`, where it is installed: what it makes of a CTF trace.

use std::fs::File;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// What `babeltrace2` printed.
pub(crate) struct Printed {
    pub lines: Vec<Vec<u8>>,
    pub warnings: String,
    pub succeeded: bool,
}

/// Whether there is one of the version that was compared with (others read and print some traces otherwise); says so where
/// not.
pub(crate) fn is_here() -> bool {
    let version = Command::new("babeltrace2").arg("--version").output();
    let here = version.is_ok_and(|output| String::from_utf8_lossy(&output.stdout).starts_with("Babeltrace 2.0."));
    if !here {
        eprintln!("skipped: babeltrace2 2.0 is not installed");
    }
    here
}

/// Runs it on a trace; `None` if it hangs.
pub(crate) fn print(trace: &Path) -> Option<Printed> {
    let folder = tempfile::tempdir().unwrap();
    let (out, err) = (folder.path().join("out"), folder.path().join("err"));
    let mut child = Command::new("babeltrace2")
        .args(["--clock-seconds", "--no-delta"])
        .arg(trace)
        .stdin(Stdio::null())
        .stdout(File::create(&out).unwrap())
        .stderr(File::create(&err).unwrap())
        .spawn()
        .unwrap();
    let start = Instant::now();
    let status = loop {
        match child.try_wait().unwrap() {
            Some(status) => break status,
            None if start.elapsed() > Duration::from_secs(60) => {
                child.kill().unwrap();
                child.wait().unwrap();
                return None;
            }
            None => std::thread::sleep(Duration::from_millis(5)),
        }
    };
    let text = std::fs::read(&out).unwrap();
    let mut lines: Vec<Vec<u8>> = text.split(|&b| b == b'\n').map(<[u8]>::to_vec).collect();
    lines.pop();
    let warnings = String::from_utf8_lossy(&std::fs::read(&err).unwrap()).into_owned();
    Some(Printed { lines, warnings, succeeded: status.success() })
}
