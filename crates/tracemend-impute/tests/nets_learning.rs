//! Every network, at its smallest, learns from a real recording, to the same weights on any number of threads.
#![cfg(feature = "nets")]

use std::path::Path;
use tracemend_impute::baselines::RepeatPrevious;
use tracemend_impute::dataset::{By, Sequence, Vocabulary, report, sequences, split};
use tracemend_impute::nets::{
    self,
    diffusion::imputer::Sampling,
    model_file::ModelFile,
    registry::{AnyNetwork, NETWORKS, Preset, preset},
    state_dict::StateDict,
    train::{
        Outcome, Progress, Task, TrainConfig, Watch,
        trainer::{BEST, METRICS, Metrics},
    },
};
use tracemend_impute::{Imputer, Window};
use tracemend_trace::{Trace, source};

const LENGTH: usize = 32;

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
    let mut source = source::open(&path, &source::OpenOptions::default()).expect("the sample");
    let trace = Trace::read(source.as_mut()).expect("the sample");
    let vocabulary = Vocabulary::of([&trace]);
    let parts = split::in_time(sequences(&trace, By::Thread, &vocabulary), LENGTH);
    (vocabulary, parts)
}

/// Share of single missing events that are filled right.
fn accuracy(imputer: &dyn Imputer, test: &[Sequence]) -> f64 {
    let observed: Vec<bool> = (0..LENGTH).map(|at| at != LENGTH / 2).collect();
    let windows: Vec<(Vec<u32>, u32)> = test
        .iter()
        .flat_map(|sequence| sequence.tokens.windows(LENGTH).step_by(7))
        .map(|window| {
            let mut hidden = window.to_vec();
            hidden[LENGTH / 2] = 0;
            (hidden, window[LENGTH / 2])
        })
        .collect();
    let inputs: Vec<Window<'_>> = windows.iter().map(|(tokens, _)| Window::new(tokens, &observed)).collect();
    let filled = imputer.impute_all(&inputs);
    let right = filled.iter().zip(&windows).filter(|(filled, (_, truth))| filled.tokens[LENGTH / 2] == *truth);
    right.count() as f64 / windows.len() as f64
}

/// Trains a network; its accuracy, its losses, and its weights.
fn learn(name: &str, steps: usize, threads: usize) -> (f64, Vec<Metrics>, StateDict) {
    let (vocabulary, [train, valid, test]) = recording();
    let mut config = preset(name, Preset::Tiny, vocabulary.tokens.len()).expect("a network");
    // Ids that mean nothing as numbers are learned soonest from a channel each.
    for inner in ["/process/encoding", "/csdi/process/encoding"] {
        if let Some(encoding) = config.pointer_mut(inner) {
            *encoding = "onehot".into();
        }
    }
    let config = config.to_string();
    let settings = TrainConfig {
        steps,
        batch: 16,
        length: LENGTH,
        learning_rate: 3e-3,
        warmup: 10,
        ema: 0.9,
        validate_every: steps / 2,
        validation_windows: 32,
        ..TrainConfig::default()
    };
    let folder = tempfile::tempdir().expect("a folder");
    let network = AnyNetwork::init(name, &config, 1, &nets::cpu()).expect("a network");
    let task = Task { network: name, network_config: &config, vocabulary: &vocabulary, train: &train, valid: &valid };
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("threads");
    pool.install(|| {
        let outcome = network.train(&task, &settings, folder.path(), false, &mut Alone).expect("trained");
        assert_eq!(outcome, Outcome::Done);
        let text = std::fs::read_to_string(folder.path().join(METRICS)).expect("losses");
        let losses = text.lines().map(|line| serde_json::from_str(line).expect("a line")).collect();
        let path = folder.path().join(BEST);
        let file = ModelFile::load(&path).expect("a model");
        let network = AnyNetwork::from_file(&file, &nets::cpu()).expect("a network");
        (accuracy(&*network.into_imputer(&Sampling::quick()), &test), losses, file.tensors)
    })
}

/// Entropy of a token drawn by its frequency, in nats.
fn entropy(sequences: &[Sequence]) -> f64 {
    report::part(sequences, LENGTH, 1, 0).entropy_bits[0] * std::f64::consts::LN_2
}

/// The networks that name tokens directly: their loss is the cross-entropy of a token.
fn beats_frequency_and_repetition(name: &str) {
    let (_, [train, _, test]) = recording();
    let (repeated, frequency) = (accuracy(&RepeatPrevious, &test), entropy(&train));
    let (accuracy, losses, _) = learn(name, 200, 2);
    let last = losses.last().expect("a loss").validation_loss;
    println!("{name}: loss {last:.3} of {frequency:.3}, k=1 accuracy {accuracy:.3}, repeat {repeated:.3}");
    assert!(last < 0.8 * frequency, "{name}: validation loss {last}, entropy {frequency}");
    // Nobody repeats itself where entries and exits take turns; one in four right is far beyond chance.
    assert!(accuracy > repeated + 0.25, "{name}: {accuracy} against {repeated}");
}

#[test]
fn masked_diffusion_beats_frequency_and_repetition() {
    beats_frequency_and_repetition("masked_diffusion");
}

#[test]
fn lstm_beats_frequency_and_repetition() {
    beats_frequency_and_repetition("lstm");
}

#[test]
fn bilstm_beats_frequency_and_repetition() {
    beats_frequency_and_repetition("bilstm");
}

#[test]
fn losses_of_gaussian_diffusion_fall() {
    for name in ["diffwave", "sssd_s4", "sssd_sa", "csdi", "csdi_s4"] {
        let (_, losses, _) = learn(name, 40, 2);
        let [first, last] = [losses.first(), losses.last()].map(|line| line.expect("a loss").validation_loss);
        println!("{name}: {first:.4} to {last:.4}");
        assert!(last < first, "{name}: {first} to {last}");
    }
}

#[test]
fn one_thread_and_two_learn_the_same_weights() {
    for (name, _) in NETWORKS {
        let (one, two) = (learn(name, 4, 1), learn(name, 4, 2));
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
