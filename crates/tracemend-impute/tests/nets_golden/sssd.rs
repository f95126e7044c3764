//! DiffWave, SSSD-S4 and SSSD-SA.

use super::fixture::{Array, Fixture, channels_first};
use burn::module::Module;
use burn::optim::{AdamConfig, GradientsParams};
use burn::tensor::{Device, Tensor};
use tracemend_impute::nets::diffusion::loss::{Draws, loss};
use tracemend_impute::nets::diffusion::process::{Corruption, Denoiser, Process};
use tracemend_impute::nets::diffusion::sampler::{Method, Observed, sample};
use tracemend_impute::nets::diffusion::schedule::{Growth, Schedule};
use tracemend_impute::nets::diffwave::{DiffWave, DiffWaveConfig};
use tracemend_impute::nets::layers::wavenet::WaveNetConfig;
use tracemend_impute::nets::network::Network;
use tracemend_impute::nets::ops::s4_kernel::Sum;
use tracemend_impute::nets::sssd_s4::{SssdS4, SssdS4Config};
use tracemend_impute::nets::sssd_sa::{SssdSa, SssdSaConfig};

fn device() -> Device {
    Device::flex().autodiff()
}

fn draws(fixture: &Fixture, device: &Device) -> Draws {
    Draws { steps: fixture.steps("input.t"), noise: fixture.windows("input.noise", device) }
}

/// Prediction and loss.
fn check_output<N: Denoiser>(fixture: &Fixture, network: &N, output: &str) {
    let device = Device::flex();
    let window = |name: &str| fixture.windows(name, &device);
    let denoise = network.denoiser(window("input.cond"), window("input.mask"));
    let predicted = channels_first(denoise(window("input.x_t"), &fixture.steps("input.t")));
    predicted.close(&fixture.array(&format!("{output}.eps")), 1e-5, "eps");
    let value = loss(network, window("input.audio"), window("input.mask"), draws(fixture, &device));
    Array::of(value).close(&fixture.array(&format!("{output}.loss")), 1e-5, "loss");
}

/// Gradients, and the losses of six training steps.
fn check_training<N: Denoiser>(fixture: &Fixture, mut network: N) {
    let device = device();
    let batch = || (fixture.windows("input.audio", &device), fixture.windows("input.mask", &device));
    let value = |network: &N| {
        let (data, mask) = batch();
        loss(network, data, mask, draws(fixture, &device))
    };
    fixture.check_gradients("grad64.", &network, N::RENAME, &value(&network).backward());
    let mut adam = AdamConfig::new().with_epsilon(1e-8).init();
    for (step, expected) in fixture.array("train.loss").values.into_iter().enumerate() {
        let now = value(&network);
        let found: f32 = now.clone().into_scalar();
        assert!((f64::from(found) / expected - 1.0).abs() < 1e-4, "step {step}: {found} instead of {expected}");
        let grads = GradientsParams::from_grads(now.backward(), &network);
        network = adam.step(2e-3, network, grads);
    }
}

/// The reference's samples from the same noise, with both schedules, noise at missing positions or everywhere.
fn check_sampling<N: Denoiser>(fixture: &Fixture, network: &N) {
    let device = Device::flex();
    let (data, mask) = (fixture.windows("input.cond", &device), fixture.windows("input.mask", &device));
    let noise = fixture.array("sampling.z");
    let one = noise.shape[1..].to_vec();
    let size = one.iter().product::<usize>();
    for (name, last) in [("b002", 0.02), ("b02", 0.2)] {
        for (setting, corruption) in [("ogm1", Corruption::MissingOnly), ("ogm0", Corruption::Everywhere)] {
            let table = Schedule { steps: 20, first: 1e-4, last, growth: Growth::Linear }.table();
            let observed = Observed { data: data.clone(), mask: mask.clone(), corruption, as_reference: true };
            let denoise = network.denoiser(data.clone(), mask.clone());
            let steps = data.dims()[0];
            let found = sample(
                Method::Ddpm,
                &table,
                fixture.windows("sampling.x_T", &device),
                &observed,
                |x, t| denoise(x, &vec![t; steps]),
                |t| {
                    let values = noise.values[t * size..(t + 1) * size].to_vec();
                    Array { shape: one.clone(), values }.tensor::<3>(&device).swap_dims(1, 2)
                },
                |_| false,
            );
            let expected = fixture.array(&format!("sampling.{name}.{setting}.final64"));
            channels_first(found).close(&expected, 5e-5, &format!("{name} {setting}"));
        }
    }
}

