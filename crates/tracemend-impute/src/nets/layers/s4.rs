//! The S4 layer: every feature a linear state-space model, seen as a convolution as long as the window.
//!
//! Paper: Gu, Goel and Ré 2022, *Efficiently Modeling Long Sequences with Structured State Spaces* (ICLR). Compared with
//! the layer of AI4HealthUOL/SSSD (commit 4d3b7a51c54b), whose variants are all here.
//!
//! Forward: y\[t\] = sum over s <= t of k0\[t - s\] u\[s\] + sum over s > t of k1\[s - t - 1\] u\[s\] + D u\[t\], then GELU and a
//! linear map over the features (followed by a gated linear unit where configured). [`S4Layer`] adds u and normalises.
//!
//! | tensor | shape |
//! |---|---|
//! | u, y | B, L, H |
//! | kernels at lags -(L - 1) .. L - 1 | 2 L - 1, H |
//!
//! Deviations: none in what is computed. The reference doubles its internal length in the middle of a forward pass when a
//! window is longer, and changes the parameter C by that; here [`S4::extend`] is asked for. Kernels are computed once per
//! [`S4::ready`], not at every step.
//!
//! Tests: `nets/golden` against fixtures; below, the convolution against the recurrence.

use crate::nets::layers::dplr::{Dplr, LegS};
use crate::nets::layers::maps::{Column, Ready};
use crate::nets::layers::norm::Norm;
use crate::nets::ops::gate::{Gate, gate};
use crate::nets::ops::gelu::gelu;
use crate::nets::ops::long_conv::long_conv;
use crate::nets::ops::s4_kernel::{KeptBasis, Nodes, Parameters, Sum, s4_kernel};
use burn::module::{Initializer, Module, Param};
use burn::tensor::{Device, Distribution, Tensor, TensorData};
use num_complex::Complex64;
use rayon::prelude::*;

/// Smallest and largest step at the beginning.
const STEPS: (f64, f64) = (0.001, 0.1);

/// Sizes of an S4 layer.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct S4Config {
    /// `H`
    pub features: usize,
    /// `N`, even.
    pub state: usize,
    /// Longest window.
    pub length: usize,
    /// Whether a second kernel looks into the future.
    pub bidirectional: bool,
    /// Whether a gated linear unit follows.
    pub glu: bool,
    /// Whether step, poles, P, Q and B are trained, not only C and D.
    pub train_system: bool,
    /// Which conjugates the kernel's sums run over.
    pub sum: Sum,
}

/// Parameters of the kernel, complex numbers as a last axis of 2.
#[derive(Module, Debug)]
pub(crate) struct Kernel {
    /// `[H]`
    log_dt: Param<Tensor<1>>,
    /// `[H, N/2, 2]`
    w: Param<Tensor<3>>,
    /// `[1, H, N/2, 2]`
    p: Param<Tensor<4>>,
    /// `[1, H, N/2, 2]`
    q: Param<Tensor<4>>,
    /// `[1, H, N/2, 2]`
    b: Param<Tensor<4>>,
    /// `[1 or 2, H, N/2, 2]`
    c: Param<Tensor<4>>,
    /// The reference's nodes, `[length / 2 + 1, 2]`; kept for its files, not used.
    omega: Param<Tensor<2>>,
    /// See `omega`.
    z: Param<Tensor<2>>,
}

/// The layer itself.
#[derive(Module, Debug)]
pub(crate) struct S4 {
    d: Param<Tensor<2>>,
    kernel: Kernel,
    output_linear: Column,
    glu: bool,
    #[module(skip)]
    nodes: Nodes,
    #[module(skip)]
    basis: KeptBasis,
}

/// A layer whose kernels are computed.
#[derive(Clone, Debug)]
pub(crate) struct ReadyS4 {
    /// `[2 L - 1, H]`
    taps: Tensor<2>,
    output: Ready,
    glu: bool,
}

fn floats<const D: usize>(values: Vec<f64>, shape: [usize; D], device: &Device) -> Tensor<D> {
    let values: Vec<f32> = values.into_iter().map(|x| x as f32).collect();
    Tensor::from_data(TensorData::new(values, shape), device)
}

fn read<const D: usize>(param: &Param<Tensor<D>>) -> Vec<f64> {
    param.val().into_data().iter::<f32>().map(f64::from).collect()
}

