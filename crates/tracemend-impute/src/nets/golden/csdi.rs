//! CSDI and CSDI-S4.

use super::fixture::{Array, Fixture, channels_first, check_loss, device, parameter_counts};
use crate::nets::csdi::{Csdi, CsdiConfig};
use crate::nets::csdi_s4::{CsdiS4, CsdiS4Config};
use crate::nets::diffusion::loss::random_mask;
use crate::nets::diffusion::process::{Corruption, Denoiser, Probe, Process};
use crate::nets::diffusion::sampler::{Method, Observed, sample};
use crate::nets::layers::step::step_table;
use crate::nets::network::Network;
use crate::nets::ops::s4_kernel::Sum;
use burn::optim::decay::WeightDecayConfig;
use burn::optim::{AdamConfig, GradientsParams};
use burn::tensor::{Device, FloatDType, Tensor};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fmt::Arguments;

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
                crate::nets::diffusion::encoding::Encoding::Integer
            } else {
                crate::nets::diffusion::encoding::Encoding::OneHot
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
fn loss(fixture: &Fixture, network: &impl Denoiser, device: &Device, probe: Probe<'_>) -> (Tensor<3>, Tensor<1>) {
    let window = |name: &str| fixture.windows(name, device);
    let (data, seen, noise) = (window("input.observed_data"), window("input.cond_mask"), window("input.noise"));
    let steps = fixture.steps("input.t");
    let table = network.process().schedule.table();
    let share = |of: fn(f64) -> f64| -> Tensor<3> {
        let values = steps.iter().map(|t| of(table.alpha_bar[*t])).collect();
        Array { shape: vec![steps.len(), 1, 1], values }.tensor(device)
    };
    let x = data.clone() * share(f64::sqrt) + noise.clone() * share(|share| (1.0 - share).sqrt());
    let predicted = network.probed(data, seen.clone(), probe)(x, &steps);
    let targets = window("input.observed_mask") - seen;
    let count: f32 = targets.clone().sum().into_scalar();
    let loss = ((noise - predicted.clone()).square() * targets).sum() / count.max(1.0);
    (predicted, loss)
}

/// `single`: how far the reference's single precision is off.
fn check_output(fixture: &Fixture, network: &impl Denoiser, output: &str, single: f64) {
    let (predicted, loss) = loss(fixture, network, &device(), &|_, _| ());
    let predicted = channels_first(predicted);
    for (precision, tolerance) in [("64", 1e-5), ("", 1e-5 + single)] {
        let expected = |name: &str| fixture.array(&format!("{output}{precision}.{name}"));
        predicted.close(&expected("predicted"), tolerance, &format!("prediction{precision}"));
        Array::of(loss.clone()).close(&expected("loss"), tolerance, &format!("loss{precision}"));
    }
}

/// What is computed on the way, and what the network is given.
fn check_intermediates(fixture: &Fixture, network: &impl Denoiser, single: f64) {
    let seen: RefCell<BTreeMap<String, Array>> = RefCell::default();
    let probe = |name: Arguments<'_>, value: &dyn Fn() -> Tensor<3>| {
        seen.borrow_mut().insert(name.to_string(), Array::of(value()));
    };
    loss(fixture, network, &device(), &probe);
    let seen = seen.into_inner();
    let shape = fixture.array("input.observed_data").shape;
    let (batch, features, length) = (shape[0], shape[1], shape[2]);
    let given = ["side_info", "total_input"].map(|name| (format!("input.{name}"), name.to_owned()));
    let inside = fixture.names("inter.").into_iter().map(|name| (format!("inter.{name}"), name));
    for (array, name) in given.into_iter().chain(inside) {
        let expected = fixture.array(&array);
        let found = seen[&name].clone();
        let width = found.shape[2];
        let found = match name.rsplit('.').next().unwrap() {
            "embedding" => found.reshaped(&expected.shape),
            // The reference's attention takes the axis it looks along first.
            "time" => found.permuted(&[1, 0, 2]),    // from [B K, L, C]
            "feature" => found.permuted(&[1, 0, 2]), // from [B L, K, C]
            _ => found.reshaped(&[batch, features, length, width]).permuted(&[0, 3, 1, 2]), // from [B, K L, C]
        };
        found.close(&expected, (1e-5 + single) * expected.largest().max(1.0), &array);
    }
    let positions: Vec<f64> = (0..batch * length).map(|at| (at % length) as f64).collect();
    assert_eq!(fixture.array("input.timepoints").values, positions);
}

fn check_training<N: Denoiser>(fixture: &Fixture, mut network: N, single: f64) {
    let device = device().autodiff();
    let grads = loss(fixture, &network, &device, &|_, _| ()).1.backward();
    fixture.check_gradients("", &network, N::RENAME, &grads, single);
    let decay = WeightDecayConfig::new(1e-6);
    let mut adam = AdamConfig::new().with_epsilon(1e-8).with_weight_decay(Some(decay)).init();
    for (step, expected) in fixture.array("train.loss").values.into_iter().enumerate() {
        let now = loss(fixture, &network, &device, &|_, _| ()).1;
        check_loss(step, &now, expected);
        let grads = GradientsParams::from_grads(now.backward(), &network);
        network = adam.step(1e-3, network, grads);
    }
}

