//! The model of one or many traces: how threads go on, when a CPU leaves them and for whom, and how long it takes.
//!
//! # What is learned across a gap
//!
//! Nothing that may be false. Where events of a thread may be missing between two of its recorded ones, its context starts anew
//! and its pause is not counted. None are missing where the thread stayed in one call all the while (its entry before the gap and
//! the exit of the same call after it), nor where it ran on other CPUs before and after. A CPU's switch across a gap is not
//! counted. Events that the tracer caused ([`Event::by_tracer`]) are passed over. A thread is taken for one that
//! begins with its first recorded event if that is its birth. In traces without births it is if nothing was lost since the thread
//! with the next lower number was first seen: numbers grow, so it was made after that one.

use crate::births::Births;
use crate::kernel::Rescoring;
use crate::model::calibration::Calibration;
use crate::model::long_contexts::{LongContexts, Past};
use crate::model::ngram_trie::{ContextTrie, Cursor, Node, ROOT, State};
use crate::model::scheduler::{Candidate, LIST, Recency, SchedulerModel};
use crate::model::timing::Timing;
use crate::model::token::{BEGIN, END, Token, TokenKind, TokenTable, Tokenizer};
use crate::params::{ModelParams, Shares};
use rustc_hash::FxHashMap;
use std::collections::BTreeMap;
use tracemend_trace::calls::ends_thread;
use tracemend_trace::{Event, Gap, Phase, Symbol, ThreadKey, Trace};

/// What is learned from traces: how threads go on, when a CPU leaves them and for whom, and how long it takes.
#[derive(Clone, Debug, Default)]
pub struct TraceModel {
    /// Token numbers.
    pub tokens: TokenTable,
    /// N-grams of threads: how they go on, and when a CPU leaves them.
    pub(crate) trie: ContextTrie,
    /// What followed contexts that are longer than the trie's.
    pub(crate) long: LongContexts,
    /// Which thread a CPU turns to.
    pub(crate) scheduler: SchedulerModel,
    /// How long threads pause.
    pub(crate) timing: Timing,
    /// What became of beliefs in blackouts.
    pub calibration: Calibration,
    /// Events learned from.
    pub events: u64,
    /// Constants of learning and of what is asked of the model; no part of its file.
    pub params: ModelParams,
    /// How fillings are scored again, where blackouts of the adapted trace say that this pays; no part of its file.
    pub(crate) rescoring: Option<Rescoring>,
    /// Share of the weight that fillings of each origin have, as blackouts of the adapted trace say; no part of its file.
    pub(crate) shares: Option<Shares>,
    /// Whether the adapted trace was learned on top of other traces; no part of its file.
    pub(crate) on_base: bool,
}

struct Thread {
    cursor: Cursor,
    past: Past,
    program: Cursor,
    comm: Option<Symbol>,
    last: Token,
    before_last: Token,
    last_ns: i64,
    end_ns: i64,
    stream: u32,
}

#[derive(Default)]
struct Cpu {
    recent: Vec<ThreadKey>,
    started: bool,
    /// Whether the latest event is of the same thread as the one before it.
    stayed: bool,
}

/// Where the gaps that the events have passed end.
struct LossIntervals {
    of_stream: Vec<i64>,
    /// Of gaps that belong to no stream.
    anywhere: i64,
    latest: i64,
}

impl LossIntervals {
    fn new(streams: usize) -> Self {
        Self { of_stream: vec![i64::MIN; streams], anywhere: i64::MIN, latest: i64::MIN }
    }

    fn pass(&mut self, gap: &Gap) {
        let end_ns = gap.end_ns.unwrap_or(i64::MIN);
        self.latest = self.latest.max(end_ns);
        let known = match gap.stream {
            Some(stream) => &mut self.of_stream[stream.0 as usize],
            None => &mut self.anywhere,
        };
        *known = end_ns.max(*known);
    }

    /// Whether events of a thread may be missing between its latest event and this one.
    fn may_hide(&self, thread: &Thread, event: &Event, last: &TokenKind, next: &TokenKind) -> bool {
        let end_ns = [thread.stream, event.stream.0].map(|stream| self.of_stream[stream as usize]);
        let end_ns = end_ns[0].max(end_ns[1]).max(self.anywhere);
        let one_call = next.phase == Phase::Exit && last.phase == Phase::Entry && last.name == next.name;
        thread.last_ns < end_ns && !(one_call || (thread.end_ns != i64::MAX && thread.end_ns >= end_ns))
    }
}

impl TraceModel {
    /// Lays the n-grams out so that asking for them is fast. [`solve`](crate::solve) wants a frozen model; learning may go on
    /// after it.
    pub fn freeze(&mut self) {
        self.trie.freeze();
    }

