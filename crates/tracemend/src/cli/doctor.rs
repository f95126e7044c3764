//! `tracemend doctor`: says what this machine and this build can do, and what the tracers running now lose.

use super::globals::{Globals, stdout};
use crate::{
    doctor::{Build, Channel, Examination, Gpu, Ring, Tool, examine},
    exit,
    report::{Align, Table, count, plural},
};
use clap::Args;
use std::{
    io::{self, Write},
    path::PathBuf,
};
use tracemend_trace::escaped;
use tracemend_trace::sink::JsonLines;

/// Examine this machine: the build, GPUs, tracers, and what the tracers running now have lost
///
/// Reads the counters of ftrace's ring buffers and of LTTng's channels, and says what to raise. It changes nothing and needs
/// no rights: what it may not read is listed with the reason. The exit code is 1 if a tracer on PATH does not run.
#[derive(Args, Debug)]
#[command(after_long_help = "Examples:\n  \
    tracemend doctor\n  \
    sudo tracemend doctor --json | jq 'select(.type == \"ring\") | .data'")]
pub(super) struct DoctorArgs {
    /// Folder that holds the machine's `dev`, `proc` and `sys`, for tests.
    #[arg(long, value_name = "DIR", default_value = "/", hide = true)]
    root: PathBuf,
}

pub(super) fn run(args: &DoctorArgs, globals: &Globals) -> anyhow::Result<u8> {
    let found = examine(&args.root, &std::env::var_os("PATH").unwrap_or_default());
    let mut out = stdout();
    if globals.json {
        write_json(&found, &mut out)?;
    } else {
        for line in lines(&found, globals.verbose) {
            writeln!(out, "{line}")?;
        }
    }
    out.flush()?;
    Ok(if found.is_broken() { exit::CONDITION_FAILED } else { exit::DONE })
}

fn write_json(found: &Examination, out: impl Write) -> io::Result<()> {
    let mut lines = JsonLines::begin(out, "tracemend.doctor", 1)?;
    lines.row("build", &found.build)?;
    lines.row("gpu", &found.gpu)?;
    found.tools.iter().try_for_each(|tool| lines.row("tool", tool))?;
    found.rings.iter().try_for_each(|ring| lines.row("ring", ring))?;
    found.channels.iter().try_for_each(|channel| lines.row("channel", channel))?;
    found.unread.iter().try_for_each(|unread| lines.row("unread", unread))
}

fn lines(found: &Examination, verbose: bool) -> Vec<String> {
    let mut lines = vec![build_line(&found.build), gpu_line(&found.gpu)];
    lines.push(String::new());
    lines.extend(tool_table(&found.tools));
    if !found.rings.is_empty() {
        lines.push(String::new());
        lines.extend(ring_lines(&found.rings, verbose));
    }
    if !found.channels.is_empty() {
        lines.push(String::new());
        lines.extend(channel_lines(&found.channels));
    }
    if !found.unread.is_empty() {
        lines.push(String::new());
        let unread = found.unread.iter().map(|unread| format!("not read: {}: {}", unread.what, unread.reason));
        lines.extend(unread.map(|line| escaped(&line).into_owned()));
    }
    lines
}

fn build_line(build: &Build) -> String {
    let list = |names: &[&str]| if names.is_empty() { "none".to_owned() } else { names.join(", ") };
    let without = if build.without.is_empty() { String::new() } else { format!(", without {}", list(&build.without)) };
    format!("tracemend {} for {} {}; features: {}{without}", build.version, build.arch, build.os, list(&build.features))
}

fn gpu_line(gpu: &Gpu) -> String {
    let driver = gpu.driver.as_ref().map_or(String::new(), |driver| format!(" (driver {driver})"));
    match gpu.devices.as_slice() {
        [] => format!("GPU: {}", gpu.meaning),
        devices => escaped(&format!("GPU: {} seen{driver}; {}", devices.join(", "), gpu.meaning)).into_owned(),
    }
}

fn tool_table(tools: &[Tool]) -> Vec<String> {
    let mut table = Table::new(&[("tracer", Align::Left), ("version", Align::Left), ("path", Align::Left)]);
    for tool in tools {
        let version = tool.version.as_deref().unwrap_or("?");
        let row = match &tool.path {
            Some(path) => [tool.name, version, &path.display().to_string()].map(str::to_owned),
            None => [tool.name, "-", "not on PATH"].map(str::to_owned),
        };
        table.row(row.to_vec());
    }
    let problems = tools.iter().filter_map(|tool| {
        let problem = tool.problem.as_ref()?;
        Some(escaped(&format!("{} is broken: {problem}", tool.name)).into_owned())
    });
    table.lines().into_iter().chain(problems).collect()
}

/// A table of the rings that hold or lost something, or of all, and what to raise: one sentence for each instance, after its
/// CPU that lost most, because the rings of all its CPUs are of one size.
fn ring_lines(rings: &[Ring], verbose: bool) -> Vec<String> {
    let heads = ["ftrace", "cpu", "KiB", "entries", "overrun", "commit overrun", "dropped"];
    let heads = heads.map(|head| (head, if head == "ftrace" { Align::Left } else { Align::Right }));
    let mut table = Table::new(&heads);
    let instance = |ring: &Ring| ring.instance.clone().unwrap_or_else(|| "(main)".to_owned());
    for ring in rings.iter().filter(|ring| verbose || ring.entries > 0 || ring.lost() > 0) {
        let size = ring.size_kib.map_or_else(|| "?".to_owned(), count);
        let numbers = [ring.entries, ring.overrun, ring.commit_overrun, ring.dropped_events].map(count);
        table.row([instance(ring), ring.cpu.to_string(), size].into_iter().chain(numbers).collect());
    }
    if table.is_empty() {
        return vec![format!("ftrace: {}, nothing in them and nothing lost", plural(rings.len() as u64, "ring"))];
    }
    let mut lines = table.lines();
    for rings in rings.chunk_by(|one, next| one.instance == next.instance) {
        let lost = rings.iter().map(Ring::lost).fold(0, u64::saturating_add);
        let worst = rings.iter().max_by_key(|ring| ring.lost());
        if let Some((ring, advice)) = worst.and_then(|ring| Some((ring, ring.advice.as_ref()?))) {
            let line = format!("ftrace {} lost {} so far: {advice}", instance(ring), plural(lost, "event"));
            lines.push(escaped(&line).into_owned());
        }
    }
    lines
}

fn channel_lines(channels: &[Channel]) -> Vec<String> {
    let heads = [("session", Align::Left), ("domain", Align::Left), ("channel", Align::Left)];
    let numbers = [("discarded events", Align::Right), ("lost packets", Align::Right)];
    let mut table = Table::new(&[&heads[..], &numbers].concat());
    for channel in channels {
        let names = [&channel.session, &channel.domain, &channel.channel].map(String::clone);
        let lost = [channel.discarded_events, channel.lost_packets];
        table.row(names.into_iter().chain(lost.map(|lost| lost.map_or_else(|| "-".to_owned(), count))).collect());
    }
    let advice = channels.iter().filter_map(|channel| {
        let advice = channel.advice.as_ref()?;
        let line = format!("channel {} of session {} loses events: {advice}", channel.channel, channel.session);
        Some(escaped(&line).into_owned())
    });
    table.lines().into_iter().chain(advice).collect()
}
