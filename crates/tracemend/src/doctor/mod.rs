//! Examines a machine before a recording: this build, GPUs, tracers, and what the tracers running now have lost so far.
//!
//! It changes nothing and needs no rights. What it may not read is part of the answer.

mod build;
mod channels;
mod rings;
mod tools;
mod unread;

pub(crate) use build::{Build, Gpu};
pub(crate) use channels::Channel;
pub(crate) use rings::Ring;
pub(crate) use tools::Tool;
pub(crate) use unread::Unread;

use std::{ffi::OsStr, path::Path};

/// What was found.
#[derive(Debug)]
pub(crate) struct Examination {
    /// This build.
    pub build: Build,
    /// GPUs.
    pub gpu: Gpu,
    /// Tracers, present or not.
    pub tools: Vec<Tool>,
    /// Ring buffers of ftrace.
    pub rings: Vec<Ring>,
    /// Channels of LTTng sessions.
    pub channels: Vec<Channel>,
    /// What could not be read.
    pub unread: Vec<Unread>,
}

/// Examines the machine whose files lie below `root`, with the programs in the folders of `path`, a value of `PATH`.
pub(crate) fn examine(root: &Path, path: &OsStr) -> Examination {
    let mut unread = Vec::new();
    let tools = tools::tools(path);
    let rings = rings::rings(root, &mut unread);
    let lttng = tools.iter().find(|tool| tool.name == "lttng" && tool.problem.is_none());
    let channels = lttng
        .and_then(|tool| tool.path.as_deref())
        .map_or_else(Vec::new, |lttng| channels::channels(lttng, &mut unread));
    Examination { build: build::build(), gpu: build::gpu(root), tools, rings, channels, unread }
}

impl Examination {
    /// Whether something here does not work that should.
    pub(crate) fn is_broken(&self) -> bool {
        self.tools.iter().any(|tool| tool.problem.is_some())
    }
}
