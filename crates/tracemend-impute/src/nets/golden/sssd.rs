//! DiffWave, SSSD-S4 and SSSD-SA.

use super::fixture::{Array, Fixture, channels_first, check_loss, device, parameter_counts};
use crate::nets::diffusion::loss::{Draws, loss};
use crate::nets::diffusion::process::{Corruption, Denoiser, Process};
use crate::nets::diffusion::sampler::{Method, Observed, sample};
use crate::nets::diffusion::schedule::{Growth, Schedule};
use crate::nets::diffwave::{DiffWave, DiffWaveConfig};
use crate::nets::layers::wavenet::WaveNetConfig;
use crate::nets::network::Network;
use crate::nets::ops::s4_kernel::Sum;
use crate::nets::sssd_s4::{SssdS4, SssdS4Config};
use crate::nets::sssd_sa::{SssdSa, SssdSaConfig};
use burn::optim::{AdamConfig, GradientsParams};
use burn::tensor::{Device, Tensor};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fmt::Arguments;

fn draws(fixture: &Fixture, device: &Device) -> Draws {
    Draws { steps: fixture.steps("input.t"), noise: fixture.windows("input.noise", device) }
}

/// Prediction and loss.
fn check_output<N: Denoiser>(fixture: &Fixture, network: &N, output: &str) {
    let device = device();
    let window = |name: &str| fixture.windows(name, &device);
    let denoise = network.denoiser(window("input.cond"), window("input.mask"));
    let predicted = channels_first(denoise(window("input.x_t"), &fixture.steps("input.t")));
    let value = loss(network, window("input.audio"), window("input.mask"), draws(fixture, &device));
    // The reference's single precision errs as well.
    for (precision, tolerance) in [("64", 1e-5), ("", 1.5e-5)] {
        let expected = |name: &str| fixture.array(&format!("{output}{precision}.{name}"));
        predicted.close(&expected("eps"), tolerance, &format!("eps{precision}"));
        Array::of(value.clone()).close(&expected("loss"), tolerance, &format!("loss{precision}"));
    }
    let counted = fixture.array("input.mask").values.into_iter().map(|seen| 1.0 - seen).collect::<Vec<_>>();
    assert_eq!(counted, fixture.array("input.loss_mask").values);
}

/// What is computed on the way.
fn check_intermediates<N: Denoiser>(fixture: &Fixture, network: &N) {
    let device = device();
    let window = |name: &str| fixture.windows(name, &device);
    let seen: RefCell<BTreeMap<String, Array>> = RefCell::default();
    let probe = |name: Arguments<'_>, value: &dyn Fn() -> Tensor<3>| {
        seen.borrow_mut().insert(name.to_string(), Array::of(value()));
    };
    network.probed(window("input.cond"), window("input.mask"), &probe)(window("input.x_t"), &fixture.steps("input.t"));
    let seen = seen.into_inner();
    for name in fixture.names("inter.") {
        let expected = fixture.array(&format!("inter.{name}"));
        let found = &seen[&name]; // [B, L, C]
        let found = match name.as_str() {
            "fc_t1" | "fc_t2" => found.clone().reshaped(&expected.shape),
            "norm" => found.clone(),
            "block0.S41" | "block0.S42" => found.permuted(&[1, 0, 2]),
            _ => found.permuted(&[0, 2, 1]),
        };
        found.close(&expected, 1e-5 * expected.largest().max(1.0), &name);
    }
}