fn complex(pairs: &[f64]) -> Vec<Complex64> {
    pairs.chunks_exact(2).map(|pair| Complex64::new(pair[0], pair[1])).collect()
}

fn flat(values: &[Complex64]) -> Vec<f64> {
    values.iter().flat_map(|value| [value.re, value.im]).collect()
}

/// The reference's buffers omega and z; its z is huge, not infinite, where omega is -1.
fn buffers(length: usize, device: &Device) -> [Tensor<2>; 2] {
    let count = length / 2 + 1;
    let angle = |k: usize| 2.0 * std::f64::consts::PI * k as f64 / length as f64;
    let omega = (0..count).flat_map(|k| [angle(k).cos(), -angle(k).sin()]).collect();
    let z = (0..count).flat_map(|k| [0.0, 2.0 * (angle(k) / 2.0).tan()]).collect();
    [floats(omega, [count, 2], device), floats(z, [count, 2], device)]
}

impl Kernel {
    fn new(config: &S4Config, device: &Device) -> Self {
        let (features, poles) = (config.features, config.state / 2);
        let kernels = 1 + usize::from(config.bidirectional);
        let LegS { w, p, b } = LegS::new(config.state);
        let conjugate: Vec<Complex64> = p.iter().map(|p| p.conj()).collect();
        let repeat = |values: &[Complex64]| -> Vec<f64> { (0..features).flat_map(|_| flat(values)).collect() };
        let vector = |values: &[Complex64]| floats(repeat(values), [1, features, poles, 2], device);
        let range = Distribution::Uniform(STEPS.0.ln(), STEPS.1.ln());
        let log_dt = Tensor::<1>::random([features], range, device);
        // A complex normal number of variance 1: half of it in each part.
        let normal = Distribution::Normal(0.0, 0.5f64.sqrt());
        let c = Tensor::<4>::random([kernels, features, poles, 2], normal, device);
        let [omega, z] = buffers(config.length, device);
        let frozen = |x: Tensor<2>| Param::from_tensor(x).set_require_grad(false);
        let trained = config.train_system;
        let kernel = Self {
            log_dt: Param::from_tensor(log_dt).set_require_grad(trained),
            w: Param::from_tensor(floats(repeat(&w), [features, poles, 2], device)).set_require_grad(trained),
            p: Param::from_tensor(vector(&p)).set_require_grad(trained),
            q: Param::from_tensor(vector(&conjugate)).set_require_grad(trained),
            b: Param::from_tensor(vector(&b)).set_require_grad(trained),
            c: Param::from_tensor(c),
            omega: frozen(omega),
            z: frozen(z),
        };
        kernel.with_c(|system, c| system.correct(c, config.length))
    }

    /// Every feature's system.
    fn systems(&self) -> Vec<Dplr> {
        let (log_dt, w, p, q) = (read(&self.log_dt), read(&self.w), read(&self.p), read(&self.q));
        let row = w.len() / log_dt.len().max(1);
        let part = |values: &[f64], h: usize| complex(&values[h * row..(h + 1) * row]);
        (0..log_dt.len()).map(|h| Dplr::new(log_dt[h].exp(), part(&w, h), part(&p, h), part(&q, h))).collect()
    }

    /// C changed feature by feature, in double precision.
    fn with_c(mut self, change: impl Fn(&Dplr, &mut [Complex64]) + Sync) -> Self {
        let systems = self.systems();
        let shape = self.c.dims();
        let row = 2 * shape[2];
        let mut values = read(&self.c);
        values.par_chunks_exact_mut(row).enumerate().for_each(|(at, values)| {
            let mut c = complex(values);
            change(&systems[at % systems.len()], &mut c);
            values.copy_from_slice(&flat(&c));
        });
        self.c = self.c.map(|c| {
            let tracked = c.is_require_grad();
            floats(values, shape, &c.device()).set_require_grad(tracked)
        });
        self
    }
}

impl S4 {
    /// With random weights.
    ///
    /// # Panics
    /// If the length is 0 or the state's size odd.
    pub(crate) fn new(config: &S4Config, device: &Device) -> Self {
        assert!(config.state >= 2 && config.state.is_multiple_of(2), "the state's size has to be even");
        assert!(config.length > 0, "the length has to be at least 1");
        let outputs = config.features * (1 + usize::from(config.glu));
        let normal = Initializer::Normal { mean: 0.0, std: 1.0 };
        Self {
            nodes: Nodes::new(config.length, config.sum),
            d: normal.init([1, config.features], device),
            kernel: Kernel::new(config, device),
            output_linear: Column::new(config.features, outputs, device),
            glu: config.glu,
            basis: KeptBasis::default(),
        }
    }

