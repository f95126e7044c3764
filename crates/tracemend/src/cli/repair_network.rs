//! A trained network for `repair`: how its file is loaded, and what using it takes.

#[cfg(feature = "nets")]
pub(super) use args::NetworkArgs;

use super::globals::Globals;
use crate::report::{count, plural};
use anyhow::bail;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Instant;
use tracemend_repair::model::{EventTypes, ReturnClass, TokenTable};
use tracemend_repair::{Imputing, Shown, Stretch, ThreadImputer};
use tracemend_trace::{EventType, EventTypeId, Trace};

/// A network that names the events which threads lost.
pub(super) struct Network {
    file: PathBuf,
    /// Its architecture.
    name: String,
    /// Bytes of its weights.
    weights: u64,
    imputer: Box<dyn ThreadImputer>,
    always: bool,
}

impl Network {
    /// Returns the network as the engine takes it.
    pub(super) fn imputing(&self) -> Imputing<'_> {
        Imputing { imputer: &*self.imputer, always: self.always }
    }

    /// Returns the model id of events that it named.
    pub(super) fn id(&self) -> String {
        let name = self.file.file_name().unwrap_or(self.file.as_os_str());
        format!("network:{}", name.to_string_lossy())
    }

    /// Checks that it knows events of the trace, and says how many.
    pub(super) fn check(&self, trace: &Trace, globals: &Globals) -> anyhow::Result<()> {
        let mut events: BTreeMap<_, u64> = BTreeMap::new();
        trace.events.iter().for_each(|event| *events.entry((event.name, event.phase)).or_default() += 1);
        let (mut kinds, mut known) = (0, 0);
        for (&(name, phase), count) in &events {
            let event_type = EventType { name: trace.header.symbols.name(name).to_owned(), phase };
            if self.imputer.knows(&event_type) {
                (kinds, known) = (kinds + 1, known + count);
            }
        }
        let file = self.file.display();
        if kinds == 0 && !events.is_empty() {
            bail!(
                "the network {file} knows no event of this trace; train it on recordings of this program by the same tracer \
                 (`tracemend dataset build`, then `tracemend train --model {}`)",
                self.name
            );
        }
        if kinds < events.len() {
            globals.note(&format!(
                "the network {file} knows {kinds} of the {} in this trace, {:.1} % of the recorded events; it never names the \
                 others",
                plural(events.len() as u64, "event type"),
                100.0 * known as f64 / trace.events.len() as f64
            ));
        }
        Ok(())
    }

    /// Returns a line on the memory and time that it takes to fill the gaps of a trace.
    pub(super) fn cost(&self, trace: &Trace) -> String {
        let length = self.imputer.reach();
        let half = (length / 2).max(1);
        let shown = Shown { event_type: EventTypeId(0), class: ReturnClass::None, time_ns: 0 };
        let stretch =
            Stretch { program: None, before: vec![shown; half / 2], lost: half, after: vec![shown; half / 2] };
        let begin = Instant::now();
        self.imputer.impute(&EventTypes::new(&TokenTable::default()), &[stretch]);
        let seconds = begin.elapsed().as_secs_f64();
        let windows: u64 =
            trace.gaps.iter().map(|gap| gap.lost.count().unwrap_or(1).div_ceil(half as u64).max(1)).sum();
        format!(
            "the network {} has {:.1} MB of weights and takes some {:.0} ms for a window of {length} events: {:.0} s for the {} windows \
             of the gaps at least, and several times that for artificial gaps",
            self.name,
            self.weights as f64 / 1e6,
            1e3 * seconds,
            (windows as f64 * seconds).ceil(),
            count(windows),
        )
    }
}

#[cfg(feature = "nets")]
mod args {
    use super::super::globals::Globals;
    use super::super::network::{DeviceParser, SamplingArg, load, open};
    use super::Network;
    use anyhow::{Context as _, bail};
    use clap::{Args, ValueEnum};
    use std::path::PathBuf;
    use tracemend_impute::nets::Sampling;
    use tracemend_impute::nets::device::DeviceName;
    use tracemend_impute::window::threads::ThreadModel;

    /// Events of a published window, for files that do not say the length of theirs.
    const PUBLISHED_LENGTH: usize = 200;

    /// What names lost events.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
    enum EngineArg {
        /// The network where artificial gaps in the trace are filled better with it; otherwise the engine.
        Auto,
        /// The network; the engine only decides which threads ran and how many events each lost.
        Network,
    }

    /// Networks for `repair`.
    #[derive(Args, Debug)]
    pub(crate) struct NetworkArgs {
        /// Trained network (best.safetensors of `tracemend train --model NAME`) that names the lost events of each thread.
        #[arg(long, value_name = "FILE")]
        network: Option<PathBuf>,
        /// What names lost events where a network is given.
        #[arg(long, value_enum, value_name = "WHAT", default_value = "auto")]
        engine: EngineArg,
        /// How a network with Gaussian diffusion fills windows.
        #[arg(long, value_enum, value_name = "HOW", default_value = "quick")]
        sampling: SamplingArg,
        /// Where the network computes.
        #[arg(long, value_parser = DeviceParser, value_name = "DEVICE", default_value_t)]
        device: DeviceName,
    }

    impl NetworkArgs {
        /// Loads the network, if one is given.
        pub(crate) fn load(&self, globals: &Globals) -> anyhow::Result<Option<Network>> {
            let Some(file) = &self.network else {
                if self.engine == EngineArg::Network {
                    bail!("--engine network needs a network; name its file with --network");
                }
                return Ok(None);
            };
            let device = open(self.device, globals)?;
            let sampling = Sampling { seed: globals.seed, ..self.sampling.sampling() };
            let (model, training) = load(file, &sampling, &device).with_context(|| {
                format!(
                    "the network {} cannot be used; train one with `tracemend train --model NAME` (an n-gram model goes to --model)",
                    file.display()
                )
            })?;
            let length = if training.length == 0 { PUBLISHED_LENGTH } else { training.length };
            Ok(Some(Network {
                file: file.clone(),
                name: model.name.clone(),
                weights: std::fs::metadata(file)?.len(),
                imputer: Box::new(ThreadModel::new(model, length)),
                always: self.engine == EngineArg::Network,
            }))
        }
    }
}