/// Gradients, and the losses of six training steps.
fn check_training<N: Denoiser>(fixture: &Fixture, mut network: N) {
    let device = device().autodiff();
    let batch = || (fixture.windows("input.audio", &device), fixture.windows("input.mask", &device));
    let value = |network: &N| {
        let (data, mask) = batch();
        loss(network, data, mask, draws(fixture, &device))
    };
    // The single-precision gradient of one weight under weight normalisation, exactly 0, is noise.
    fixture.check_gradients("", &network, N::RENAME, &value(&network).backward(), 1.5e-3);
    let mut adam = AdamConfig::new().with_epsilon(1e-8).init();
    for (step, expected) in fixture.array("train.loss").values.into_iter().enumerate() {
        if step == 5 {
            let (data, mask) = batch();
            let predicted =
                network.denoiser(data, mask)(fixture.windows("input.x_t", &device), &fixture.steps("input.t"));
            let expected = fixture.array("train.eps_after5");
            channels_first(predicted).close(&expected, 1e-4 * expected.largest(), "prediction after 5 updates");
        }
        let now = value(&network);
        check_loss(step, &now, expected);
        let grads = GradientsParams::from_grads(now.backward(), &network);
        network = adam.step(2e-3, network, grads);
    }
}

/// The reference's samples from the same noise, with both schedules, noise at missing positions or everywhere.
fn check_sampling<N: Denoiser>(fixture: &Fixture, network: &N) {
    let device = device();
    let (data, mask) = (fixture.windows("input.cond", &device), fixture.windows("input.mask", &device));
    let noise = fixture.array("sampling.z");
    for (name, last) in [("b002", 0.02), ("b02", 0.2)] {
        for (setting, corruption) in [("ogm1", Corruption::MissingOnly), ("ogm0", Corruption::Everywhere)] {
            let table = Schedule { steps: 20, first: 1e-4, last, growth: Growth::Linear }.table();
            let observed =
                Observed { data: data.clone(), mask: mask.clone(), corruption, limits: [0.0; 2], as_reference: true };
            let denoise = network.denoiser(data.clone(), mask.clone());
            let steps = data.dims()[0];
            let trace: RefCell<Vec<(usize, [Array; 2])>> = RefCell::default();
            let found = sample(
                Method::Ddpm,
                &table,
                fixture.windows("sampling.x_T", &device),
                &observed,
                |x, t| {
                    let error = denoise(x.clone(), &vec![t; steps]);
                    trace.borrow_mut().push((t, [channels_first(x), channels_first(error.clone())]));
                    error
                },
                |t| noise.part(t).tensor::<3>(&device).swap_dims(1, 2),
                |_| false,
            );
            let prefix = format!("sampling.{name}.{setting}");
            let found = channels_first(found);
            for precision in ["64", ""] {
                found.close(&fixture.array(&format!("{prefix}.final{precision}")), 5e-5, &prefix);
            }
            if corruption == Corruption::MissingOnly {
                let [shown, errors] = ["x_in", "eps"].map(|what| fixture.array(&format!("{prefix}.trace_{what}")));
                assert_eq!(trace.borrow().len(), 20);
                for (t, [x, error]) in trace.into_inner() {
                    x.close(&shown.part(t), 5e-5, &format!("{prefix} x at {t}"));
                    error.close(&errors.part(t), 5e-5, &format!("{prefix} error at {t}"));
                }
            }
        }
    }
}

/// The loss with noise everywhere; the process is the network's own but for that.
fn check_loss_everywhere(fixture: &Fixture, network: &impl Denoiser) {
    let device = device();
    assert_eq!(network.process().corruption, Corruption::Everywhere);
    let window = |name: &str| fixture.windows(name, &device);
    let value = loss(network, window("input.audio"), window("input.mask"), draws(fixture, &device));
    for name in ["output64.loss_all", "output.loss_all"] {
        Array::of(value.clone()).close(&fixture.array(name), 1e-5, name);
    }
}

fn embedding(config: &serde_json::Value) -> [usize; 3] {
    ["in", "mid", "out"].map(|part| number(config, &format!("diffusion_step_embed_dim_{part}")))
}

fn number(config: &serde_json::Value, key: &str) -> usize {
    config[key].as_u64().unwrap() as usize
}

fn frame(config: &serde_json::Value) -> WaveNetConfig {
    WaveNetConfig {
        channels: number(config, "res_channels"),
        skip: number(config, "skip_channels"),
        blocks: number(config, "num_res_layers"),
        embedding: embedding(config),
    }
}

