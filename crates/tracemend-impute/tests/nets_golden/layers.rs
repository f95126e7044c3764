//! S4 layers, HiPPO matrices, schedules, embeddings, masks.

use super::fixture::{Array, Fixture, channels_first};
use burn::module::Module;
use burn::tensor::{Device, Tensor};
use tracemend_impute::nets::csdi::positions;
use tracemend_impute::nets::diffusion::schedule::{Growth, Schedule};
use tracemend_impute::nets::layers::dplr::LegS;
use tracemend_impute::nets::layers::s4::{S4, S4Config, S4Layer, rename};
use tracemend_impute::nets::layers::step::{step_embedding, step_table};
use tracemend_impute::nets::ops::s4_kernel::Sum;
use tracemend_impute::protocol::blackout::Place;

/// The layer of a file, with the reference's name of its parts.
fn config(fixture: &Fixture, sum: Sum) -> S4Config {
    let config = fixture.metadata("config");
    let number = |keys: [&str; 2]| {
        keys.iter().find_map(|key| config[*key].as_u64()).unwrap_or_else(|| panic!("{keys:?}")) as usize
    };
    S4Config {
        features: number(["features", "d_model"]),
        state: number(["N", "d_state"]),
        length: number(["lmax", "l_max"]),
        bidirectional: config["bidirectional"].as_bool().unwrap(),
        glu: config["postact"] == "glu",
        train_system: true,
        sum,
    }
}

fn bare_name(path: &str) -> String {
    rename(path)
}

fn glu_name(path: &str) -> String {
    rename(&path.replace("output_linear.", "output_linear.0."))
}

/// A module with what the tests need of it.
trait Layer: Module {
    fn extended(self, length: usize) -> Self;
    fn s4(&self) -> &S4;
    fn apply(&self, u: Tensor<3>) -> Tensor<3>;
}

impl Layer for S4 {
    fn extended(self, length: usize) -> Self {
        self.extend(length)
    }

    fn s4(&self) -> &S4 {
        self
    }

    fn apply(&self, u: Tensor<3>) -> Tensor<3> {
        self.ready(u.dims()[1]).forward(u)
    }
}

impl Layer for S4Layer {
    fn extended(self, length: usize) -> Self {
        self.extend(length)
    }

    fn s4(&self) -> &S4 {
        self.inner()
    }

    fn apply(&self, u: Tensor<3>) -> Tensor<3> {
        self.ready(u.dims()[1])(u)
    }
}

/// The kernels as the file has them, `[kernels, H, values]`, without D.
fn kernels(layer: &S4, direct: &Array, like: &Array, length: usize) -> Array {
    let taps = Array::of(layer.taps(length));
    let (features, count) = (like.shape[1], like.shape[2]);
    let mut values = Vec::new();
    for kernel in 0..like.shape[0] {
        for h in 0..features {
            for at in 0..count {
                let row = match kernel {
                    0 => Some(length - 1 + at),
                    _ => (length - 1).checked_sub(at + 1 + length - count),
                };
                let value = row.map_or(like.values[(kernel * features + h) * count + at], |row| {
                    let straight = if kernel == 0 && at == 0 { direct.values[h] } else { 0.0 };
                    taps.values[row * features + h] - straight
                });
                values.push(value);
            }
        }
    }
    Array { shape: like.shape.clone(), values }
}

