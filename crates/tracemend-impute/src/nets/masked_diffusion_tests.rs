//! The loss and the decoders of masked diffusion against slow twins.

use super::*;

fn network(decoding: Decoding) -> MaskedDiffusion {
    network_of(Blocks::Attention, decoding)
}

/// S4 layers are made for shorter windows than the tests have.
fn network_of(blocks: Blocks, decoding: Decoding) -> MaskedDiffusion {
    let config = MaskedDiffusionConfig { blocks, decoding, length: 6, ..MaskedDiffusionConfig::tiny(5) };
    // Far from uniform, so that different fillings score differently.
    let mut network = config.init(3, &Device::flex());
    network.head.weight = network.head.weight.map(|weight| weight * 20.0);
    network
}

const OBSERVED: [bool; 7] = [true, true, false, false, true, false, true];
const TOKENS: [u32; 7] = [0, 1, 9, 9, 4, 9, 2];

fn score(network: &MaskedDiffusion, filling: [u32; 3]) -> f32 {
    let (mut tokens, mut observed) = (TOKENS.to_vec(), OBSERVED.to_vec());
    let mut sum = 0.0;
    for (place, token) in [2, 3, 5].into_iter().zip(filling) {
        let batch = Batch::new(&[Window::new(&tokens, &observed)]);
        let row = batch.missing().iter().position(|&missing| missing == place).unwrap();
        sum += network.log_probabilities(&batch)[row * 5 + token as usize];
        tokens[place] = token;
        observed[place] = true;
    }
    sum
}

#[test]
fn probabilities_sum_to_1_and_missing_tokens_are_not_read() {
    for blocks in [Blocks::Attention, Blocks::S4] {
        let network = network_of(blocks, Decoding::Confidence { steps: 2 });
        let batch = Batch::new(&[Window::new(&TOKENS, &OBSERVED)]);
        let rows = network.log_probabilities(&batch);
        for row in rows.chunks_exact(5) {
            assert!((row.iter().map(|score| score.exp()).sum::<f32>() - 1.0).abs() < 1e-5);
        }
        let mut other = TOKENS;
        [2, 3, 5].iter().for_each(|&place| other[place] = 0);
        assert_eq!(rows, network.log_probabilities(&Batch::new(&[Window::new(&other, &OBSERVED)])));
        // What is observed on either side is read.
        for place in [1, 4] {
            let mut other = TOKENS;
            other[place] = 3;
            let changed = network.log_probabilities(&Batch::new(&[Window::new(&other, &OBSERVED)]));
            assert!(rows.iter().zip(&changed).all(|(a, b)| a != b), "{blocks:?} {place}");
        }
    }
}

#[test]
fn observed_positions_stay_and_a_batch_equals_single_windows() {
    let decodings = [Decoding::Confidence { steps: 2 }, Decoding::Beam { width: 3 }];
    for (blocks, decoding) in decodings.into_iter().flat_map(|d| [(Blocks::Attention, d), (Blocks::S4, d)]) {
        let network = network_of(blocks, decoding);
        let other = [3, 9, 0, 1, 1, 9, 9];
        let windows = [Window::new(&TOKENS, &OBSERVED), Window::new(&other, &OBSERVED)];
        let filled = network.impute_all(&windows);
        for (window, filled) in windows.iter().zip(&filled) {
            let alone = network.impute(*window);
            assert_eq!(alone.tokens, filled.tokens);
            for (at, observed) in OBSERVED.into_iter().enumerate() {
                assert!(!observed || filled.tokens[at] == window.tokens[at]);
                assert!(filled.tokens[at] < 5 || observed);
                assert_eq!(filled.alternatives[at].is_empty(), observed);
                assert!(filled.confidence(at) > 0.0);
            }
        }
    }
}

#[test]
fn a_wide_beam_finds_the_best_of_all_fillings() {
    let network = network(Decoding::Beam { width: 125 });
    let mut best = ([0; 3], f32::NEG_INFINITY);
    for number in 0..125u32 {
        let filling = [number / 25, number / 5 % 5, number % 5];
        let found = score(&network, filling);
        if found > best.1 {
            best = (filling, found);
        }
    }
    let beam = network.beam(Window::new(&TOKENS, &OBSERVED), 125);
    assert_eq!([2, 3, 5].map(|place| beam[0].0[place]), best.0);
    assert!((beam[0].1 - best.1).abs() < 1e-4);
    let total: f32 = beam.iter().map(|(_, score)| score.exp()).sum();
    assert!((total - 1.0).abs() < 1e-4, "{total}");
}

#[test]
fn as_many_steps_as_positions_fix_the_surest_first() {
    let network = network(Decoding::Confidence { steps: 3 });
    let (mut tokens, mut observed) = (TOKENS.to_vec(), OBSERVED.to_vec());
    for _ in 0..3 {
        let batch = Batch::new(&[Window::new(&tokens, &observed)]);
        let rows = network.log_probabilities(&batch);
        let scored = batch.missing().into_iter().zip(rows.chunks_exact(5).map(argmax));
        let (place, (token, _)) = scored.reduce(|a, b| if b.1.1 > a.1.1 { b } else { a }).unwrap();
        tokens[place] = token;
        observed[place] = true;
    }
    assert_eq!(network.impute(Window::new(&TOKENS, &OBSERVED)).tokens, tokens);
}

#[test]
fn every_window_weighs_the_same_in_the_loss() {
    let network = network(Decoding::Beam { width: 1 });
    let mut random = SplitMix64::new(0, &[]);
    let tokens = [0, 1, 2, 3, 4, 0, 1];
    let one = [true, true, false, true, true, true, true];
    let windows = [Window::new(&tokens, &OBSERVED), Window::new(&tokens, &one)];
    let mut loss = |windows: &[Window<'_>]| network.loss(&Batch::new(windows), &mut random).into_scalar::<f32>();
    let both = loss(&windows);
    let single = [loss(&windows[..1]), loss(&windows[1..])];
    assert!((both - (single[0] + single[1]) / 2.0).abs() < 1e-5);
    // The second window by hand.
    let scores = network.log_probabilities(&Batch::new(&windows[1..]));
    assert!((single[1] + scores[2]).abs() < 1e-5);
}

#[test]
fn confidence_is_the_exact_probability_of_the_token_whichever_way_it_was_found() {
    for decoding in [Decoding::Confidence { steps: 3 }, Decoding::Beam { width: 4 }] {
        let network = network(decoding);
        let window = Window::new(&TOKENS, &OBSERVED);
        let rows = network.log_probabilities(&Batch::new(&[window]));
        let filled = network.impute(window);
        for (place, row) in [2, 3, 5].into_iter().zip(rows.chunks_exact(5)) {
            let exact = row[filled.tokens[place] as usize].exp();
            assert!((filled.confidence(place) - exact).abs() < 1e-6, "{decoding:?} {place}");
        }
    }
}
