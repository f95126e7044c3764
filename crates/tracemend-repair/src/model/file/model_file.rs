//! A [`TraceModel`] as a file.

use crate::model::calibration::Calibration;
use crate::model::columns::TrieColumns;
use crate::model::file::error::ModelError;
use crate::model::long_contexts::LongContexts;
use crate::model::ngram_trie::{ContextTrie, MAX_ORDER, PROGRAM_ORDER};
use crate::model::scheduler::{LAST_TOKEN, LEVEL_SHIFT, SchedulerModel, TOKEN_BITS, TOKEN_SHIFTS};
use crate::model::timing::{BUCKETS, MAX_LOG, Pauses, Timing};
use crate::model::token::{TokenKind, TokenTable};
use crate::model::trace_model::TraceModel;
use crate::params::ModelParams;
use crate::tensor_file::{TensorReader, TensorWriter};
use std::io::Write;
use std::path::Path;
use tracemend_trace::AtomicFile;

/// The entry `kind` of an n-gram model.
pub const KIND: &str = "tracemend-ngrams";
/// The entry `format_version` that this version writes and reads.
pub const FORMAT_VERSION: u32 = 3;
/// The entry `tool`.
const TOOL: &str = concat!("tracemend ", env!("CARGO_PKG_VERSION"));

impl TraceModel {
    /// Writes the model to one file, which appears whole or not at all. Models that learned the same traces give the same bytes, in
    /// whatever order they learned or merged them ([`TraceModel::canonical`]).
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn save(&self, path: &Path) -> Result<(), ModelError> {
        let io = |source| ModelError::Io { path: path.display().to_string(), source };
        let mut file = AtomicFile::create(path).map_err(io)?;
        self.write_to(&mut file)?;
        file.commit().map_err(ModelError::Write)
    }

