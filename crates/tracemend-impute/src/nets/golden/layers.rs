//! S4 layers, HiPPO matrices, schedules, embeddings, masks.

use super::fixture::{Array, Fixture, channels_first, device, slack};
use crate::nets::csdi::positions;
use crate::nets::diffusion::schedule::{Growth, Schedule};
use crate::nets::layers::dplr::LegS;
use crate::nets::layers::s4::{S4, S4Config, S4Layer, rename};
use crate::nets::layers::step::{step_embedding, step_table};
use crate::nets::ops::s4_kernel::Sum;
use crate::nets::train::masks::Mask;
use crate::window::place::Place;
use burn::module::Module;
use burn::tensor::{Device, Tensor};
use std::collections::BTreeSet;
use tracemend_repair::rng::SplitMix64;

/// What the file of the smallest layer has of its dense form.
const DENSE: &str = "ssm.";

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
        self.ready(u.dims()[1]).forward(u)
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

/// How far the reference's kernels in single precision are off: its nodes are powers of a rounded root of unity. Outputs
/// are off by up to 30 times as much, gradients by up to 50 times (relative).
fn single(name: &str) -> f64 {
    if name == "s4_n64" { 5e-5 } else { 2e-6 }
}

fn check_s4<L: Layer>(name: &str, make: impl Fn(&S4Config, &Device) -> L, names: fn(&str) -> String) {
    let fixture = Fixture::open_for(name, |tensor| !tensor.starts_with(DENSE));
    check_nodes(&fixture, &make, names);
    let prefix = if fixture.has("param.D") { "" } else { "s4_layer." };
    let lengths = fixture.metadata("lengths");
    for length in lengths.as_array().unwrap().iter().map(|l| l.as_u64().unwrap() as usize) {
        let at = |what: &str| format!("L{length}.{what}");
        let device = device();
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
            let [kernel, output] = [kernel.replace("64", "32"), output.replace("64", "")];
            let found = kernels(layer.s4(), &direct, &expected, length);
            found.close(&fixture.array(&at(&kernel)), single(name), &at(&kernel));
            y.close(&fixture.array(&at(&output)), 2e-5 + 30.0 * single(name), &at(&output));
        }
        let device = device.autodiff();
        let layer = fixture.load(make(&config(&fixture, Sum::Conjugate), &device), names).extended(length);
        let u = fixture.windows(&at("input.u"), &device).require_grad();
        let error = layer.apply(u.clone()) - fixture.windows(&at("input.target"), &device);
        let loss = error.square().mean();
        for (precision, tolerance) in [("64", 1e-5), ("", 1e-5 + 30.0 * single(name))] {
            let expected = fixture.array(&at(&format!("output{precision}.loss")));
            Array::of(loss.clone()).close(&expected, tolerance, "loss");
        }
        let grads = loss.backward();
        fixture.check_gradients(&at(""), &layer, names, &grads, 50.0 * single(name));
        let found = channels_first(u.grad(&grads).unwrap());
        let expected = fixture.array(&at("grad64.input_u"));
        found.close(&expected, 1e-4 * (expected.rms() + 1e-3), "gradient of u");
        let error = found.distance(&fixture.array(&at("grad.input_u"))) / expected.distance(&expected.zeros());
        assert!(
            error < slack() * (1e-4 + 50.0 * single(name)),
            "{name} {length}: gradient of u in single precision: {error}"
        );
        if fixture.has(&at("after_doubling.C")) {
            let state = crate::nets::state_dict::export(&layer, names);
            let values = &state[&format!("{prefix}kernel.kernel.C")];
            let found =
                Array { shape: values.shape.clone(), values: values.values.iter().map(|x| f64::from(*x)).collect() };
            // The reference doubles in single precision.
            found.close(&fixture.array(&at("after_doubling.C")), 3e-5, "doubled C");
        }
    }
}

