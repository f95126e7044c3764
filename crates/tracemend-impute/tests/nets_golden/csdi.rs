//! CSDI and CSDI-S4.

use super::fixture::{Array, Fixture, channels_first};
use burn::optim::decay::WeightDecayConfig;
use burn::optim::{AdamConfig, GradientsParams};
use burn::tensor::{Device, Tensor};
use tracemend_impute::nets::csdi::{Csdi, CsdiConfig};
use tracemend_impute::nets::csdi_s4::{CsdiS4, CsdiS4Config};
use tracemend_impute::nets::diffusion::loss::random_mask;
use tracemend_impute::nets::diffusion::process::{Corruption, Denoiser, Process};
use tracemend_impute::nets::diffusion::sampler::{Method, Observed, sample};
use tracemend_impute::nets::layers::step::step_table;
use tracemend_impute::nets::network::Network;
use tracemend_impute::nets::ops::s4_kernel::Sum;

fn config(fixture: &Fixture) -> CsdiConfig {
    let (diffusion, model) = (&fixture.metadata("config")["diffusion"], &fixture.metadata("config")["model"]);
    let number = |value: &serde_json::Value| value.as_u64().unwrap() as usize;
    let features = number(&fixture.metadata("K"));
    CsdiConfig {
        layers: number(&diffusion["layers"]),
        channels: number(&diffusion["channels"]),
        heads: number(&diffusion["nheads"]),
        step_width: number(&diffusion["diffusion_embedding_dim"]),
        time_width: number(&model["timeemb"]),
        feature_width: number(&model["featureemb"]),
        dropout: 0.0,
        process: Process {
            encoding: if features == 1 {
                tracemend_impute::nets::diffusion::encoding::Encoding::Integer
            } else {
                tracemend_impute::nets::diffusion::encoding::Encoding::OneHot
            },
            ..Process::csdi(features)
        },
    }
}

fn csdi(fixture: &Fixture, device: &Device) -> Csdi {
    fixture.load(config(fixture).init(1, device), Csdi::RENAME)
}

fn csdi_s4(fixture: &Fixture, sum: Sum, device: &Device) -> CsdiS4 {
    let config = CsdiS4Config { csdi: config(fixture), state: 64, length: 251, sum };
    fixture.load(config.init(1, device), CsdiS4::RENAME)
}

/// The loss of the fixture's own draws. Its mask of targets is what was observed and is hidden, so unobserved positions
/// count neither way: the loss is taken here from the prediction.
fn loss(fixture: &Fixture, network: &impl Denoiser, device: &Device) -> (Tensor<3>, Tensor<1>) {
    let window = |name: &str| fixture.windows(name, device);
    let (data, seen, noise) = (window("input.observed_data"), window("input.cond_mask"), window("input.noise"));
    let steps = fixture.steps("input.t");
    let table = network.process().schedule.table();
    let share = |of: fn(f64) -> f64| -> Tensor<3> {
        let values = steps.iter().map(|t| of(table.alpha_bar[*t])).collect();
        Array { shape: vec![steps.len(), 1, 1], values }.tensor(device)
    };
    let x = data.clone() * share(f64::sqrt) + noise.clone() * share(|share| (1.0 - share).sqrt());
    let predicted = network.denoiser(data, seen.clone())(x, &steps);
    let targets = window("input.observed_mask") - seen;
    let count: f32 = targets.clone().sum().into_scalar();
    let loss = ((noise - predicted.clone()).square() * targets).sum() / count.max(1.0);
    (predicted, loss)
}

fn check_output(fixture: &Fixture, network: &impl Denoiser, output: &str) {
    let (predicted, loss) = loss(fixture, network, &Device::flex());
    channels_first(predicted).close(&fixture.array(&format!("{output}.predicted")), 1e-5, "prediction");
    Array::of(loss).close(&fixture.array(&format!("{output}.loss")), 1e-5, "loss");
}

fn check_training<N: Denoiser>(fixture: &Fixture, mut network: N) {
    let device = Device::flex().autodiff();
    let grads = loss(fixture, &network, &device).1.backward();
    fixture.check_gradients("grad64.", &network, N::RENAME, &grads);
    let decay = WeightDecayConfig::new(1e-6);
    let mut adam = AdamConfig::new().with_epsilon(1e-8).with_weight_decay(Some(decay)).init();
    for (step, expected) in fixture.array("train.loss").values.into_iter().enumerate() {
        let now = loss(fixture, &network, &device).1;
        let found: f32 = now.clone().into_scalar();
        assert!((f64::from(found) / expected - 1.0).abs() < 1e-4, "step {step}: {found} instead of {expected}");
        let grads = GradientsParams::from_grads(now.backward(), &network);
        network = adam.step(1e-3, network, grads);
    }
}

