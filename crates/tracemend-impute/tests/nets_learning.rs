//! Every network, at its smallest, learns from a real recording, to the same weights on any number of threads.
#![cfg(feature = "nets")]

use std::path::Path;
use tracemend_impute::nets;
use tracemend_impute::nets::Sampling;
use tracemend_impute::nets::model_file::ModelFile;
use tracemend_impute::nets::registry::{AnyNetwork, NETWORKS, Preset, preset};
use tracemend_impute::nets::state_dict::StateDict;
use tracemend_impute::nets::train::{BEST, METRICS, Mask, Metrics, Outcome, Progress, Task, TrainConfig, Watch};
use tracemend_impute::window::baselines::RepeatPrevious;
use tracemend_impute::window::dataset::{By, Sequence, Vocabulary, report, sequences, split};
use tracemend_impute::{Imputer, Window};
use tracemend_trace::Trace;

const LENGTH: usize = 32;
/// Events of the windows of few words.
const SHORT: usize = 16;
/// Tokens of the small vocabulary.
const FEW: usize = 8;

struct Alone;

impl Watch for Alone {
    fn progress(&mut self, _: Progress) {}

    fn interrupted(&self) -> bool {
        false
    }
}

/// The complete ftrace recording of the repository, by thread: training text, validation text, test text.
fn recording() -> (Vocabulary, split::Parts) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../samples/ftrace_full.txt.zst");
    let mut source = tracemend_trace::open(&path, &tracemend_trace::OpenOptions::default()).expect("the sample");
    let trace = Trace::read(source.as_mut()).expect("the sample");
    let vocabulary = Vocabulary::of([&trace]);
    let parts = split::in_time(sequences(&trace, By::Thread, &vocabulary), LENGTH);
    (vocabulary, parts)
}

/// The recording's commonest tokens alone: four calls' entries and exits, which nothing tells apart by their numbers.
fn few_words() -> (Vocabulary, split::Parts) {
    let (vocabulary, [train, valid, test]) = recording();
    let mut counts = vec![0usize; vocabulary.tokens.len()];
    train.iter().flat_map(|text| &text.tokens).for_each(|&token| counts[token as usize] += 1);
    let mut order: Vec<u32> = (0..counts.len() as u32).collect();
    order.sort_by_key(|&token| std::cmp::Reverse(counts[token as usize]));
    order.truncate(FEW);
    let short = |texts: Vec<Sequence>| -> Vec<Sequence> {
        let number = |token: &u32| order.iter().position(|kept| kept == token).map(|at| at as u32);
        texts.iter().map(|text| Sequence::bare(text.tokens.iter().filter_map(number).collect())).collect()
    };
    (Vocabulary::numbers(FEW), [short(train), short(valid), short(test)])
}

/// Share of single missing events in the middle of windows of `length` that are filled right.
fn accuracy(imputer: &dyn Imputer, test: &[Sequence], length: usize) -> f64 {
    let middle = length / 2;
    let observed: Vec<bool> = (0..length).map(|at| at != middle).collect();
    let windows: Vec<(Vec<u32>, u32)> = test
        .iter()
        .flat_map(|sequence| sequence.tokens.windows(length).step_by(7))
        .map(|window| {
            let mut hidden = window.to_vec();
            hidden[middle] = 0;
            (hidden, window[middle])
        })
        .collect();
    let inputs: Vec<Window<'_>> = windows.iter().map(|(tokens, _)| Window::new(tokens, &observed)).collect();
    let filled = imputer.impute_all(&inputs);
    let right = filled.iter().zip(&windows).filter(|(filled, (_, truth))| filled.tokens[middle] == *truth);
    right.count() as f64 / windows.len() as f64
}

/// The settings of a short run.
fn settings(steps: usize) -> TrainConfig {
    TrainConfig {
        steps,
        batch: 16,
        length: LENGTH,
        learning_rate: 3e-3,
        warmup: 10,
        ema: 0.9,
        validate_every: steps / 2,
        validation_windows: 32,
        ..TrainConfig::default()
    }
}