/// The nodes that a new layer has for its files, against the reference's, which are rounded.
fn check_nodes<L: Layer>(fixture: &Fixture, make: &impl Fn(&S4Config, &Device) -> L, names: fn(&str) -> String) {
    let layer = make(&config(fixture, Sum::Conjugate), &device());
    for (name, values) in crate::nets::state_dict::export(&layer, names) {
        if name.ends_with(".omega") {
            let found = Array { shape: values.shape, values: values.values.into_iter().map(f64::from).collect() };
            found.close(&fixture.array(&format!("param.{name}")), 5e-6, &name);
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
    let fixture = Fixture::open_for("s4_tiny", |tensor| tensor.starts_with(DENSE));
    let read = |name: &str| fixture.array(name).values;
    let half = |name: &str, h: usize| -> Vec<Complex64> {
        read(&format!("param.kernel.kernel.{name}"))[4 * h..4 * h + 4]
            .chunks(2)
            .map(|pair| Complex64::new(pair[0], pair[1]))
            .collect()
    };
    let matrix = read("ssm.dA"); // [H, N, N, 2], the stored half before its conjugates
    for h in 0..2 {
        let dt = read("param.kernel.kernel.log_dt")[h].exp();
        let system = crate::nets::layers::dplr::Dplr::new(dt, half("w", h), half("P", h), half("Q", h));
        let before: Vec<Complex64> = read("ssm.C_before_length_correction")[4 * h..4 * h + 4]
            .chunks(2)
            .map(|pair| Complex64::new(pair[0], pair[1]))
            .collect();
        let dense = read("ssm.dB");
        for (n, found) in system.input(&half("B", h)).iter().enumerate() {
            let expected = Complex64::new(dense[h * 8 + 2 * n], dense[h * 8 + 2 * n + 1]);
            assert!((found - expected).norm_sqr().sqrt() < 1e-6);
        }
        let unit = half("C", h);
        let mut stepped = unit.clone();
        system.step(&mut stepped);
        let whole: Vec<Complex64> = unit.iter().copied().chain(unit.iter().map(|x| x.conj())).collect();
        for (row, found) in matrix[h * 32..].chunks(8).zip(&stepped) {
            let expected: Complex64 =
                row.chunks(2).zip(&whole).map(|(entry, x)| Complex64::new(entry[0], entry[1]) * x).sum();
            assert!((found - expected).norm_sqr().sqrt() < 1e-5 * (1.0 + expected.norm_sqr().sqrt()));
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
        // P and B are the projections of p and b on the eigenvectors.
        let project = |vectors: &[num_complex::Complex64], of: &[f64]| -> Vec<num_complex::Complex64> {
            let along = |j: usize| (0..states).map(|n| vectors[n * (states / 2) + j].conj() * of[n]).sum();
            (0..states / 2).map(along).collect()
        };
        let root: Vec<f64> = (0..states).map(|n| (n as f64 + 0.5).sqrt()).collect();
        let input = fixture.array(&format!("N{states}.B")).values;
        for (precision, tolerance) in [("64", 1e-9), ("32", 3e-4)] {
            let part = |name: &str| complex(&format!("{name}{precision}"));
            let vectors = part("V");
            for (p, b) in [(part("P"), part("Bt")), (project(&vectors, &root), project(&vectors, &input))] {
                let expected = invariants(&part("w"), &p, &b);
                for (found, expected) in found.iter().flatten().zip(expected.iter().flatten()) {
                    let error = (found - expected).abs();
                    assert!(error < tolerance * (1.0 + expected.abs()), "N {states}: {found} {expected}");
                }
            }
        }
        // The dense matrix: B^T A^m B in both forms.
        let dense = fixture.array(&format!("N{states}.A")).values;
        let (mut x, mut y) = (input.clone(), ours.b.clone());
        for _ in 0..3 {
            let exact: f64 = x.iter().zip(&input).map(|(x, b)| x * b).sum();
            let found: f64 = y.iter().zip(&ours.b).map(|(y, b)| 2.0 * (b.conj() * y).re).sum();
            assert!((found / exact - 1.0).abs() < 1e-9, "N {states}: {found} {exact}");
            x = dense.chunks(states).map(|row| row.iter().zip(&x).map(|(a, x)| a * x).sum()).collect();
            let along: f64 = y.iter().zip(&ours.p).map(|(y, p)| 2.0 * (p.conj() * y).re).sum();
            y = y.iter().zip(&ours.w).zip(&ours.p).map(|((y, w), p)| y * w - p * along).collect();
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
        for (precision, tolerance) in [("64", 1e-14), ("", 1e-6)] {
            check(&format!("{name}.Beta{precision}"), &table.beta, tolerance);
            check(&format!("{name}.Alpha{precision}"), &table.alpha, tolerance);
            check(&format!("{name}.Alpha_bar{precision}"), &table.alpha_bar, tolerance);
            check(&format!("{name}.Sigma{precision}"), &table.sigma, tolerance);
        }
    }
    for (name, growth) in [("csdi_quad", Growth::Quadratic), ("csdi_linear", Growth::Linear)] {
        let table = Schedule { steps: 50, first: 1e-4, last: 0.5, growth }.table();
        check(&format!("{name}.beta"), &table.beta, 1e-15);
        check(&format!("{name}.alpha_bar"), &table.alpha_bar, 1e-15);
        check(&format!("{name}.alpha_bar32"), &table.alpha_bar, 1e-7);
        check(&format!("{name}.alpha_hat"), &table.alpha, 1e-15);
        // The reference writes 0 for the first, which nothing uses.
        let sigma: Vec<f64> = std::iter::once(0.0).chain(table.sigma[1..].iter().copied()).collect();
        check(&format!("{name}.sigma"), &sigma, 1e-15);
    }
}

#[test]
fn embeddings_are_the_references() {
    let fixture = Fixture::open("embeddings");
    let device = device();
    let steps: Vec<usize> = (0..200).collect();
    let expected = fixture.array("sssd.step_embedding_128");
    Array::of(step_embedding(&steps, 128, &device)).close(&expected, 5e-5, "step embedding");
    let every_tenth = |count: usize| (0..count).map(|i| i * 10).collect::<Vec<_>>();
    let exact = fixture.array("sssd.step_embedding_128_64_every10");
    Array::of(step_embedding(&every_tenth(20), 128, &device)).close(&exact, 1e-6, "step embedding in double precision");
    let narrow = fixture.array("sssd.step_embedding_32_t0_9");
    Array::of(step_embedding(&steps[..10], 32, &device)).close(&narrow, 5e-6, "narrow step embedding");
    // Powers in single precision differ between libraries, and the sine is taken of up to 490000 times one.
    let expected = fixture.array("csdi.step_table_128");
    Array::of(step_table(&steps[..50], 128, &device)).close(&expected, 0.1, "step table");
    let exact = fixture.array("csdi.step_table_128_64_every10");
    Array::of(step_table(&every_tenth(5), 128, &device)).close(&exact, 0.1, "step table in double precision");
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
        // Training draws among the same segments.
        let number = |key: &str| mask[key].as_u64().unwrap() as usize;
        let (length, k) = (number("L"), number("k"));
        let mut random = SplitMix64::new(1, &["segments"]);
        let drawn: BTreeSet<(usize, usize)> = (0..2000)
            .map(|_| Mask::Segment { lengths: vec![k] }.draw(length, &mut random))
            .map(|seen| (seen.iter().position(|seen| !seen).unwrap(), seen.iter().filter(|seen| !**seen).count()))
            .collect();
        let starts = mask["starts"].as_array().unwrap().iter().map(|start| start.as_u64().unwrap() as usize);
        let segments = starts
            .enumerate()
            .map(|(at, start)| (start, if at + 1 == number("n_segments") { number("last_length") } else { k }));
        assert_eq!(drawn, segments.collect(), "{mask}");
    }
    for mask in masks["published_masks"].as_array().unwrap() {
        let place = if mask["position"] == "centre" { Place::Middle } else { Place::End };
        check(mask, place, "start", "length");
    }
}