/// The loss with noise everywhere; the process is the network's own but for that.
fn check_loss_everywhere(fixture: &Fixture, network: &impl Denoiser) {
    let device = Device::flex();
    assert_eq!(network.process().corruption, Corruption::Everywhere);
    let window = |name: &str| fixture.windows(name, &device);
    let value = loss(network, window("input.audio"), window("input.mask"), draws(fixture, &device));
    Array::of(value).close(&fixture.array("output64.loss_all"), 1e-5, "loss_all");
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
        let network = diffwave(&fixture, Corruption::MissingOnly, &Device::flex());
        check_output(&fixture, &network, "output64");
        check_sampling(&fixture, &network);
        check_training(&fixture, diffwave(&fixture, Corruption::MissingOnly, &device()));
        check_loss_everywhere(&fixture, &diffwave(&fixture, Corruption::Everywhere, &Device::flex()));
    }
}

#[test]
fn sssd_s4_predicts_trains_and_samples_as_the_reference() {
    let fixture = Fixture::open("sssd_s4");
    let network = sssd_s4(&fixture, Sum::Conjugate, Corruption::MissingOnly, &Device::flex());
    check_output(&fixture, &network, "output64");
    check_sampling(&fixture, &network);
    check_output(
        &fixture,
        &sssd_s4(&fixture, Sum::Fallback, Corruption::MissingOnly, &Device::flex()),
        "output_slow64",
    );
    check_training(&fixture, sssd_s4(&fixture, Sum::Conjugate, Corruption::MissingOnly, &device()));
    check_loss_everywhere(&fixture, &sssd_s4(&fixture, Sum::Conjugate, Corruption::Everywhere, &Device::flex()));
}

#[test]
fn sssd_sa_predicts_trains_and_samples_as_the_reference() {
    let fixture = Fixture::open("sssd_sa");
    let network = sssd_sa(&fixture, Sum::Conjugate, Corruption::MissingOnly, &Device::flex());
    check_output(&fixture, &network, "output64");
    check_sampling(&fixture, &network);
    check_output(
        &fixture,
        &sssd_sa(&fixture, Sum::Fallback, Corruption::MissingOnly, &Device::flex()),
        "output_slow64",
    );
    check_training(&fixture, sssd_sa(&fixture, Sum::Conjugate, Corruption::MissingOnly, &device()));
    check_loss_everywhere(&fixture, &sssd_sa(&fixture, Sum::Conjugate, Corruption::Everywhere, &Device::flex()));
}

/// Trainable parameters, and the other numbers of the state dict.
fn counts<M: Module>(network: &M) -> (usize, usize) {
    struct Count(usize, usize);
    impl burn::module::ModuleVisitor for Count {
        fn visit_float<const D: usize>(&mut self, param: &burn::module::Param<Tensor<D>>) {
            let size = param.val().dims().iter().product::<usize>();
            if param.is_require_grad() { self.0 += size } else { self.1 += size }
        }
    }
    let mut count = Count(0, 0);
    network.visit(&mut count);
    (count.0, count.1)
}

#[test]
fn parameters_at_the_published_sizes_are_as_many_as_published() {
    let device = device();
    assert_eq!(counts(&DiffWaveConfig::paper(10).init(1, &device)), (24_145_409, 0));
    assert_eq!(counts(&SssdS4Config::paper(10).init(1, &device)), (47_885_825, 9_503_136));
    assert_eq!(counts(&SssdSaConfig::paper(10).init(1, &device)), (29_354_113, 12_120));
}
