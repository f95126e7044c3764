//! LTTng's sessions and what their channels have lost, as `lttng list` prints them.

use super::tools::said;
use super::unread::Unread;
use crate::advice::advice;
use serde::Serialize;
use std::path::Path;
use tracemend_trace::{Cause, Format};

/// A channel of an LTTng session.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct Channel {
    /// Session it belongs to.
    pub session: String,
    /// What it records: `Linux kernel`, `User space`.
    pub domain: String,
    /// Its name.
    pub channel: String,
    /// Events that found no room; `None` for a channel that overwrites.
    pub discarded_events: Option<u64>,
    /// Packets that newer ones overwrote; `None` for a channel that discards. LTTng does not count their events.
    pub lost_packets: Option<u64>,
    /// What to raise; `None` where nothing was lost.
    pub advice: Option<String>,
}

/// Asks `lttng` for every channel of the sessions that it knows. The option `--no-sessiond` keeps it from starting a daemon.
pub(crate) fn channels(lttng: &Path, unread: &mut Vec<Unread>) -> Vec<Channel> {
    let Some(listed) = list(lttng, None, unread) else { return Vec::new() };
    let mut found = Vec::new();
    for session in sessions(&listed) {
        // lttng would take it for an option.
        if session.starts_with('-') {
            let what = format!("lttng list {session}");
            unread.push(Unread { what, reason: "the name of the session begins with a dash".to_owned() });
        } else if let Some(text) = list(lttng, Some(session), unread) {
            found.extend(of_session(session, &text));
        }
    }
    found
}

fn list(lttng: &Path, session: Option<&str>, unread: &mut Vec<Unread>) -> Option<String> {
    let args: Vec<&str> = ["--no-sessiond", "list"].into_iter().chain(session).collect();
    let reason = match said(lttng, &args) {
        Ok(said) if said.status.success() => return Some(said.stdout),
        Ok(said) => format!("{}. Root's sessions are shown to root and the group `tracing`", said.complaint()),
        Err(error) => error.to_string(),
    };
    unread.push(Unread { what: ["lttng list"].into_iter().chain(session).collect::<Vec<_>>().join(" "), reason });
    None
}

/// Names in the list of sessions: `  1) demo [active]`, from older ones `  1) demo (/home/me/demo) [active]`.
fn sessions(listed: &str) -> impl Iterator<Item = &str> {
    listed.lines().filter_map(|line| {
        let (number, rest) = line.trim_start().split_once(") ")?;
        let (name, _) = rest.rsplit_once(" [")?;
        number.bytes().all(|byte| byte.is_ascii_digit()).then(|| name.split_once(" (").map_or(name, |(name, _)| name))
    })
}

/// The channels in the description of a session.
fn of_session(session: &str, text: &str) -> Vec<Channel> {
    let mut domain = "";
    let mut found: Vec<Channel> = Vec::new();
    for line in text.lines() {
        if let Some(name) = line.strip_prefix("=== Domain: ") {
            domain = name.trim_end_matches('=').trim();
        } else if let Some((name, _)) = line.strip_prefix("- ").and_then(|line| line.rsplit_once(": [")) {
            found.push(Channel {
                session: session.to_owned(),
                domain: domain.to_owned(),
                channel: name.to_owned(),
                discarded_events: None,
                lost_packets: None,
                advice: None,
            });
        } else if let (Some(channel), Some((name, number))) = (found.last_mut(), line.trim_start().split_once(':')) {
            let number = number.trim().parse().ok();
            match name {
                "Discarded events" => channel.discarded_events = number,
                "Lost packets" => channel.lost_packets = number,
                _ => {}
            }
        }
    }
    for channel in &mut found {
        channel.advice = match (channel.discarded_events, channel.lost_packets) {
            (Some(lost @ 1..), _) => advice(Format::Ctf, &Cause::Discarded, lost),
            (_, Some(1..)) => advice(Format::Ctf, &Cause::Overwritten, 0),
            _ => None,
        };
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sessions_have_their_names_in_old_and_new_lists() {
        let listed = "Available recording sessions:\n  1) other [inactive]\n    Trace output: /a/b) c [d]\n\n  \
                      2) my demo (/home/me) [active]\n\nUse lttng list <session_name> for more details\n";
        assert_eq!(sessions(listed).collect::<Vec<_>>(), ["other", "my demo"]);
        assert_eq!(sessions("Currently no available recording session\n").count(), 0);
    }
}
