//! Every network, at its smallest, learns a real recording well enough to beat the repetition of the event before.
#![cfg(feature = "nets")]

use std::path::Path;
use tracemend_impute::baselines::RepeatPrevious;
use tracemend_impute::dataset::{By, Sequence, Vocabulary, sequences, split};
use tracemend_impute::nets::{
    self,
    diffusion::imputer::Sampling,
    model_file::ModelFile,
    registry::{AnyNetwork, NETWORKS, Preset, preset},
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

/// Trains a network; its accuracy, its losses, and the bytes of its model.
fn learn(name: &str, steps: usize, threads: usize) -> (f64, Vec<Metrics>, Vec<u8>) {
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
        let imputer = AnyNetwork::from_file(&file, &nets::cpu()).expect("a network").into_imputer(&Sampling::quick());
        (accuracy(&*imputer, &test), losses, std::fs::read(path).expect("a model"))
    })
}

/// What the validation loss has to fall below, and in how many steps: cross-entropy of a missing token (2.9 for one drawn
/// by frequency), or squared error of noise (1 for a network that predicts none).
const LIMITS: [(&str, usize, f64); 8] = [
    ("masked_diffusion", 200, 1.6),
    ("lstm", 120, 1.2),
    ("bilstm", 120, 1.2),
    ("diffwave", 200, 0.6),
    ("sssd_s4", 120, 0.6),
    ("sssd_sa", 120, 0.6),
    ("csdi", 200, 0.9),
    ("csdi_s4", 200, 0.9),
];

fn beats_repetition(name: &str) {
    let (_, [_, _, test]) = recording();
    let repeated = accuracy(&RepeatPrevious, &test);
    let (_, steps, limit) = LIMITS.into_iter().find(|(known, ..)| *known == name).expect("a limit");
    let (accuracy, losses, _) = learn(name, steps, 2);
    let last = losses.last().expect("a loss").validation_loss;
    println!("{name}: loss {last:.3}, k=1 accuracy {accuracy:.3}, repeat {repeated:.3}");
    assert!(last < limit, "{name}: validation loss {last}");
    assert!(accuracy > repeated, "{name}: {accuracy} against {repeated}");
}

#[test]
fn every_network_has_a_limit() {
    assert_eq!(NETWORKS.map(|(name, _)| name), LIMITS.map(|(name, ..)| name));
}

#[test]
fn masked_diffusion_beats_repetition() {
    beats_repetition("masked_diffusion");
}

#[test]
fn lstm_beats_repetition() {
    beats_repetition("lstm");
}

#[test]
fn bilstm_beats_repetition() {
    beats_repetition("bilstm");
}

#[test]
fn diffwave_beats_repetition() {
    beats_repetition("diffwave");
}

#[test]
fn sssd_s4_beats_repetition() {
    beats_repetition("sssd_s4");
}

#[test]
fn sssd_sa_beats_repetition() {
    beats_repetition("sssd_sa");
}

#[test]
fn csdi_beats_repetition() {
    beats_repetition("csdi");
}

#[test]
fn csdi_s4_beats_repetition() {
    beats_repetition("csdi_s4");
}

#[test]
fn one_thread_and_two_learn_the_same_weights() {
    for (name, _) in NETWORKS {
        let (one, two) = (learn(name, 4, 1), learn(name, 4, 2));
        assert!(one.2 == two.2, "{name}");
        assert!(one.0 == two.0, "{name}");
    }
}