fn check_imputation(fixture: &Fixture, network: &impl Denoiser) {
    let device = Device::flex();
    let (data, mask) = (fixture.windows("input.observed_data", &device), fixture.windows("input.cond_mask", &device));
    let (start, noise, expected) =
        (fixture.array("impute.x_T"), fixture.array("impute.z"), fixture.array("impute.final64"));
    let one = start.shape[1..].to_vec();
    let size = one.iter().product::<usize>();
    let [batch, samples] = [expected.shape[0], expected.shape[1]];
    let row = size / batch;
    let part = |array: &Array, at: usize| {
        let values = array.values[at * size..(at + 1) * size].to_vec();
        Array { shape: one.clone(), values }.tensor::<3>(&device).swap_dims(1, 2)
    };
    let table = network.process().schedule.table();
    let denoise = network.denoiser(data.clone(), mask.clone());
    let most = expected.values.iter().fold(0.0f64, |most, x| most.max(x.abs()));
    for s in 0..samples {
        let observed =
            Observed { data: data.clone(), mask: mask.clone(), corruption: Corruption::Hidden, as_reference: true };
        let found = sample(
            Method::Ddpm,
            &table,
            part(&start, s),
            &observed,
            |x, t| denoise(x, &vec![t; batch]),
            |t| part(&noise, s * 50 + t),
            |_| false,
        );
        let found = channels_first(found);
        for window in 0..batch {
            let expected = &expected.values[(window * samples + s) * row..][..row];
            for (found, expected) in found.values[window * row..].iter().zip(expected) {
                assert!((found - expected).abs() <= 1e-5 * most, "sample {s}: {found} {expected} of {most}");
            }
        }
    }
}

/// The reference's table of steps is not among its parameters. Its sines are taken of up to 490000 times a power in
/// single precision, so that it differs in the last columns between libraries; ours is the one of the files.
fn check_step_table(fixture: &Fixture) {
    let expected = fixture.array("buffer.diffmodel.diffusion_embedding.embedding");
    let steps: Vec<usize> = (0..expected.shape[0]).collect();
    Array::of(step_table(&steps, expected.shape[1], &Device::flex())).close(&expected, 1e-6, "step table");
}

fn check_random_mask(fixture: &Fixture) {
    let (observed, random, ratio) =
        (fixture.array("input.observed_mask"), fixture.array("randmask.rand"), fixture.array("randmask.ratio"));
    let expected = fixture.array("randmask.cond_mask");
    let row = observed.values.len() / ratio.values.len();
    for (window, ratio) in ratio.values.iter().enumerate() {
        let part = |array: &Array| array.values[window * row..(window + 1) * row].to_vec();
        let observed: Vec<bool> = part(&observed).into_iter().map(|x| x == 1.0).collect();
        let found = random_mask(&observed, *ratio, &part(&random));
        let found: Vec<f64> = found.into_iter().map(|seen| f64::from(u8::from(seen))).collect();
        assert_eq!(found, part(&expected));
    }
}

#[test]
fn csdi_predicts_trains_and_imputes_as_the_reference() {
    for name in ["csdi", "csdi_k3"] {
        let fixture = Fixture::open(name);
        let network = csdi(&fixture, &Device::flex());
        check_output(&fixture, &network, "output64");
        check_imputation(&fixture, &network);
        check_random_mask(&fixture);
        check_step_table(&fixture);
        check_training(&fixture, csdi(&fixture, &Device::flex().autodiff()));
    }
}

#[test]
fn csdi_s4_predicts_trains_and_imputes_as_the_reference() {
    for name in ["csdi_s4", "csdi_s4_k2"] {
        let fixture = Fixture::open(name);
        let network = csdi_s4(&fixture, Sum::Conjugate, &Device::flex());
        check_output(&fixture, &network, "output64");
        check_imputation(&fixture, &network);
        check_output(&fixture, &csdi_s4(&fixture, Sum::Fallback, &Device::flex()), "output_slow64");
        check_training(&fixture, csdi_s4(&fixture, Sum::Conjugate, &Device::flex().autodiff()));
    }
}