fn check_s4<L: Layer>(name: &str, make: impl Fn(&S4Config, &Device) -> L, names: fn(&str) -> String) {
    let fixture = Fixture::open(name);
    let prefix = if fixture.has("param.D") { "" } else { "s4_layer." };
    let lengths = fixture.metadata("lengths");
    for length in lengths.as_array().unwrap().iter().map(|l| l.as_u64().unwrap() as usize) {
        let at = |what: &str| format!("L{length}.{what}");
        let device = Device::flex();
        let direct = fixture.array(&format!("param.{prefix}D"));
        for (sum, kernel, output) in
            [(Sum::Conjugate, "kernel.conj64", "output64.y"), (Sum::Fallback, "kernel.slow64", "output_slow.y")]
        {
            let layer = fixture.load(make(&config(&fixture, sum), &device), names).extended(length);
            let expected = fixture.array(&at(kernel));
            kernels(layer.s4(), &direct, &expected, length).close(&expected, 2e-6, &format!("{name} {}", at(kernel)));
            let y = channels_first(layer.apply(fixture.windows(&at("input.u"), &device)));
            // The reference has the fallback's output in single precision alone, whose nodes are inexact.
            let tolerance = match (sum, name) {
                (Sum::Conjugate, _) => 1e-5,
                (Sum::Fallback, "s4_n64") => 2e-3,
                (Sum::Fallback, _) => 3e-5,
            };
            y.close(&fixture.array(&at(output)), tolerance, &format!("{name} {}", at(output)));
        }
        let device = device.autodiff();
        let layer = fixture.load(make(&config(&fixture, Sum::Conjugate), &device), names).extended(length);
        let u = fixture.windows(&at("input.u"), &device).require_grad();
        let error = layer.apply(u.clone()) - fixture.windows(&at("input.target"), &device);
        let loss = error.square().mean();
        Array::of(loss.clone()).close(&fixture.array(&at("output64.loss")), 1e-5, "loss");
        let grads = loss.backward();
        fixture.check_gradients(&at("grad64."), &layer, names, &grads);
        let expected = fixture.array(&at("grad64.input_u"));
        let scale = expected.rms();
        channels_first(u.grad(&grads).unwrap()).close(&expected, 1e-4 * (scale + 1e-3), "gradient of u");
        if fixture.has(&at("after_doubling.C")) {
            let state = tracemend_impute::nets::state_dict::export(&layer, names);
            let values = &state[&format!("{prefix}kernel.kernel.C")];
            let found =
                Array { shape: values.shape.clone(), values: values.values.iter().map(|x| f64::from(*x)).collect() };
            // The reference doubles in single precision.
            found.close(&fixture.array(&at("after_doubling.C")), 3e-5, "doubled C");
        }
    }
}

#[test]
fn s4_layers_are_the_references() {
    for name in ["s4_unidirectional", "s4_bidirectional", "s4_odd_lmax", "s4_n64"] {
        check_s4(name, |config, device| S4Layer::new(config, true, device), bare_name);
    }
    check_s4("s4_bidirectional_nonorm", |config, device| S4Layer::new(config, false, device), bare_name);
    check_s4("s4_tiny", S4::new, bare_name);
    check_s4("s4_lmax1", S4::new, bare_name);
    check_s4("s4_glu", S4::new, glu_name);
}

#[test]
fn the_recurrence_of_s4_tiny_is_the_dense_one() {
    use num_complex::Complex64;
    let fixture = Fixture::open("s4_tiny");
    let read = |name: &str| fixture.array(name).values;
    let half = |name: &str, h: usize| -> Vec<Complex64> {
        read(&format!("param.kernel.kernel.{name}"))[4 * h..4 * h + 4]
            .chunks(2)
            .map(|pair| Complex64::new(pair[0], pair[1]))
            .collect()
    };
    for h in 0..2 {
        let dt = read("param.kernel.kernel.log_dt")[h].exp();
        let system = tracemend_impute::nets::layers::dplr::Dplr::new(dt, half("w", h), half("P", h), half("Q", h));
        let before: Vec<Complex64> = read("ssm.C_before_length_correction")[4 * h..4 * h + 4]
            .chunks(2)
            .map(|pair| Complex64::new(pair[0], pair[1]))
            .collect();
        let dense = read("ssm.dB");
        for (n, found) in system.input(&half("B", h)).iter().enumerate() {
            let expected = Complex64::new(dense[h * 8 + 2 * n], dense[h * 8 + 2 * n + 1]);
            assert!((found - expected).norm_sqr().sqrt() < 1e-6);
        }
        let mut corrected = before.clone();
        system.correct(&mut corrected, 8);
        for (found, expected) in corrected.iter().zip(half("C", h)) {
            assert!((found - expected).norm_sqr().sqrt() < 2e-6);
        }
        let kernel = read("L20.kernel.conj64");
        for (found, expected) in system.recurrence(&half("B", h), &before, 20).iter().zip(&kernel[20 * h..]) {
            assert!((found - expected).abs() < 1e-6, "{found} {expected}");
        }
    }
}