    /// The longest window it takes.
    pub(crate) fn length(&self) -> usize {
        self.nodes.length()
    }

    /// The layer for windows of up to `length` and more: its internal length is doubled until it suffices, which
    /// changes C and leaves the system as it is.
    pub(crate) fn extend(mut self, length: usize) -> Self {
        while self.nodes.length() < length.max(2) {
            let internal = self.nodes.length();
            self.kernel = self.kernel.with_c(|system, c| system.double(c, internal));
            self.nodes = Nodes::new(2 * internal, self.nodes.sum());
            let [omega, z] = buffers(2 * internal, &self.d.device());
            self.kernel.omega = Param::from_tensor(omega).set_require_grad(false);
            self.kernel.z = Param::from_tensor(z).set_require_grad(false);
        }
        self
    }

    /// The kernels of a window of `length`, `[2 L - 1, H]`; D is part of lag 0.
    pub(crate) fn taps(&self, length: usize) -> Tensor<2> {
        let kernel = &self.kernel;
        let parameters = Parameters {
            log_dt: kernel.log_dt.val(),
            w: kernel.w.val(),
            p: kernel.p.val(),
            q: kernel.q.val(),
            b: kernel.b.val(),
            c: kernel.c.val(),
            d: self.d.val(),
        };
        // What fills windows computes its kernels once, in double precision.
        let frozen = [&kernel.p, &kernel.q, &kernel.b].iter().all(|param| !param.is_require_grad())
            && !kernel.w.is_require_grad()
            && !kernel.log_dt.is_require_grad();
        let learns_output_alone = frozen && kernel.c.is_require_grad();
        s4_kernel(parameters, self.nodes, length, learns_output_alone.then_some(&self.basis))
    }

    /// The layer for windows of `length`.
    pub(crate) fn ready(&self, length: usize) -> ReadyS4 {
        ReadyS4 { taps: self.taps(length), output: self.output_linear.ready(), glu: self.glu }
    }
}

impl ReadyS4 {
    /// `u` `[B, L, H]` to `[B, L, H]`.
    pub(crate) fn forward(&self, u: Tensor<3>) -> Tensor<3> {
        let y = self.output.forward(self.convolve(u), 1); // [B, L, H or 2 H]
        if self.glu { gate(y, Gate::Linear) } else { y }
    }

    /// u plus what u is mapped to, `[B, L, H]`.
    pub(crate) fn residual(&self, u: Tensor<3>) -> Tensor<3> {
        if self.glu {
            return u.clone() + self.forward(u);
        }
        let y = self.convolve(u.clone()); // [B, L, H]
        self.output.onto(u, 1.0, y, 1)
    }

    fn convolve(&self, u: Tensor<3>) -> Tensor<3> {
        gelu(long_conv(u, self.taps.clone()))
    }
}

/// S4 with a residual connection and, as a rule, layer normalisation.
#[derive(Module, Debug)]
pub(crate) struct S4Layer {
    s4_layer: S4,
    norm_layer: Option<Norm>,
}

/// An [`S4Layer`] whose kernels are computed.
#[derive(Clone, Debug)]
pub(crate) struct ReadyS4Layer {
    /// The S4 layer inside.
    pub s4: ReadyS4,
    norm: Option<Norm>,
}

impl S4Layer {
    /// With random weights.
    pub(crate) fn new(config: &S4Config, norm: bool, device: &Device) -> Self {
        Self { s4_layer: S4::new(config, device), norm_layer: norm.then(|| Norm::new(config.features, device)) }
    }

    /// See [`S4::extend`].
    pub(crate) fn extend(mut self, length: usize) -> Self {
        self.s4_layer = self.s4_layer.extend(length);
        self
    }

    /// The S4 layer inside.
    #[cfg(test)]
    pub(crate) fn inner(&self) -> &S4 {
        &self.s4_layer
    }

    /// The layer for windows of `length`.
    pub(crate) fn ready(&self, length: usize) -> ReadyS4Layer {
        ReadyS4Layer { s4: self.s4_layer.ready(length), norm: self.norm_layer.clone() }
    }
}

