use super::*;
use crate::window::dataset::Sequence;
use crate::window::imputer::Imputer;
use crate::window::models::impute;

/// Knows one thing: after a token comes the next higher one, of three.
struct Successor;

impl Imputer for Successor {
    fn name(&self) -> &str {
        "successor"
    }

    fn impute(&self, window: Window<'_>) -> Imputation {
        Imputation { tokens: window.tokens.to_vec(), alternatives: vec![Vec::new(); window.tokens.len()] }
    }

    fn conditionals(&self, windows: &[Window<'_>]) -> Option<Vec<Vec<f32>>> {
        let rows = |window: &Window<'_>| {
            let open = (0..window.tokens.len()).filter(|&at| !window.observed[at]);
            open.flat_map(|at| {
                let next = (at > 0 && window.observed[at - 1]).then(|| (window.tokens[at - 1] + 1) % 3);
                (0..3).map(move |token| match next {
                    None => (1.0f32 / 3.0).ln(),
                    Some(next) => {
                        if token == next {
                            0.9f32.ln()
                        } else {
                            0.05f32.ln()
                        }
                    }
                })
            })
            .collect()
        };
        Some(windows.iter().map(rows).collect())
    }
}

fn names() -> Vocabulary {
    Vocabulary { tokens: ["a", "b", "c"].map(str::to_owned).to_vec(), processes: Vec::new() }
}

fn model() -> Model {
    Model { name: "successor".to_owned(), vocabulary: names(), imputer: Box::new(Successor) }
}

/// Windows of a run, beside the text of others.
fn data(training: Vec<Vec<u32>>, test: Vec<Vec<u32>>) -> Dataset {
    Dataset {
        name: String::new(),
        length: test[0].len(),
        vocabulary: names(),
        training: training.into_iter().map(Sequence::bare).collect(),
        test,
        known: Vec::new(),
    }
}

/// A `ppm` of bare text.
fn learned(text: Vec<Vec<u32>>) -> PlacedPpm {
    PlacedPpm::learn(&text.into_iter().map(Sequence::bare).collect::<Vec<_>>())
}

/// Distinct windows that end alike.
fn distinct(count: usize, end: &[u32]) -> Vec<Vec<u32>> {
    let digit = |number: usize, at: u32| (number / 3usize.pow(at) % 3) as u32;
    (0..count).map(|number| (0..4).map(|at| digit(number, at)).chain(end.iter().copied()).collect()).collect()
}

fn bare(tokens: &[u32]) -> Tested<'_> {
    Tested { tokens, known: None }
}

#[test]
fn a_mixture_is_a_distribution_and_each_alone_where_the_other_weighs_nothing() {
    let (ppm, network) = ([0.5, 0.5, 0.0], vec![0.7f64.ln(), 0.2f64.ln(), 0.1f64.ln()]);
    let mixed = |ppm_weight, network_weight| {
        let weights = Weights { joint: 0.0, ppm: ppm_weight, network: network_weight };
        weights.mixed(&ppm, Some(&network)).iter().map(|log| log.exp()).collect::<Vec<f64>>()
    };
    assert!((mixed(0.7, 0.4).iter().sum::<f64>() - 1.0).abs() < 1e-12);
    assert!(mixed(0.0, 1.0).iter().zip(&network).all(|(p, log)| (p - log.exp()).abs() < 1e-12));
    let alone = mixed(1.0, 0.0);
    assert!((alone[0] - (0.49 + SPREAD / 3.0)).abs() < 1e-12 && (alone[2] - SPREAD / 3.0).abs() < 1e-12);
    // By hand: what both think of the two tokens that ppm knows is 0.7 against 0.2.
    let both = mixed(1.0, 1.0);
    assert!((both[0] / both[1] - 3.5).abs() < 1e-9);
    assert_eq!(ALONE.mixed(&ppm, None), ALONE.mixed(&ppm, Some(&network)));
}

