//! Names of tokens and processes, and their numbers.

use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};
use tracemend_trace::{Phase, Trace};

/// The number of a token that the vocabulary does not have.
pub const UNKNOWN: u32 = u32::MAX;

/// Names by number, the most frequent first.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Vocabulary {
    /// Names of tokens, see [`token_name`].
    pub tokens: Vec<String>,
    /// Names of processes.
    pub processes: Vec<String>,
}

/// How a kind of event is called: `read` for a whole call or a point, `read entry` and `read exit` for its ends.
pub fn token_name(name: &str, phase: Phase) -> String {
    match phase {
        Phase::Entry => format!("{name} entry"),
        Phase::Exit => format!("{name} exit"),
        Phase::Call | Phase::Point => name.to_owned(),
    }
}

impl Vocabulary {
    /// What these traces hold, by falling frequency (ties by name).
    pub fn of<'t>(traces: impl IntoIterator<Item = &'t Trace>) -> Self {
        let mut tokens: FxHashMap<String, u64> = FxHashMap::default();
        let mut processes: FxHashMap<String, u64> = FxHashMap::default();
        for trace in traces {
            let symbols = &trace.header.symbols;
            let mut kinds: FxHashMap<_, u64> = FxHashMap::default();
            let mut names: FxHashMap<_, u64> = FxHashMap::default();
            for event in &trace.events {
                *kinds.entry((event.name, event.phase)).or_default() += 1;
                if let Some(comm) = event.comm {
                    *names.entry(comm).or_default() += 1;
                }
            }
            for ((name, phase), count) in kinds {
                *tokens.entry(token_name(symbols.name(name), phase)).or_default() += count;
            }
            for (name, count) in names {
                *processes.entry(symbols.name(name).to_owned()).or_default() += count;
            }
        }
        Self { tokens: ranked(tokens), processes: ranked(processes) }
    }

    /// Tokens that have numbers for names, 0 to `count` - 1.
    pub fn numbers(count: usize) -> Self {
        Self { tokens: (0..count).map(|id| id.to_string()).collect(), processes: Vec::new() }
    }

    /// The numbers of this vocabulary's tokens in another, [`UNKNOWN`] where it has none.
    pub(crate) fn translation(&self, to: &Self) -> Vec<u32> {
        let known = to.token_ids();
        self.tokens.iter().map(|name| known.get(name.as_str()).copied().unwrap_or(UNKNOWN)).collect()
    }

    /// Numbers by name.
    pub(crate) fn token_ids(&self) -> FxHashMap<&str, u32> {
        ids(&self.tokens)
    }

    /// Numbers by name.
    pub(crate) fn process_ids(&self) -> FxHashMap<&str, u32> {
        ids(&self.processes)
    }
}

fn ids(names: &[String]) -> FxHashMap<&str, u32> {
    names.iter().zip(0..).map(|(name, id)| (name.as_str(), id)).collect()
}

fn ranked(counts: FxHashMap<String, u64>) -> Vec<String> {
    let mut ranked: Vec<(String, u64)> = counts.into_iter().collect();
    ranked.sort_unstable_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    ranked.into_iter().map(|(name, _)| name).collect()
}
