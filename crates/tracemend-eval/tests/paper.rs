//! Protocol `paper` on the published windows and arrays.
//!
//! They are not part of this repository (no licence is stated for them): the tests look for the folder named by
//! `TRACEMEND_SHARED`, else for `shared` beside the checkout, and say so where they are skipped.
//!
//! The full grid, its table, and the cross-validation behind the constants of `ppm`:
//! `cargo test --release -p tracemend-eval --test paper -- --ignored --nocapture`

use std::path::{Path, PathBuf};
use std::sync::Arc;

use tracemend_eval::arrays::{score_arrays, score_arrays_against};
use tracemend_eval::protocol::paper;
use tracemend_eval::protocol::paper::{BLACKOUTS, PaperConfig};
use tracemend_eval::protocol::settings::WindowSettings;
use tracemend_eval::score::Score;
use tracemend_eval::tally::{GapTally, Totals};
use tracemend_eval::{Error, Metric};
use tracemend_impute::window::context_index::ContextIndex;
use tracemend_impute::window::ngram::NgramCounts;
use tracemend_impute::window::place::Place;
use tracemend_impute::window::ppm::{Ppm, PpmConfig};
use tracemend_impute::window::windows::Source;
use tracemend_impute::{Imputer, Window};

/// Runs the methods alone, and caches nothing.
fn run(config: &PaperConfig) -> Result<Vec<Score>, Error> {
    paper::run(config, &[], &(), &mut |_| Ok(()))
}

/// `paper/` of the shared material, or `None` with a note.
fn published() -> Option<PathBuf> {
    let root = std::env::var_os("TRACEMEND_SHARED")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared"), PathBuf::from);
    let paper = root.join("paper");
    if !paper.join("pts.npz").is_file() {
        eprintln!("SKIPPED: no published data at {}; name their folder in TRACEMEND_SHARED", paper.display());
        return None;
    }
    Some(paper)
}

fn config(paper: &Path, datasets: &[&str], blackouts: &[usize], methods: &[&str]) -> PaperConfig {
    PaperConfig {
        data: paper.join("pts.npz"),
        datasets: datasets.iter().map(|d| (*d).to_owned()).collect(),
        settings: WindowSettings {
            length: 200,
            blackouts: blackouts.to_vec(),
            place: Place::Middle,
            methods: methods.iter().map(|m| (*m).to_owned()).collect(),
            seed: 1,
            threads: 2,
        },
    }
}

/// The same with other settings.
fn with(mut config: PaperConfig, change: impl FnOnce(&mut WindowSettings)) -> PaperConfig {
    change(&mut config.settings);
    config
}

/// All rows of one metric and method.
fn pick<'a>(rows: &'a [Score], method: &str, metric: Metric) -> Vec<&'a Score> {
    let wanted = |r: &&Score| r.method == method && r.metric == metric;
    rows.iter().filter(wanted).collect()
}

/// Accuracy at least 0.995 and perfect rate at least 0.98 on every data set; 0.999 and 0.99 on the mean of all nine.
fn assert_floors(rows: &[Score], all_nine: bool) {
    for (metric, each, mean) in [(Metric::Accuracy, 0.995, 0.999), (Metric::PerfectRate, 0.98, 0.99)] {
        let rows = pick(rows, "ppm", metric);
        assert!(!rows.is_empty());
        for row in rows {
            let is_mean = row.data.starts_with("mean ");
            let floor = if is_mean && all_nine { mean } else { each };
            assert!(row.interval.value >= floor, "{row:?} is under {floor}");
        }
    }
}

#[test]
fn arrays_give_the_recomputed_scores() {
    let Some(paper) = published() else { return };
    let table = std::fs::read_to_string(paper.join("authors_results.csv")).expect("readable");
    let names: Vec<&str> = table.lines().next().expect("a header").split(',').collect();
    let mut compared = 0;
    for (model, data, k) in
        [("SSSD_S4", "ffmpeg", "10"), ("DiffWave", "phpbench", "10"), ("SSSD_S4_end", "ffmpeg", "30")]
    {
        let dir = paper.join(format!("layout/Results/{model}/results_{data}_{k}"));
        let rows = score_arrays(&dir, 1).expect("readable arrays");
        let line = table.lines().map(|l| l.split(',').collect::<Vec<_>>());
        let line = line.filter(|l| l[..3] == [model, data, k]).collect::<Vec<_>>();
        for metric in [Metric::Accuracy, Metric::PerfectRate, Metric::RougeL, Metric::MacroAccuracy, Metric::WithinOne]
        {
            let column = names.iter().position(|n| *n == metric.name()).expect("a column");
            let [row] = pick(&rows, model, metric)[..] else { panic!("not one row of {metric}") };
            let interval = row.interval;
            assert_eq!(format!("{:.4}", interval.value), line[0][column], "{row:?}");
            assert!(interval.low <= interval.value && interval.value <= interval.high, "{row:?}");
            assert_eq!((row.blackout, row.gaps), (k.parse().expect("a number"), 500));
            compared += 1;
        }
    }
    assert_eq!(compared, 15);
}