#[test]
fn shares_of_fillings_are_the_counts_own_and_flatten_with_the_temper() {
    let text = vec![vec![0, 1, 2, 3, 5, 0, 1, 2, 3, 5, 0, 1, 2, 3, 5], vec![9, 1, 2, 4, 5]];
    let ppm = learned(text);
    let tokens = [7, 1, 2, 77, 5];
    let gap = Gap { fillings: ppm.fillings(&bare(&tokens), &(3..4), Kernel::EVEN), network: Vec::new() };
    let own = impute(&ppm.engine, &tokens, &(3..4));
    let total: f64 = gap.fillings.iter().map(|(_, log)| log.exp()).sum();
    let shares = gap.shares(1.0, 0.0, 1, 10);
    assert!(own.alternatives[3].len() > 1 && gap.fillings[0].0 == [own.tokens[3]]);
    for &(token, p) in &own.alternatives[3] {
        assert!((shares[0][token as usize] - f64::from(p) / total).abs() < 1e-6);
    }
    let flat = gap.shares(0.0, 0.0, 1, 10);
    let even = 1.0 / gap.fillings.len() as f64;
    assert!(gap.fillings.iter().all(|(filling, _)| (flat[0][filling[0] as usize] - even).abs() < 1e-12));
}

fn sequence(tokens: &[u32], time_ns: &[i64], values: &[u8]) -> Sequence {
    let (tokens, time_ns, values) = (tokens.to_vec(), time_ns.to_vec(), values.to_vec());
    Sequence { tokens, time_ns, values, ..Sequence::default() }
}

/// The third of five events, 2 2 _ 2 2 with these times and values, as a ppm fills it in that learned `text`.
fn filled(text: &[Sequence], time_ns: &[i64], values: &[u8], kernel: Kernel) -> u32 {
    let ppm = PlacedPpm::learn(text);
    let known = sequence(&[2, 2, 9, 2, 2], time_ns, values);
    let window = Tested { tokens: &known.tokens, known: Some(&known) };
    let rescoring = Rescoring { kernel, temper: 1.0 };
    let combined = Combined { name: String::new(), ppm: &ppm, rescoring, network: None };
    combined.fill(&[window], &names(), &(2..3))[0].tokens[2]
}

#[test]
fn a_place_counts_for_more_the_nearer_its_time_is_to_the_gaps() {
    // Between the same events stands a quick 0 three times, and once a slow 1.
    let none = [0; 5];
    let quick = sequence(&[2, 2, 0, 2, 2], &[0, 1, 2, 3, 4], &none);
    let slow = sequence(&[2, 2, 1, 2, 2], &[0, 1, 500, 1000, 1001], &none);
    let text = [quick.clone(), quick.clone(), quick, slow];
    let filled = |times: &[i64], time| filled(&text, times, &none, Kernel { time, ..Kernel::EVEN });
    assert_eq!(filled(&[0, 1, 2, 3, 4], Some(1.0)), 0);
    assert_eq!(filled(&[0, 1, 2, 900, 901], Some(1.0)), 1);
    assert_eq!(filled(&[0, 1, 2, 900, 901], None), 0);
    // What happened when is not known.
    assert_eq!(filled(&[], Some(1.0)), 0);
}

#[test]
fn a_place_counts_for_less_the_nearer_to_it_other_values_were_returned() {
    let times = [0, 1, 2, 3, 4];
    // A 0 stands three times where the event before it returned 7, a 1 once where that returned 8; behind them all is alike.
    let often = sequence(&[2, 2, 0, 2, 2], &times, &[5, 7, 3, 6, 6]);
    let once = sequence(&[2, 2, 1, 2, 2], &times, &[5, 8, 4, 6, 6]);
    let text = [often.clone(), often.clone(), often, once];
    let by_values = |values: &[u8], differing| filled(&text, &times, values, Kernel { differing, ..Kernel::EVEN });
    assert_eq!(by_values(&[5, 7, 0, 6, 6], 0.01), 0);
    assert_eq!(by_values(&[5, 8, 0, 6, 6], 0.01), 1);
    assert_eq!(by_values(&[5, 8, 0, 6, 6], 1.0), 0);
    // One event away from the gap a difference weighs half as much.
    let row = |values: &[u8]| known_of(&sequence(&[0; 5], &times, values)).collect::<Vec<_>>();
    let weight = |values: &[u8]| {
        Kernel { time: None, differing: 0.01 }.weight(&row(&[5, 8, 0, 6, 6]), &(2..3), &row(values), &(2..3))
    };
    assert!((weight(&[5, 8, 9, 6, 6]) - 1.0).abs() < 1e-12);
    assert!((weight(&[5, 9, 9, 6, 6]) - 0.01).abs() < 1e-12);
    assert!((weight(&[9, 8, 9, 6, 6]) - 0.1).abs() < 1e-12);
    assert!((weight(&[5, 8, 9, 9, 9]) - 0.001).abs() < 1e-12);
    // What stands in the place is not compared, nor is what is unknown there.
    assert!((weight(&[5, 0, 7, 0, 6]) - 1.0).abs() < 1e-12);
}