    /// Adds what the recorded events of a trace show, `weight` times. The module says what is learned across a gap.
    pub fn learn(&mut self, trace: &Trace, weight: u32) {
        let mut tokenizer = Tokenizer::default();
        let mut threads: FxHashMap<ThreadKey, Thread> = FxHashMap::default();
        let mut programs: FxHashMap<Symbol, Node> = FxHashMap::default();
        let mut cpus: Vec<Cpu> = Vec::new();
        cpus.resize_with(trace.header.streams.len(), Cpu::default);
        let mut gaps: Vec<&Gap> = trace.gaps.iter().collect();
        // A gap that began before the first event has no begin, and sorts first.
        gaps.sort_by_key(|gap| gap.begin_ns);
        let mut gaps = gaps.into_iter().peekable();
        let births = Births::new(trace);
        let mut first_seen: BTreeMap<i32, i64> = BTreeMap::new();
        let mut intervals = LossIntervals::new(trace.header.streams.len());
        for event in &trace.events {
            while let Some(gap) = gaps.peek()
                && gap.begin_ns.is_none_or(|begin| begin < event.time_ns)
            {
                intervals.pass(gap);
                match gap.stream {
                    Some(stream) => cpus[stream.0 as usize].started = false,
                    None => cpus.iter_mut().for_each(|cpu| cpu.started = false),
                }
                gaps.next();
            }
            if event.by_tracer {
                continue;
            }
            let token = tokenizer.token(&mut self.tokens, &trace.header.symbols, event);
            let tid = ThreadKey::of(event);
            self.note_switch(event, tid, &mut cpus[event.stream.0 as usize], &threads, weight);
            let may_be_older = !threads.contains_key(&tid) && !births.is_birth(event, &trace.header.symbols) && {
                let number = tid.tid().unwrap_or(i32::MIN);
                let since_ns = first_seen.range(..number).next_back().map_or(i64::MIN, |(_, &time_ns)| time_ns);
                first_seen.insert(number, event.time_ns);
                births.recorded || intervals.latest > since_ns
            };
            let thread = threads.entry(tid).or_insert_with(|| Thread {
                cursor: if may_be_older { Cursor::unknown() } else { self.trie.mark(BEGIN) },
                past: Past::unknown(),
                program: Cursor::program(ROOT),
                comm: None,
                last: BEGIN,
                before_last: BEGIN,
                last_ns: event.time_ns,
                end_ns: i64::MAX,
                stream: event.stream.0,
            });
            if intervals.may_hide(thread, event, self.tokens.kind(thread.last), self.tokens.kind(token)) {
                thread.cursor = Cursor::unknown();
                thread.past = Past::unknown();
                thread.program = Cursor::program(thread.program.root());
            } else if thread.end_ns != i64::MAX {
                let cpu = &cpus[event.stream.0 as usize];
                let step = event.time_ns.saturating_sub(thread.last_ns);
                self.timing.note(thread.last, event.time_ns.saturating_sub(thread.end_ns), step, cpu.stayed, weight);
            }
            if thread.comm != event.comm {
                thread.comm = event.comm;
                let root = match event.comm {
                    None => ROOT,
                    Some(comm) => *programs.entry(comm).or_insert_with(|| {
                        let mark = self.tokens.program(trace.header.symbols.name(comm));
                        self.trie.program(mark)
                    }),
                };
                thread.program = Cursor::program(root);
            }
            self.trie.learn(&mut thread.cursor, token, weight);
            self.long.learn(&mut thread.past, token, self.tokens.hash(token), weight);
            if thread.program.root() != ROOT {
                self.trie.learn(&mut thread.program, token, weight);
            }
            thread.before_last = std::mem::replace(&mut thread.last, token);
            thread.last_ns = event.time_ns;
            thread.end_ns = event.time_ns.saturating_add(event.dur_ns.map_or(0, |dur| dur.min(1 << 60) as i64));
            thread.stream = event.stream.0;
            if ends_thread(trace.header.symbols.name(event.name), event.phase, event.ret) {
                self.trie.learn(&mut thread.cursor, END, weight);
                self.long.learn(&mut thread.past, END, self.tokens.hash(END), weight);
                if thread.program.root() != ROOT {
                    self.trie.learn(&mut thread.program, END, weight);
                }
            }
            self.events += 1;
        }
    }

    /// The state of a thread of which nothing is known but its program, or that it begins now.
    pub(crate) fn empty_state(&self, comm: Option<&str>, begins: bool) -> State {
        let state = State {
            all: ROOT,
            program: comm
                .and_then(|comm| self.tokens.find_program(comm))
                .map_or(ROOT, |mark| self.trie.find_program(mark)),
        };
        if begins { State { all: self.trie.advance(state, BEGIN).all, ..state } } else { state }
    }

    fn note_switch(
        &mut self,
        event: &Event,
        tid: ThreadKey,
        cpu: &mut Cpu,
        threads: &FxHashMap<ThreadKey, Thread>,
        weight: u32,
    ) {
        let current = cpu.recent.first().copied();
        if let Some(current) = current
            && cpu.started
            && let Some(thread) = threads.get(&current)
        {
            let switched = current != tid;
            self.trie.note_follower(thread.cursor.contexts(), switched, weight);
            if thread.program.root() != ROOT {
                self.trie.note_follower(thread.program.contexts(), switched, weight);
            }
            if switched {
                let left = thread.last;
                let mut listed = false;
                for (rank, other) in cpu.recent.iter().enumerate().skip(1) {
                    let Some(candidate) = candidate(threads, *other, Recency::Rank(rank), event.stream.0) else {
                        continue;
                    };
                    listed |= *other == tid;
                    self.scheduler.note(&candidate, left, *other == tid, weight);
                }
                let known = threads.contains_key(&tid);
                self.scheduler.note(&Candidate::class(Recency::New), left, !listed && !known, weight);
                self.scheduler.note(&Candidate::class(Recency::Elsewhere), left, !listed && known, weight);
            }
        }
        cpu.stayed = cpu.started && current == Some(tid);
        if current != Some(tid) {
            cpu.recent.retain(|&other| other != tid);
            cpu.recent.truncate(LIST);
            cpu.recent.insert(0, tid);
        }
        cpu.started = true;
    }
}

fn candidate(
    threads: &FxHashMap<ThreadKey, Thread>,
    tid: ThreadKey,
    recency: Recency,
    stream: u32,
) -> Option<Candidate> {
    let thread = threads.get(&tid)?;
    Some(Candidate { recency, moved: thread.stream != stream, last: thread.last, before_last: thread.before_last })
}
