//! What the baselines learn: order-8 n-grams of CPU streams and of threads, and how often a CPU leaves a thread.

use rustc_hash::{FxHashMap, FxHashSet};
use std::sync::{Arc, LazyLock};
use tracemend_repair::ModelParams;
use tracemend_repair::model::{ContextTrie, Cursor, ROOT, ReturnClass, State, Token, TokenKind, TokenTable};
use tracemend_trace::{Event, Phase, Symbol, Symbols, ThreadKey, Trace};

/// Longest context, in events.
pub(crate) const ORDER: usize = 8;

/// N-grams of names and phases; return values make no difference.
#[derive(Clone, Debug, Default)]
pub(crate) struct NgramModel {
    tokens: TokenTable,
    ids: FxHashMap<Box<str>, Vec<(Phase, Token)>>,
    /// N-grams of the CPU streams, whatever the thread.
    pub(crate) stream: ContextTrie,
    /// N-grams of the threads, whatever the CPU.
    pub(crate) thread: ContextTrie,
    /// By token: events of a CPU whose successor is known, and those whose successor was another thread's.
    switches: Vec<(u32, u32)>,
    /// Streams of tokens as they were seen, without gaps inside.
    pub(crate) texts: Vec<Vec<Token>>,
}

/// The smoothing of the engine at its defaults.
pub(crate) static SMOOTHING: LazyLock<ModelParams> = LazyLock::new(ModelParams::default);

struct Stream {
    cursor: Cursor,
    text: Vec<Token>,
    last: Option<(ThreadKey, Token)>,
    gaps: usize,
}

struct Thread {
    cursor: Cursor,
    gaps: usize,
}

impl NgramModel {
    /// Learns from traces.
    pub(crate) fn learned(training: &[&Trace]) -> Arc<Self> {
        let mut model = Self::default();
        training.iter().for_each(|trace| model.learn(trace));
        model.freeze();
        Arc::new(model)
    }

    /// Learns a trace, and nothing across its gaps.
    fn learn(&mut self, trace: &Trace) {
        self.name_events(trace);
        let mut begins: Vec<i64> = trace.gaps.iter().filter_map(|gap| gap.begin_ns).collect();
        begins.sort_unstable();
        let mut streams: Vec<Stream> = Vec::new();
        streams.resize_with(trace.header.streams.len(), || Stream {
            cursor: Cursor::of_order(ORDER),
            text: Vec::new(),
            last: None,
            gaps: 0,
        });
        let mut threads: FxHashMap<ThreadKey, Thread> = FxHashMap::default();
        let mut gaps = 0;
        for event in &trace.events {
            while begins.get(gaps).is_some_and(|&begin| begin < event.time_ns) {
                gaps += 1;
            }
            let Some(token) = self.token(&trace.header.symbols, event) else {
                continue;
            };
            let tid = ThreadKey::of(event);
            let stream = &mut streams[event.stream.0 as usize];
            if stream.gaps != gaps {
                self.texts.push(std::mem::take(&mut stream.text));
                *stream = Stream { cursor: Cursor::of_order(ORDER), text: Vec::new(), last: None, gaps };
            }
            self.stream.learn(&mut stream.cursor, token, 1);
            stream.text.push(token);
            if let Some((last_tid, last)) = stream.last.replace((tid, token)) {
                let (seen, switched) = &mut self.switches[last as usize];
                *seen += 1;
                *switched += u32::from(last_tid != tid);
            }
            let thread = threads.entry(tid).or_insert_with(|| Thread { cursor: Cursor::of_order(ORDER), gaps });
            if thread.gaps != gaps {
                *thread = Thread { cursor: Cursor::of_order(ORDER), gaps };
            }
            self.thread.learn(&mut thread.cursor, token, 1);
        }
        self.texts.extend(streams.into_iter().map(|stream| stream.text).filter(|text| !text.is_empty()));
    }

    fn name_events(&mut self, trace: &Trace) {
        let mut seen: FxHashSet<(Symbol, Phase)> = FxHashSet::default();
        for event in &trace.events {
            if seen.insert((event.name, event.phase)) {
                let name = trace.header.symbols.name(event.name);
                let kind = TokenKind { name: name.to_owned(), phase: event.phase, class: ReturnClass::None };
                let token = self.tokens.intern(kind);
                let phases = self.ids.entry(name.into()).or_default();
                if !phases.iter().any(|&(phase, _)| phase == event.phase) {
                    phases.push((event.phase, token));
                }
            }
        }
        self.switches.resize(self.tokens.len(), (0, 0));
    }

    /// Sorts the n-grams for reading.
    fn freeze(&mut self) {
        self.stream.freeze();
        self.thread.freeze();
    }

    /// The table of its tokens; all have [`ReturnClass::None`].
    pub(crate) fn tokens(&self) -> &TokenTable {
        &self.tokens
    }

    /// The token of an event, if its name is known.
    pub(crate) fn token(&self, symbols: &Symbols, event: &Event) -> Option<Token> {
        let phases = self.ids.get(symbols.name(event.name)).map_or(&[][..], Vec::as_slice);
        phases.iter().find(|&&(phase, _)| phase == event.phase).map(|&(_, token)| token)
    }

    pub(crate) fn vocabulary(&self) -> usize {
        self.tokens.len()
    }

    /// Probability that a CPU leaves the thread after this token; an unseen token is left as often as any.
    pub(crate) fn switch(&self, last: Option<Token>) -> f64 {
        let share = |(seen, switched): (u32, u32), prior: f64| (f64::from(switched) + prior) / (f64::from(seen) + 1.0);
        let all = self.switches.iter().fold((0, 0), |sum, row| (sum.0 + row.0, sum.1 + row.1));
        let all = share(all, 0.5);
        let row = last.and_then(|last| self.switches.get(last as usize)).copied().unwrap_or_default();
        share(row, all).clamp(1e-4, 1.0 - 1e-4)
    }
}

/// The context after these tokens, the newest last.
pub(crate) fn context(trie: &ContextTrie, tokens: impl IntoIterator<Item = Token>) -> State {
    tokens.into_iter().fold(State { all: ROOT, program: ROOT }, |state, token| trie.advance(state, token))
}

/// Logarithm of the probability that `right` follows.
pub(crate) fn continuation(trie: &ContextTrie, vocabulary: usize, mut state: State, right: &[Token]) -> f64 {
    let mut sum = 0.0;
    for &token in right {
        sum += trie.probability(state, token, vocabulary, &SMOOTHING).ln();
        state = trie.advance(state, token);
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::baselines::testing_trace::trace;

    #[test]
    fn return_values_make_no_difference() {
        let mut trace = trace(&[(0, 1, "read"), (0, 2, "read"), (0, 2, "write")]);
        trace.events[1].ret = Some(-11);
        let model = NgramModel::learned(&[&trace]);
        assert_eq!(model.tokens().len(), 2 + 2);
        let read = model.token(&trace.header.symbols, &trace.events[0]);
        // The CPU leaves `read` once of two times, and any event once of two, which is the prior.
        assert_eq!(model.switch(read), (1.0 + 0.5) / 3.0);
        assert_eq!(model.texts.len(), 1);
    }
}