/// A short run of a network at its smallest.
struct Run {
    texts: (Vocabulary, split::Parts),
    encoding: &'static str,
    /// Other settings of the network, by JSON pointer.
    changes: Vec<(&'static str, serde_json::Value)>,
    settings: TrainConfig,
}

impl Run {
    /// On the whole recording, a channel for each token.
    fn new(steps: usize) -> Self {
        Self { texts: recording(), encoding: "onehot", changes: Vec::new(), settings: settings(steps) }
    }
}

/// Trains a network at its smallest; its accuracy, its losses, and its weights.
fn learn(name: &str, run: &Run, threads: usize) -> (f64, Vec<Metrics>, StateDict) {
    let Run { texts: (vocabulary, [train, valid, test]), settings, .. } = run;
    let mut config = preset(name, Preset::Tiny, vocabulary.tokens.len()).expect("a network");
    // Ids mean nothing as numbers.
    for inner in ["/process/encoding", "/csdi/process/encoding"] {
        if let Some(encoding) = config.pointer_mut(inner) {
            *encoding = run.encoding.into();
        }
    }
    for (path, value) in &run.changes {
        *config.pointer_mut(path).unwrap_or_else(|| panic!("{name} has no {path}")) = value.clone();
    }
    let config = config.to_string();
    let folder = tempfile::tempdir().expect("a folder");
    let network = AnyNetwork::init(name, &config, 1, &nets::cpu()).expect("a network");
    let task = Task { network: name, network_config: &config, vocabulary, train, valid };
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("threads");
    pool.install(|| {
        let outcome = network.train(&task, settings, folder.path(), false, &mut Alone).expect("trained");
        assert_eq!(outcome, Outcome::Done);
        let text = std::fs::read_to_string(folder.path().join(METRICS)).expect("losses");
        let losses = text.lines().map(|line| serde_json::from_str(line).expect("a line")).collect();
        let path = folder.path().join(BEST);
        let file = ModelFile::load(&path).expect("a model");
        let network = AnyNetwork::from_file(&file, &nets::cpu()).expect("a network");
        (accuracy(&*network.into_imputer(&Sampling::quick()), test, settings.length), losses, file.tensors)
    })
}

/// Entropy of a token drawn by its frequency, in nats.
fn entropy(sequences: &[Sequence]) -> f64 {
    report::part(sequences, LENGTH, 1, 0).entropy_bits[0] * std::f64::consts::LN_2
}

/// The networks that name tokens directly: their loss is the cross-entropy of a token.
fn beats_frequency_and_repetition(name: &str, changes: Vec<(&'static str, serde_json::Value)>) {
    let run = Run { changes, ..Run::new(200) };
    let (_, [train, _, test]) = recording();
    let (repeated, frequency) = (accuracy(&RepeatPrevious, &test, LENGTH), entropy(&train));
    let (accuracy, losses, _) = learn(name, &run, 2);
    let last = losses.last().expect("a loss").validation_loss;
    println!("{name}: loss {last:.3} of {frequency:.3}, k=1 accuracy {accuracy:.3}, repeat {repeated:.3}");
    assert!(last < 0.8 * frequency, "{name}: validation loss {last}, entropy {frequency}");
    // Nobody repeats itself where entries and exits take turns; one in four right is far beyond chance.
    assert!(accuracy > repeated + 0.25, "{name}: {accuracy} against {repeated}");
}

#[test]
fn masked_diffusion_beats_frequency_and_repetition() {
    beats_frequency_and_repetition("masked_diffusion", Vec::new());
}

#[test]
fn masked_diffusion_with_s4_blocks_beats_frequency_and_repetition() {
    beats_frequency_and_repetition("masked_diffusion", vec![("/blocks", "s4".into())]);
}

#[test]
fn lstm_beats_frequency_and_repetition() {
    beats_frequency_and_repetition("lstm", Vec::new());
}

#[test]
fn bilstm_beats_frequency_and_repetition() {
    beats_frequency_and_repetition("bilstm", Vec::new());
}

/// The networks of diffusion, on few words: their loss is the mean squared error of noise of variance 1, or of bits that
/// are 1 or -1.
fn denoises_and_beats_repetition(
    name: &str,
    steps: usize,
    learning_rate: f64,
    changes: Vec<(&'static str, serde_json::Value)>,
) {
    let mask = Mask::Blackout { shortest: 1, longest: 3 };
    let settings = TrainConfig { length: SHORT, learning_rate, ema: 0.95, mask, ..settings(steps) };
    let run = Run { texts: few_words(), encoding: "analogbits", changes, settings };
    let repeated = accuracy(&RepeatPrevious, &run.texts.1[2], SHORT);
    let (accuracy, losses, _) = learn(name, &run, 2);
    let [first, last] = [losses.first(), losses.last()].map(|line| line.expect("a loss").validation_loss);
    println!("{name}: loss {first:.3}, {last:.3}, k=1 accuracy {accuracy:.3}, repeat {repeated:.3}");
    assert!(last < first && last < 0.5, "{name}: {first} to {last}");
    // The commonest of the words is every fourth.
    assert!(accuracy > repeated + 0.5, "{name}: {accuracy} against {repeated}");
}

#[test]
fn diffwave_denoises_and_beats_repetition() {
    denoises_and_beats_repetition("diffwave", 800, 1e-2, Vec::new());
}

#[test]
fn sssd_s4_denoises_and_beats_repetition() {
    denoises_and_beats_repetition("sssd_s4", 1200, 1e-2, vec![("/length", SHORT.into())]);
}

#[test]
fn sssd_sa_denoises_and_beats_repetition() {
    denoises_and_beats_repetition("sssd_sa", 1200, 1e-2, vec![("/length", SHORT.into())]);
}

#[test]
fn csdi_denoises_and_beats_repetition() {
    // Attention finds neighbours by their positions alone, which it meets from the second layer on.
    let changes = vec![
        ("/process/prediction", "start".into()),
        ("/layers", 3.into()),
        ("/channels", 16.into()),
        ("/heads", 4.into()),
    ];
    denoises_and_beats_repetition("csdi", 400, 3e-3, changes);
}

#[test]
fn csdi_s4_denoises_and_beats_repetition() {
    denoises_and_beats_repetition("csdi_s4", 600, 3e-3, vec![("/csdi/process/prediction", "start".into())]);
}

#[test]
fn logits_of_a_window_are_learned_faster_than_its_noise() {
    let of = |prediction: &str| {
        let run = Run { changes: vec![("/process/prediction", prediction.into())], ..Run::new(400) };
        learn("diffwave", &run, 2).0
    };
    let (noise, start) = (of("noise"), of("start"));
    println!("diffwave: noise {noise:.3}, start {start:.3}");
    assert!(start > noise + 0.1, "{start} against {noise}");
}

#[test]
fn one_thread_and_two_learn_the_same_weights() {
    for (name, _) in NETWORKS {
        let (one, two) = (learn(name, &Run::new(4), 1), learn(name, &Run::new(4), 2));
        let differing: Vec<_> =
            one.2.iter().filter(|(name, tensor)| two.2[*name] != **tensor).map(|(n, _)| n).collect();
        assert!(differing.is_empty(), "{name}: {differing:?}");
        assert!(one.0 == two.0, "{name}");
    }
}

#[test]
fn networks_made_at_the_same_time_do_not_disturb_each_other() {
    let make = || {
        let config = preset("lstm", Preset::Tiny, 9).expect("a network").to_string();
        AnyNetwork::init("lstm", &config, 3, &nets::cpu()).expect("a network").tensors()
    };
    let alone = make();
    let threads: Vec<_> = (0..8).map(|_| std::thread::spawn(make)).collect();
    assert!(threads.into_iter().all(|thread| thread.join().expect("made") == alone));
}