#[test]
fn nothing_of_a_hidden_event_is_read() {
    // The window repeats itself around the gap, so places of its own reach into it.
    let ppm = learned(vec![vec![0, 1, 2]]);
    let kernel = Kernel { time: Some(0.5), differing: 0.1 };
    let fillings = |hidden_time: i64, hidden_value: u8, seen_value: u8| {
        let times = [0, 10, 20, hidden_time, 900, 1000, 1001, 1002];
        let values = [3, 4, 3, hidden_value, 5, seen_value, 5, 6];
        let known = sequence(&[2, 0, 2, 1, 2, 1, 2, 2], &times, &values);
        ppm.fillings(&Tested { tokens: &known.tokens, known: Some(&known) }, &(3..4), kernel)
    };
    let one = fillings(21, 4, 7);
    assert!(one.len() > 1 && one == fillings(890, 7, 7), "{one:?}");
    // What is seen is.
    assert_ne!(one, fillings(21, 4, 6));
}

#[test]
fn the_network_chooses_among_fillings() {
    // The ppm knows two fillings between these contexts, equally often; the network knows what follows what is observed.
    let text = vec![vec![2, 2, 1, 0, 2, 2, 2], vec![2, 2, 0, 1, 2, 2, 2]];
    let ppm = learned(text);
    let (model, tokens) = (model(), [2, 2, 77, 77, 2, 2, 2]);
    let filled = |network| {
        let combined = Combined { name: "both".to_owned(), ppm: &ppm, rescoring: PLAIN, network };
        combined.fill(&[bare(&tokens)], &names(), &(2..4)).remove(0)
    };
    let both = filled(Some((&model, Weights { joint: 1.0, ..ALONE })));
    assert_eq!(both.tokens, [2, 2, 0, 1, 2, 2, 2]);
    assert!(both.alternatives[2][0].0 == 0 && both.confidence(2) > 0.8 && both.confidence(3) > 0.8);
    assert!(both.alternatives[1].is_empty());
    assert!(filled(None).confidence(3) < 0.6);
}

#[test]
fn a_network_takes_part_where_it_fills_the_unseen_run_better_and_nowhere_else() {
    let model = model();
    // What ppm learned is that everything repeats; the unseen run counts upwards, or repeats.
    let text = || vec![vec![0; 9], vec![1; 9], vec![2; 9]];
    let upwards = data(text(), distinct(20, &[0, 1, 2, 0, 1]));
    let ppm = PlacedPpm::learn(&upwards.training);
    let judge = Judge::new(&upwards, &ppm, 6..7);
    assert_eq!(judge.rescoring(), None);
    let chosen = judge.weights(&model, None).expect("weights");
    assert!(chosen.network > 0.0, "{chosen:?}");
    let same = data(text(), distinct(20, &[1; 5]));
    assert_eq!(Judge::new(&same, &ppm, 6..7).weights(&model, None), None);
    // Twenty times the same window says no more than one.
    let copies = data(text(), vec![vec![0, 1, 2, 0, 1]; 20]);
    assert_eq!(Judge::new(&copies, &ppm, 2..3).weights(&model, None), None);
}

#[test]
fn long_contexts_are_trusted_less_where_the_unseen_run_differs() {
    // Between these very events stood 0 0 once, between others that agree in one event only 1 and something.
    let text = vec![vec![3, 4, 0, 0, 4, 3], vec![5, 4, 1, 0, 4, 5], vec![5, 4, 1, 1, 4, 5], vec![5, 4, 1, 2, 4, 5]];
    let mut unseen = data(text, distinct(20, &[3, 4, 1, 0, 4, 3]));
    unseen.vocabulary = Vocabulary::numbers(6);
    let ppm = PlacedPpm::learn(&unseen.training);
    let chosen = Judge::new(&unseen, &ppm, 6..8).rescoring().expect("a rescoring");
    assert!(chosen.temper < 1.0, "{chosen:?}");
}