#[test]
fn hippo_matrices_are_the_references() {
    let fixture = Fixture::open("hippo_legs");
    for states in [4, 8, 16, 64] {
        let complex = |name: &str| {
            let values = fixture.array(&format!("N{states}.{name}")).values;
            values.chunks(2).map(|pair| num_complex::Complex64::new(pair[0], pair[1])).collect::<Vec<_>>()
        };
        // Phases of eigenvectors and the order of poles are arbitrary: what does not depend on them is compared.
        let invariants = |w: &[num_complex::Complex64], p: &[num_complex::Complex64], b: &[num_complex::Complex64]| {
            let mut all: Vec<[f64; 5]> = (0..w.len())
                .map(|n| {
                    let mixed = p[n] * b[n].conj();
                    [w[n].im, w[n].re, p[n].norm_sqr(), mixed.re, mixed.im]
                })
                .collect();
            all.sort_by(|a, b| a[0].total_cmp(&b[0]));
            all
        };
        let ours = LegS::new(states);
        let found = invariants(&ours.w, &ours.p, &ours.b);
        let expected = invariants(&complex("w64"), &complex("P64"), &complex("Bt64"));
        for (found, expected) in found.iter().flatten().zip(expected.iter().flatten()) {
            assert!((found - expected).abs() < 1e-9 * (1.0 + expected.abs()), "N {states}: {found} {expected}");
        }
    }
}

#[test]
fn schedules_are_the_references() {
    let fixture = Fixture::open("schedules");
    let check = |name: &str, found: &[f64], tolerance: f64| {
        let expected = fixture.array(name).values;
        assert_eq!(found.len(), expected.len(), "{name}");
        for (found, expected) in found.iter().zip(&expected) {
            assert!((found - expected).abs() <= tolerance, "{name}: {found} {expected}");
        }
    };
    for (name, steps, last) in [("T200", 200, 0.02), ("T20_b002", 20, 0.02), ("T20_b02", 20, 0.2)] {
        let table = Schedule { steps, first: 1e-4, last, growth: Growth::Linear }.table();
        check(&format!("{name}.Beta64"), &table.beta, 1e-14);
        check(&format!("{name}.Alpha64"), &table.alpha, 1e-14);
        check(&format!("{name}.Alpha_bar64"), &table.alpha_bar, 1e-14);
        check(&format!("{name}.Sigma64"), &table.sigma, 1e-14);
    }
    for (name, growth) in [("csdi_quad", Growth::Quadratic), ("csdi_linear", Growth::Linear)] {
        let table = Schedule { steps: 50, first: 1e-4, last: 0.5, growth }.table();
        check(&format!("{name}.beta"), &table.beta, 1e-15);
        check(&format!("{name}.alpha_bar"), &table.alpha_bar, 1e-15);
    }
}

#[test]
fn embeddings_are_the_references() {
    let fixture = Fixture::open("embeddings");
    let device = Device::flex();
    let steps: Vec<usize> = (0..200).collect();
    let expected = fixture.array("sssd.step_embedding_128");
    Array::of(step_embedding(&steps, 128, &device)).close(&expected, 5e-5, "step embedding");
    // Powers in single precision differ between libraries, and the sine is taken of up to 490000 times one.
    let expected = fixture.array("csdi.step_table_128");
    Array::of(step_table(&steps[..50], 128, &device)).close(&expected, 0.1, "step table");
    let expected = fixture.array("csdi.time_embedding_128");
    Array::of(positions(60, 128, &device)).close(&expected, 2e-5, "positions");
}

#[test]
fn published_masks_hide_what_the_files_say() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/masks.json");
    let masks: serde_json::Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let check = |mask: &serde_json::Value, place: Place, start: &str, length: &str| {
        let number = |key: &str| mask[key].as_u64().unwrap() as usize;
        let hidden = place.hidden(number("L"), number("k"));
        assert_eq!(hidden, number(start)..number(start) + number(length), "{mask}");
    };
    for mask in masks["blackout_segments"].as_array().unwrap() {
        check(mask, Place::Middle, "centre_start", "centre_length");
        check(mask, Place::End, "end_start", "end_length");
    }
    for mask in masks["published_masks"].as_array().unwrap() {
        let place = if mask["position"] == "centre" { Place::Middle } else { Place::End };
        check(mask, place, "start", "length");
    }
}