impl ReadyS4Layer {
    /// `[B, L, H]` to `[B, L, H]`.
    pub(crate) fn forward(&self, u: Tensor<3>) -> Tensor<3> {
        let y = self.s4.residual(u); // [B, L, H]
        match &self.norm {
            Some(norm) => norm.forward(y),
            None => y,
        }
    }
}

/// What is wrong with these sizes, in words.
pub(crate) fn problem(state: usize, length: usize) -> Option<String> {
    if state < 2 || state % 2 == 1 || state > 4096 {
        return Some("the state of S4 layers has to be even, from 2 to 4096".to_owned());
    }
    (!(2..=1 << 20).contains(&length)).then(|| "the length of S4 layers has to be from 2 to 1048576".to_owned())
}

/// A path in the module tree as the reference names it, S4's parameters included.
pub(crate) fn rename(path: &str) -> String {
    let mut parts: Vec<&str> = path.split('.').collect();
    if let Some(name) = parts.last_mut() {
        *name = match *name {
            "p" => "P",
            "q" => "Q",
            "b" => "B",
            "c" => "C",
            "d" => "D",
            other => other,
        };
    }
    if let [.., owner, _] = parts.as_mut_slice()
        && *owner == "kernel"
    {
        *owner = "kernel.kernel";
    }
    parts.join(".")
}

/// Whether a published name is a parameter of a state-space model.
pub(crate) fn is_state_space(name: &str) -> bool {
    name.contains(".kernel.kernel.") || name.ends_with(".D")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]

        /// The kernel by Fourier transform, from the corrected C, against c^T dA^j dB by recurrence from the C that was
        /// corrected; and the same after the internal length has doubled.
        #[test]
        fn convolution_equals_recurrence(seed in 0u64..1000, half in 1usize..20, longer in prop::bool::ANY) {
            let device = Device::flex();
            let _alone = crate::nets::seed::seeded(seed, &device);
            let length = 2 * half;
            let config = S4Config {
                features: 3, state: 8, length, bidirectional: true, glu: false, train_system: true, sum: Sum::Conjugate,
            };
            let mut layer = S4::new(&config, &device);
            // A length so long that the correction of C fades: then C is its own uncorrected form.
            let systems = layer.kernel.systems();
            let b = complex(&read(&layer.kernel.b));
            let corrected = complex(&read(&layer.kernel.c));
            let mut window = length;
            if longer {
                window = 3 * half;
                layer = layer.extend(window);
            }
            let taps: Vec<f32> = layer.taps(window).into_data().iter::<f32>().collect();
            let direct = read(&layer.d);
            for h in 0..3 {
                for kernel in 0..2 {
                    let at = (kernel * 3 + h) * 4;
                    let slow = systems[h].recurrence_of_corrected(&b[h * 4..][..4], &corrected[at..at + 4], length, window);
                    for (j, slow) in slow.iter().enumerate().take(window - kernel) {
                        let row = if kernel == 0 { window - 1 + j } else { window - 2 - j };
                        let straight = if kernel == 0 && j == 0 { direct[h] } else { 0.0 };
                        let fast = f64::from(taps[row * 3 + h]) - straight;
                        prop_assert!((fast - slow).abs() < 1e-5 * (1.0 + slow.abs()), "{fast} {slow}");
                    }
                }
            }
        }
    }

    impl Dplr {
        /// The kernel whose output vector was corrected for `length`: the sum over all later periods, by recurrence.
        fn recurrence_of_corrected(
            &self,
            b: &[Complex64],
            corrected: &[Complex64],
            length: usize,
            count: usize,
        ) -> Vec<f64> {
            // c = (1 - (dA^L)^T)^-1 corrected = sum over periods of (dA^L)^T corrected; the system is stable.
            let mut kernel = vec![0.0; count];
            let long = self.recurrence(b, corrected, count + 20_000usize.next_multiple_of(length));
            for (j, value) in kernel.iter_mut().enumerate() {
                *value = long[j..].iter().step_by(length).sum();
            }
            kernel
        }
    }

    #[test]
    fn names_are_the_references() {
        assert_eq!(rename("a.s4_layer.kernel.c"), "a.s4_layer.kernel.kernel.C");
        assert_eq!(rename("a.s4_layer.kernel.log_dt"), "a.s4_layer.kernel.kernel.log_dt");
        assert_eq!(rename("a.s4_layer.d"), "a.s4_layer.D");
        assert_eq!(rename("a.fc_t.bias"), "a.fc_t.bias");
    }
}
