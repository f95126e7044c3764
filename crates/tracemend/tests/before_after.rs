//! Statistics before and after repair, held against the complete twin of a trace that really lost events.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use tracemend::overlay::{OWN_MODEL, WriteOptions};
use tracemend::pipeline::{Loaded, Repaired};
use tracemend::statistics::StatisticsRow;
use tracemend_eval::protocol::truth::channels;
use tracemend_repair::{RepairOptions, repair, unwatched};
use tracemend_trace::{OpenOptions, open};
use tracemend_trace::{Phase, Trace};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn read(path: &Path) -> Trace {
    let mut source = open(path, &OpenOptions::default()).expect("opened");
    Trace::read(source.as_mut()).expect("read")
}

/// The trace that lost events and its complete twin; where both are one, its lossy channel and its complete one.
fn pair(lossy: &Path, full: Option<&Path>) -> (Trace, Trace) {
    match full {
        Some(full) => (read(lossy), read(full)),
        None => channels(&read(lossy)).expect("a lossy channel beside a complete one"),
    }
}

/// How far the table is from the twin.
#[derive(Debug)]
struct Distance {
    rows: usize,
    /// Mean absolute error of counts: of the recorded events alone, and with the lost ones.
    before: f64,
    after: f64,
    /// Share of rows whose interval holds the truth.
    covered: f64,
    /// Mean absolute error of the medians' logarithms, of calls with a median in the twin; `None` where no call has one.
    medians: Option<(f64, f64)>,
}

impl Distance {
    fn fall(&self) -> f64 {
        1.0 - self.after / self.before
    }
}

fn table(trace: Trace) -> Vec<StatisticsRow> {
    let repairs = repair(&trace, None, &RepairOptions::default(), &unwatched);
    let options = WriteOptions { min_confidence: 0.0, model: OWN_MODEL };
    let loaded = Loaded { trace, records: None };
    Repaired::new(&loaded, &repairs, options).statistics().expect("in memory").to_vec()
}

fn distance(lossy: Trace, full: Trace) -> Distance {
    let key = |row: &StatisticsRow| (row.name.clone(), row.phase);
    let truth: BTreeMap<(String, Phase), StatisticsRow> = table(full).into_iter().map(|row| (key(&row), row)).collect();
    let rows = table(lossy);
    let number = |row: &StatisticsRow| truth.get(&key(row)).map_or(0.0, |row| row.recorded as f64);
    // What the lossy trace has no row for is wrong by all that the twin has.
    let missed: f64 = truth
        .values()
        .filter(|row| !rows.iter().any(|known| key(known) == key(row)))
        .map(|row| row.recorded as f64)
        .sum();
    let missing = truth.len() - rows.iter().filter(|row| truth.contains_key(&key(row))).count();
    let all = (rows.len() + missing) as f64;
    let mean = |of: &dyn Fn(&StatisticsRow) -> f64| {
        (rows.iter().map(|row| (of(row) - number(row)).abs()).sum::<f64>() + missed) / all
    };
    let covered = rows.iter().filter(|row| (row.low - 0.5..=row.high + 0.5).contains(&number(row))).count();
    let medians: Vec<(f64, f64)> = rows
        .iter()
        .filter_map(|row| {
            let median = |latency: &Option<tracemend::statistics::Latency>| {
                latency.as_ref().map(|latency| (latency.p50.value.max(1) as f64).ln())
            };
            let true_one = median(&truth.get(&key(row))?.latency_recorded)?;
            Some(((median(&row.latency_recorded)? - true_one).abs(), (median(&row.latency)? - true_one).abs()))
        })
        .collect();
    let mean_of = |of: &dyn Fn(&(f64, f64)) -> f64| medians.iter().map(of).sum::<f64>() / medians.len() as f64;
    Distance {
        rows: rows.len() + missing,
        before: mean(&|row| row.recorded as f64),
        after: mean(&|row| row.expected),
        covered: covered as f64 / all,
        medians: (!medians.is_empty()).then(|| (mean_of(&|pair| pair.0), mean_of(&|pair| pair.1))),
    }
}

/// A row of the table in docs/results.md.
fn print(name: &str, distance: &Distance) {
    let medians = distance.medians.map_or(" | ".to_owned(), |(before, after)| format!("{before:.3} | {after:.3}"));
    println!(
        "| {name} | {} | {:.1} | {:.1} | {:.0} % | {:.0} % | {medians} |",
        distance.rows,
        distance.before,
        distance.after,
        100.0 * distance.fall(),
        100.0 * distance.covered
    );
}

#[test]
fn counts_move_towards_the_complete_twin() {
    let samples = root().join("samples");
    let (lossy, full) = pair(&samples.join("ftrace_pipe_lost.txt.zst"), Some(&samples.join("ftrace_full.txt.zst")));
    let distance = distance(lossy, full);
    assert!(distance.fall() >= 0.6, "{distance:?}");
    assert!(distance.covered >= 0.85, "{distance:?}");
}

#[test]
fn counts_move_towards_the_twins_of_the_samples_beside_the_repository() {
    let shared = std::env::var_os("TRACEMEND_SHARED").map_or_else(|| root().join("../shared"), PathBuf::from);
    let pairs = [
        ("ctf18-ust-paired", None),
        ("ctf18-from-lttng216", None),
        ("ctf2-ust-paired", None),
        ("perf_lost.data", Some("perf_full.data.zst")),
        ("trace_lost_v6.dat.zst", Some("ftrace_full.txt.zst")),
        ("ftrace_pipe_lost.txt.zst", Some("ftrace_full.txt.zst")),
    ];
    let (mut before, mut after, mut rows, mut covered) = (0.0, 0.0, 0.0, 0.0);
    for (lossy, full) in pairs {
        let path = shared.join("samples").join(lossy);
        if !path.exists() {
            eprintln!("skipped: {} is not here", path.display());
            return;
        }
        let full = full.map(|full| shared.join("samples").join(full));
        let (lossy_trace, full_trace) = pair(&path, full.as_deref());
        let distance = distance(lossy_trace, full_trace);
        print(lossy, &distance);
        assert!(distance.fall() >= 0.6, "{lossy}: {distance:?}");
        let of = distance.rows as f64;
        before += distance.before * of;
        after += distance.after * of;
        rows += of;
        covered += distance.covered * of;
    }
    let (fall, share) = (1.0 - after / before, covered / rows);
    println!(
        "| all | {rows} | {:.1} | {:.1} | {:.0} % | {:.0} % | | |",
        before / rows,
        after / rows,
        100.0 * fall,
        100.0 * share
    );
    assert!(fall >= 0.6 && share >= 0.85);
}