/// `tolerance` is relative to the largest value, which 50 steps amplify to several hundred.
fn check_imputation(fixture: &Fixture, network: &impl Denoiser, tolerance: f64, single: f64) {
    let device = device();
    let (data, mask) = (fixture.windows("input.observed_data", &device), fixture.windows("input.cond_mask", &device));
    let (start, noise) = (fixture.array("impute.x_T"), fixture.array("impute.z"));
    // From [B, S, K, L] to the order of what the samples are made of.
    let [exact, expected] = ["impute.final64", "impute.final"].map(|name| fixture.array(name).permuted(&[1, 0, 2, 3]));
    let batch = exact.shape[1];
    let windows = |array: Array| array.tensor::<3>(&device).swap_dims(1, 2);
    let table = network.process().schedule.table();
    let denoise = network.denoiser(data.clone(), mask.clone());
    let max = exact.largest();
    for s in 0..exact.shape[0] {
        let observed = Observed {
            data: data.clone(),
            mask: mask.clone(),
            corruption: Corruption::Hidden,
            limits: [0.0; 2],
            as_reference: true,
        };
        let found = sample(
            Method::Ddpm,
            &table,
            windows(start.part(s)),
            &observed,
            |x, t| denoise(x, &vec![t; batch]),
            |t| windows(noise.part(s).part(t)),
            |_| false,
        );
        let found = channels_first(found);
        found.close(&exact.part(s), tolerance * max, &format!("sample {s}"));
        found.close(&expected.part(s), (tolerance + single) * max, &format!("sample {s} in single precision"));
    }
}

/// The reference's table of steps is not among its parameters. Its sines are taken of up to 490000 times a power in
/// single precision, so that it differs in the last columns between libraries; ours is the one of the files.
fn check_step_table(fixture: &Fixture) {
    let expected = fixture.array("buffer.diffmodel.diffusion_embedding.embedding");
    let steps: Vec<usize> = (0..expected.shape[0]).collect();
    Array::of(step_table(&steps, expected.shape[1], &device())).close(&expected, 1e-6, "step table");
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
        let network = csdi(&fixture, &device());
        check_output(&fixture, &network, "output", 0.0);
        check_intermediates(&fixture, &network, 0.0);
        check_imputation(&fixture, &network, 1e-5, 0.0);
        check_random_mask(&fixture);
        check_step_table(&fixture);
        check_training(&fixture, csdi(&fixture, &device().autodiff()), 0.0);
    }
}

#[test]
fn csdi_s4_predicts_trains_and_imputes_as_the_reference() {
    for name in ["csdi_s4", "csdi_s4_k2"] {
        let fixture = Fixture::open(name);
        let network = csdi_s4(&fixture, Sum::Conjugate, &device());
        check_output(&fixture, &network, "output", 2e-4);
        check_intermediates(&fixture, &network, 2e-4);
        check_random_mask(&fixture);
        check_step_table(&fixture);
        // One sample of `csdi_s4` magnifies rounding so much that single precision cannot get nearer: rounding any one
        // of windows, kernels, position embedding, S4 outputs or norms moves the double-precision twin by 1e-5 to 3e-5;
        // all together move this network by 1.1e-4, and the reference's own single precision by 1.9e-3. In double
        // precision it is held to a millionth below.
        let tolerance = if name == "csdi_s4" { 3e-4 } else { 1e-5 };
        check_imputation(&fixture, &network, tolerance, 2e-3);
        check_output(&fixture, &csdi_s4(&fixture, Sum::Fallback, &device()), "output_slow", 2e-4);
        check_training(&fixture, csdi_s4(&fixture, Sum::Conjugate, &device().autodiff()), 1e-4);
    }
}

/// Precision belongs to the device and is set once in a process.
#[test]
#[ignore = "run by imputations_in_double_precision_are_the_references in a process of its own"]
fn in_double_precision() {
    Device::flex().configure(FloatDType::F64).unwrap();
    for name in ["csdi", "csdi_k3"] {
        let fixture = Fixture::open_for(name, |_| false);
        check_imputation(&fixture, &csdi(&fixture, &Device::flex()), 1e-6, 2e-3);
    }
    for name in ["csdi_s4", "csdi_s4_k2"] {
        let fixture = Fixture::open_for(name, |_| false);
        check_imputation(&fixture, &csdi_s4(&fixture, Sum::Conjugate, &Device::flex()), 1e-6, 2e-3);
    }
}

#[test]
fn imputations_in_double_precision_are_the_references() {
    let own = std::env::current_exe().unwrap();
    let done = std::process::Command::new(own)
        .args(["--exact", "nets::golden::csdi::in_double_precision", "--ignored", "--nocapture"])
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&done.stdout) + String::from_utf8_lossy(&done.stderr);
    assert!(done.status.success() && said.contains("1 passed"), "{said}");
}

#[test]
fn parameters_at_the_published_sizes_are_as_many_as_published() {
    let device = device().autodiff();
    assert_eq!(parameter_counts(&CsdiConfig::paper(10).init(1, &device)), (413_521, 0));
    assert_eq!(parameter_counts(&CsdiS4Config::paper(10).init(1, &device)), (362_833, 67_808));
}