    /// Writes the model into a file that is not there yet, as [`TraceModel::save`] does.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn write_to(&self, file: &mut AtomicFile) -> Result<(), ModelError> {
        let path = || file.target().display().to_string();
        let written = if self.tokens.is_canonical() { self.write() } else { self.canonical().write() };
        let (header, data) = written.map_err(|reason| ModelError::TooLarge { path: path(), reason })?;
        let written = file.write_all(&header).and_then(|()| file.write_all(&data));
        written.map_err(ModelError::Write)
    }

    /// Reads a file that [`TraceModel::save`] wrote. Everything in it is checked; time and memory are linear in its
    /// size, whatever it holds.
    ///
    /// # Errors
    /// When the file cannot be read, is no model, is of another version, or is damaged.
    pub fn load(path: &Path) -> Result<Self, ModelError> {
        let name = || path.display().to_string();
        let bytes = std::fs::read(path).map_err(|source| ModelError::Io { path: name(), source })?;
        Self::read(&bytes, &name())
    }

    /// The file of a model with canonical tokens.
    fn write(&self) -> Result<(Vec<u8>, Vec<u8>), String> {
        let mut file = TensorWriter::default();
        file.text("kind", KIND);
        file.text("format_version", FORMAT_VERSION);
        file.text("tool", TOOL);
        file.text("max_order", MAX_ORDER);
        file.text("program_order", PROGRAM_ORDER);
        file.text("events", self.events);
        file.text("tokens", serde_json::to_string(self.tokens.kinds()).map_err(|error| error.to_string())?);
        let calibration = serde_json::to_string(&self.calibration).map_err(|error| error.to_string())?;
        file.text("calibration", calibration);

        let mut scheduler: Vec<(u64, (u32, u32))> =
            self.scheduler.table.iter().map(|(&key, &sums)| (key, sums)).collect();
        scheduler.sort_unstable();
        let pauses = self.timing.known();
        let (n, t) = (scheduler.len(), pauses.len());
        file.u64s("scheduler.key", &[n], scheduler.iter().map(|row| row.0));
        let long = self.long.rows();
        file.u64s("long.key", &[long.len()], long.iter().map(|row| row.0));
        file.u64s("timing.step_sum", &[t], pauses.iter().map(|row| row.step_sum));
        file.u32s("scheduler.chosen", &[n], scheduler.iter().map(|row| row.1.0));
        file.u32s("scheduler.present", &[n], scheduler.iter().map(|row| row.1.1));
        file.u32s("timing.pauses", &[t, BUCKETS], pauses.iter().flat_map(|row| row.counts));
        file.u32s("timing.steps", &[t, BUCKETS], pauses.iter().flat_map(|row| row.whole));
        file.u32s("timing.stays", &[t], pauses.iter().map(|row| row.steps));

        file.u32s("long.token", &[long.len()], long.iter().map(|row| row.1));
        file.u32s("long.count", &[long.len()], long.iter().map(|row| row.2));
        let columns = self.trie.to_columns();
        let n = columns.token.len();
        for (name, column) in trie_names(&columns) {
            file.u32s(name, &[n], column.iter().copied());
        }
        file.finish()
    }

    fn read(bytes: &[u8], path: &str) -> Result<Self, ModelError> {
        let file =
            TensorReader::new(bytes).map_err(|reason| ModelError::NotAModel { path: path.to_owned(), reason })?;
        let damaged = |entry: &str, reason: String| ModelError::Damaged {
            path: path.to_owned(),
            entry: entry.to_owned(),
            reason,
        };
        let text = |entry: &str| file.text(entry).ok_or_else(|| damaged(entry, "it is missing".to_owned()));
        match file.text("kind") {
            Some(KIND) => {}
            other => {
                let reason = format!("its kind is {other:?}, expected {KIND:?}");
                return Err(ModelError::NotAModel { path: path.to_owned(), reason });
            }
        }
        for (entry, supported) in [
            ("format_version", u64::from(FORMAT_VERSION)),
            ("max_order", MAX_ORDER as u64),
            ("program_order", PROGRAM_ORDER as u64),
        ] {
            let found = text(entry)?;
            if found.parse() != Ok(supported) {
                return Err(ModelError::Version {
                    path: path.to_owned(),
                    entry,
                    found: found.to_owned(),
                    supported: supported.to_string(),
                    tool: file.text("tool").unwrap_or("unknown").to_owned(),
                });
            }
        }
        let events = text("events")?.parse().map_err(|_| damaged("events", "no number".to_owned()))?;
        let kinds: Vec<TokenKind> =
            serde_json::from_str(text("tokens")?).map_err(|error| damaged("tokens", error.to_string()))?;
        let is_program: Vec<bool> = kinds.iter().map(TokenTable::is_program).collect();
        let tokens = TokenTable::from_kinds(kinds).map_err(|reason| damaged("tokens", reason))?;
        let scheduler = read_scheduler(&file, tokens.len()).map_err(|(entry, reason)| damaged(entry, reason))?;
        let timing = read_timing(&file, tokens.len()).map_err(|(entry, reason)| damaged(entry, reason))?;
        let long = read_long(&file, tokens.len()).map_err(|(entry, reason)| damaged(entry, reason))?;
        let trie = read_trie(&file, &is_program).map_err(|(entry, reason)| damaged(entry, reason))?;
        let calibration: Calibration =
            serde_json::from_str(text("calibration")?).map_err(|error| damaged("calibration", error.to_string()))?;
        if !calibration.is_valid() {
            return Err(damaged("calibration", "its tables have other sizes".to_owned()));
        }
        Ok(Self {
            tokens,
            trie,
            long,
            scheduler,
            timing,
            calibration,
            events,
            params: ModelParams::default(),
            rescoring: None,
            shares: None,
            on_base: false,
        })
    }
}