#[test]
fn arrays_are_held_against_training_windows() {
    let Some(paper) = published() else { return };
    let layout = paper.join("layout");
    let dir = layout.join("Results/SSSD_S4/results_ffmpeg_10");
    let rows = score_arrays(&dir, 1).expect("readable arrays");
    assert_eq!(rows[0].data, "ffmpeg L=200 middle");
    assert!(rows.iter().all(|r| r.metric != Metric::Leakage), "no training windows of this length");
    // The test windows as training windows: everything leaks.
    let test = layout.join("Datasets/ffmpeg/sequence_length_200/test.npy");
    let rows = score_arrays_against(&dir, &test, 1).expect("readable arrays");
    let leakage = rows.iter().find(|r| r.metric == Metric::Leakage).expect("a row");
    assert_eq!((leakage.interval.value, leakage.gaps), (1.0, 500));
}

#[test]
fn floors_on_two_data_sets() {
    let Some(paper) = published() else { return };
    // `ramspeed` leaks least and scores lowest.
    let config = config(&paper, &["ramspeed", "pybench"], &[1, 10, 40], &["ppm", "lookup"]);
    let rows = run(&config).expect("published data");
    assert_floors(&rows, false);
    assert!(pick(&rows, "-", Metric::Leakage).iter().all(|r| r.interval.value > 0.9));
    let end = with(config, |settings| (settings.place, settings.blackouts) = (Place::End, vec![40]));
    for row in pick(&run(&end).expect("published data"), "ppm", Metric::Accuracy) {
        assert!(row.interval.value >= 0.92, "{row:?}");
    }
}

#[test]
fn folders_and_streams_agree() {
    let Some(paper) = published() else { return };
    let mut config = config(&paper, &["ffmpeg"], &[5, 30], &["ppm", "lookup", "period"]);
    config.settings.length = 50;
    let streams = run(&config).expect("streams");
    config.data = paper.join("layout");
    config.settings.threads = 1;
    let folders = run(&config).expect("folders");
    // As text, in which a share of no events at all is equal to itself.
    let timeless = |rows: &[Score]| -> Vec<String> {
        rows.iter().filter(|row| row.metric != Metric::SecondsPerGap).map(|row| format!("{row:?}")).collect()
    };
    // One thread and two, arrays and archive: the same to the last bit.
    for (stream, folder) in timeless(&streams).iter().zip(timeless(&folders)) {
        assert!(*stream == folder, "{:.150}\n{folder:.150}", stream);
    }
    assert_eq!(streams.len(), folders.len());
}

#[test]
fn errors_say_what_to_do() {
    let missing = PaperConfig {
        data: "no/such/file.npz".into(),
        datasets: Vec::new(),
        settings: WindowSettings { length: 200, blackouts: vec![10], seed: 1, threads: 1, ..WindowSettings::default() },
    };
    let says = |config: &PaperConfig| run(config).expect_err("wrong").to_string();
    assert!(says(&missing).contains("no/such/file.npz"));
    let method = with(missing.clone(), |settings| settings.methods = vec!["oracle".into()]);
    assert!(says(&method).contains("ppm, lookup"));
    for blackout in [0, 200] {
        let config = with(missing.clone(), |settings| settings.blackouts = vec![blackout]);
        assert!(matches!(run(&config), Err(Error::Blackout { .. })));
    }
    let here = PaperConfig { data: env!("CARGO_MANIFEST_DIR").into(), ..missing };
    assert!(says(&here).contains("length"), "{}", says(&here));
    let none = score_arrays(Path::new(env!("CARGO_MANIFEST_DIR")), 1).expect_err("no arrays");
    assert!(none.to_string().contains("original0.npy"));
}

#[test]
#[ignore = "all nine data sets: `cargo test --release -p tracemend-eval --test paper -- --ignored --nocapture`"]
fn floors_on_all_data_sets() {
    let Some(paper) = published() else { return };
    for place in [Place::Middle, Place::End] {
        let config = with(config(&paper, &[], &BLACKOUTS, &[]), |settings| settings.place = place);
        let start = std::time::Instant::now();
        let rows = run(&config).expect("published data");
        println!("{place}: {:.1} s", start.elapsed().as_secs_f64());
        for row in &rows {
            let lowest = |r: &&Score| r.data != row.data && !r.data.starts_with("mean ");
            if row.data.starts_with("mean ") {
                let worst = rows
                    .iter()
                    .filter(|r| (&r.method, &r.metric, r.blackout) == (&row.method, &row.metric, row.blackout))
                    .filter(lowest)
                    .min_by(|a, b| a.interval.value.total_cmp(&b.interval.value))
                    .expect("a data set");
                println!(
                    "{place:6} {:8} k={:2} {:16} {:.6} [{:.6}, {:.6}] lowest {:.6} {}",
                    row.method,
                    row.blackout,
                    row.metric,
                    row.interval.value,
                    row.interval.low,
                    row.interval.high,
                    worst.interval.value,
                    worst.data
                );
            }
        }
        let mean = |metric: Metric, method: &str| -> Vec<f64> {
            let rows = pick(&rows, method, metric);
            rows.iter().filter(|r| r.data.starts_with("mean ")).map(|r| r.interval.value).collect()
        };
        assert!(mean(Metric::Leakage, "-")[0] >= 0.95);
        match place {
            Place::Middle => assert_floors(&rows, true),
            Place::End => assert!(mean(Metric::Accuracy, "ppm")[5] >= 0.92),
        }
    }
}