fn process(corruption: Corruption) -> Process {
    Process { corruption, ..Process::sssd(10) }
}

fn diffwave(fixture: &Fixture, corruption: Corruption, device: &Device) -> DiffWave {
    let config = fixture.metadata("config");
    let config = DiffWaveConfig {
        frame: frame(&config),
        dilation_cycle: number(&config, "dilation_cycle"),
        process: process(corruption),
    };
    fixture.load(config.init(1, device), DiffWave::RENAME)
}

fn sssd_s4(fixture: &Fixture, sum: Sum, corruption: Corruption, device: &Device) -> SssdS4 {
    let config = fixture.metadata("config");
    let config = SssdS4Config {
        frame: frame(&config),
        state: 16,
        length: 50,
        bidirectional: true,
        layer_norm: true,
        sum,
        process: process(corruption),
    };
    fixture.load(config.init(1, device), SssdS4::RENAME)
}

fn sssd_sa(fixture: &Fixture, sum: Sum, corruption: Corruption, device: &Device) -> SssdSa {
    let config = fixture.metadata("config");
    let config = SssdSaConfig {
        width: number(&config, "d_model"),
        pairs: number(&config, "n_layers"),
        embedding: embedding(&config),
        labels: [number(&config, "label_embed_classes"), number(&config, "label_embed_dim")],
        state: number(&config, "s4_d_state"),
        length: number(&config, "s4_lmax"),
        bidirectional: true,
        sum,
        process: process(corruption),
    };
    fixture.load(config.init(1, device), SssdSa::RENAME)
}

#[test]
fn diffwave_predicts_trains_and_samples_as_the_reference() {
    for name in ["diffwave", "diffwave_wide_dilation"] {
        let fixture = Fixture::open(name);
        let network = diffwave(&fixture, Corruption::MissingOnly, &device());
        check_output(&fixture, &network, "output");
        check_intermediates(&fixture, &network);
        check_sampling(&fixture, &network);
        check_training(&fixture, diffwave(&fixture, Corruption::MissingOnly, &device().autodiff()));
        check_loss_everywhere(&fixture, &diffwave(&fixture, Corruption::Everywhere, &device()));
    }
}

/// All checks of a network with S4 layers, in the kernel's sum with conjugates and in the fallback.
fn check_s4<N: Denoiser>(name: &str, network: fn(&Fixture, Sum, Corruption, &Device) -> N) {
    let fixture = Fixture::open(name);
    let of = |sum, corruption, device: &Device| network(&fixture, sum, corruption, device);
    let plain = of(Sum::Conjugate, Corruption::MissingOnly, &device());
    check_output(&fixture, &plain, "output");
    check_intermediates(&fixture, &plain);
    check_sampling(&fixture, &plain);
    check_output(&fixture, &of(Sum::Fallback, Corruption::MissingOnly, &device()), "output_slow");
    check_training(&fixture, of(Sum::Conjugate, Corruption::MissingOnly, &device().autodiff()));
    check_loss_everywhere(&fixture, &of(Sum::Conjugate, Corruption::Everywhere, &device()));
}

#[test]
fn sssd_s4_predicts_trains_and_samples_as_the_reference() {
    check_s4("sssd_s4", sssd_s4);
}

#[test]
fn sssd_sa_predicts_trains_and_samples_as_the_reference() {
    check_s4("sssd_sa", sssd_sa);
}

#[test]
fn parameters_at_the_published_sizes_are_as_many_as_published() {
    let device = device().autodiff();
    assert_eq!(parameter_counts(&DiffWaveConfig::paper(10).init(1, &device)), (24_145_409, 0));
    assert_eq!(parameter_counts(&SssdS4Config::paper(10).init(1, &device)), (47_885_825, 9_503_136));
    assert_eq!(parameter_counts(&SssdSaConfig::paper(10).init(1, &device)), (29_354_113, 12_120));
}