fn trie_names(columns: &TrieColumns) -> [(&'static str, &Vec<u32>); 6] {
    [
        ("trie.parent", &columns.parent),
        ("trie.link", &columns.link),
        ("trie.token", &columns.token),
        ("trie.count", &columns.count),
        ("trie.followed", &columns.followed),
        ("trie.switched", &columns.switched),
    ]
}

/// Name of an entry, and what is wrong with it.
type EntryError = (&'static str, String);

fn column<T>(entry: &'static str, shape: &[u64], read: Result<(&[u64], Vec<T>), String>) -> Result<Vec<T>, EntryError> {
    match read {
        Ok((found, values)) if found == shape => Ok(values),
        Ok((found, _)) => Err((entry, format!("its shape is {found:?}, expected {shape:?}"))),
        Err(reason) => Err((entry, reason)),
    }
}

fn read_trie(file: &TensorReader<'_>, is_program: &[bool]) -> Result<ContextTrie, EntryError> {
    let mut columns =
        TrieColumns { token: file.u32s("trie.token").map_err(|e| ("trie.token", e))?.1, ..Default::default() };
    let shape = [columns.token.len() as u64];
    for (entry, to) in [
        ("trie.parent", &mut columns.parent),
        ("trie.link", &mut columns.link),
        ("trie.count", &mut columns.count),
        ("trie.followed", &mut columns.followed),
        ("trie.switched", &mut columns.switched),
    ] {
        *to = column(entry, &shape, file.u32s(entry))?;
    }
    ContextTrie::from_columns(&columns, is_program).map_err(|(name, reason)| {
        let entry = trie_names(&columns).iter().map(|(entry, _)| *entry).find(|entry| entry.ends_with(name));
        (entry.unwrap_or("trie.token"), reason)
    })
}

fn read_scheduler(file: &TensorReader<'_>, vocabulary: usize) -> Result<SchedulerModel, EntryError> {
    let keys = file.u64s("scheduler.key").map_err(|reason| ("scheduler.key", reason))?.1;
    let shape = [keys.len() as u64];
    let chosen = column("scheduler.chosen", &shape, file.u32s("scheduler.chosen"))?;
    let present = column("scheduler.present", &shape, file.u32s("scheduler.present"))?;
    if !keys.is_sorted_by(|a, b| a < b) {
        return Err(("scheduler.key", "out of order".to_owned()));
    }
    let known = |key: u64, shift: u32| {
        let token = (key >> shift & u64::from(LAST_TOKEN)) as usize;
        token < vocabulary || token == LAST_TOKEN as usize
    };
    for (row, &key) in keys.iter().enumerate() {
        let level = (key >> LEVEL_SHIFT) as usize;
        let used = 4 + TOKEN_BITS * level as u32;
        let fields = key & ((1 << LEVEL_SHIFT) - 1);
        if level > TOKEN_SHIFTS.len()
            || fields >> used != 0
            || !TOKEN_SHIFTS.iter().take(level).all(|&shift| known(key, shift))
        {
            return Err(("scheduler.key", format!("row {row}: no such key")));
        }
        if chosen[row] > present[row] {
            return Err(("scheduler.chosen", format!("row {row}: more than `present`")));
        }
    }
    Ok(SchedulerModel { table: keys.into_iter().zip(chosen.into_iter().zip(present)).collect() })
}

fn read_long(file: &TensorReader<'_>, vocabulary: usize) -> Result<LongContexts, EntryError> {
    let keys = file.u64s("long.key").map_err(|reason| ("long.key", reason))?.1;
    let shape = [keys.len() as u64];
    let tokens = column("long.token", &shape, file.u32s("long.token"))?;
    let counts = column("long.count", &shape, file.u32s("long.count"))?;
    let rows = keys.into_iter().zip(tokens).zip(counts).map(|((key, token), count)| (key, token, count));
    LongContexts::from_rows(rows, vocabulary).map_err(|reason| ("long.key", reason))
}

fn read_timing(file: &TensorReader<'_>, vocabulary: usize) -> Result<Timing, EntryError> {
    let sums = file.u64s("timing.step_sum").map_err(|reason| ("timing.step_sum", reason))?.1;
    if sums.len() > vocabulary {
        return Err(("timing.step_sum", format!("{} rows, but only {vocabulary} tokens", sums.len())));
    }
    let shape = [sums.len() as u64, BUCKETS as u64];
    let pauses = column("timing.pauses", &shape, file.u32s("timing.pauses"))?;
    let steps = column("timing.steps", &shape, file.u32s("timing.steps"))?;
    let stays = column("timing.stays", &shape[..1], file.u32s("timing.stays"))?;
    let mut timing = Timing::default();
    for (row, ((&step_sum, &stays), (pauses, steps))) in sums
        .iter()
        .zip(&stays)
        .zip(pauses.as_chunks::<BUCKETS>().0.iter().zip(steps.as_chunks::<BUCKETS>().0))
        .enumerate()
    {
        let sum = |counts: &[u32; BUCKETS]| counts.iter().fold(0u32, |sum, &count| sum.saturating_add(count));
        let total = sum(pauses);
        if sum(steps) != total {
            return Err(("timing.steps", format!("row {row}: not as many as pauses")));
        }
        if stays > total {
            return Err(("timing.stays", format!("row {row}: more than pauses")));
        }
        // A count that has stopped says nothing of the sum beside it.
        if stays < u32::MAX && step_sum > u64::from(stays) * MAX_LOG {
            return Err(("timing.step_sum", format!("row {row}: longer than any time")));
        }
        let token = Pauses { counts: *pauses, total, whole: *steps, step_sum, steps: stays };
        timing.all.merge(&token);
        timing.tokens.push(token);
    }
    Ok(timing)
}

#[cfg(test)]
#[path = "model_file_tests.rs"]
mod tests;