/// Settings compared by [`cross_validation`], with what differs from the default.
fn candidates() -> Vec<(String, PpmConfig)> {
    let default = PpmConfig::default;
    let mut all = vec![("default".to_owned(), default())];
    for escape in [0.125, 0.25, 0.5, 2.0, 4.0] {
        all.push((format!("escape {escape}"), PpmConfig { escape, ..default() }));
    }
    for max in [8, 40, 96] {
        let mut config = default();
        config.levels.retain(|l| *l <= max);
        all.push((format!("levels to {max}"), config));
    }
    for min in [2, 4, 8, 16] {
        let mut config = default();
        config.levels.retain(|l| *l >= min);
        all.push((format!("levels from {min}"), config));
    }
    let every = PpmConfig { levels: (1..=256).collect(), ..default() };
    all.push(("every level".to_owned(), every));
    for order in [4, 6, 12, 16] {
        all.push((format!("order {order}"), PpmConfig { order, ..default() }));
    }
    for beam in [4, 64] {
        all.push((format!("beam {beam}"), PpmConfig { beam, ..default() }));
    }
    all
}

/// Five blocks of each training stream are held out in turn; the test streams are never read.
#[test]
#[ignore = "minutes: `cargo test --release -p tracemend-eval --test paper cross_validation -- --ignored --nocapture`"]
fn cross_validation() {
    const FOLDS: usize = 5;
    const WINDOW: usize = 200;
    let Some(paper) = published() else { return };
    let source = Source::open(&paper.join("pts.npz")).expect("published data");
    let cases = [(Place::Middle, 10), (Place::Middle, 40), (Place::End, 40)];
    let candidates = candidates();
    let mut tallies: Vec<Vec<GapTally>> = vec![Vec::new(); candidates.len() * cases.len()];
    for name in source.names(WINDOW).expect("published data") {
        let data = source.load(&name, WINDOW).expect("published data");
        let stream = &data.training[0].tokens;
        let block = stream.len() / FOLDS;
        for fold in 0..FOLDS {
            let held = fold * block..(fold + 1) * block;
            let rest = [&stream[..held.start], &stream[held.end..]];
            let index = Arc::new(ContextIndex::new(&rest));
            // A prime stride, so that windows begin at all phases of the loops.
            let windows: Vec<&[u32]> = stream[held].windows(WINDOW).step_by(61).collect();
            for (c, (_, config)) in candidates.iter().enumerate() {
                let ngrams = Arc::new(NgramCounts::new(&rest, config.order));
                let ppm = Ppm::with_parts(config.clone(), index.clone(), ngrams);
                for (case, (place, k)) in cases.iter().enumerate() {
                    let hidden = place.hidden(WINDOW, *k);
                    let observed: Vec<bool> = (0..WINDOW).map(|i| !hidden.contains(&i)).collect();
                    for tokens in &windows {
                        let filled = ppm.impute(Window::new(tokens, &observed));
                        let ids = |t: &[u32]| -> Vec<i64> { t[hidden.clone()].iter().map(|t| i64::from(*t)).collect() };
                        let sure: Vec<f32> = hidden.clone().map(|i| filled.confidence(i)).collect();
                        let tally = GapTally::new(&ids(tokens), &ids(&filled.tokens), Some(&sure));
                        tallies[c * cases.len() + case].push(tally);
                    }
                }
            }
        }
    }
    println!(
        "{:16} {:>6} {:>3} {:>9} {:>9} {:>9} {:>9} {:>9}",
        "setting", "gap", "k", "accuracy", "perfect", "macro", "ece", "p>=0.9"
    );
    for (case, (place, k)) in cases.iter().enumerate() {
        for (c, (label, _)) in candidates.iter().enumerate() {
            let tallies = &tallies[c * cases.len() + case];
            let mut totals = Totals::for_tallies(tallies);
            tallies.iter().for_each(|t| totals.add(t, 1.0));
            let figures = totals.figures();
            print!("{label:16} {place:>6} {k:3}");
            for metric in
                [Metric::Accuracy, Metric::PerfectRate, Metric::MacroAccuracy, Metric::Ece, Metric::PrecisionAt90]
            {
                print!(" {:9.5}", figures.get(metric).unwrap_or(f64::NAN));
            }
            println!();
        }
    }
}
