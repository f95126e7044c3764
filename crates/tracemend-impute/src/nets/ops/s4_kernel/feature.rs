//! One feature's kernels and their gradient, in double precision.

use crate::nets::ops::kernel;
use crate::nets::ops::s4_kernel::nodes::{Nodes, Sum};
use burn::backend::flex::FlexTensor;
use num_complex::Complex64;

/// Parameters of one feature.
pub(super) struct Feature {
    dt: f64,
    /// Poles times the step.
    a: Vec<Complex64>,
    p: Vec<Complex64>,
    q: Vec<Complex64>,
    b: Vec<Complex64>,
    /// One after the other kernel's.
    c: Vec<Complex64>,
}

/// Gradients of one feature's parameters; complex ones as pairs.
#[derive(Default)]
pub(super) struct Gradient {
    pub log_dt: f64,
    pub w: Vec<f64>,
    pub p: Vec<f64>,
    pub q: Vec<f64>,
    pub b: Vec<f64>,
    /// Kernel by kernel.
    pub c: Vec<f64>,
}

/// Values at all finite nodes, real and imaginary parts apart.
#[derive(Clone, Debug)]
struct Series {
    re: Vec<f64>,
    im: Vec<f64>,
}

impl Series {
    fn zeros(count: usize) -> Self {
        Self { re: vec![0.0; count], im: vec![0.0; count] }
    }

    #[inline(always)]
    fn at(&self, k: usize) -> Complex64 {
        Complex64::new(self.re[k], self.im[k])
    }

    #[inline(always)]
    fn add(&mut self, k: usize, value: Complex64) {
        self.re[k] += value.re;
        self.im[k] += value.im;
    }
}

/// 1 / (z - a) and 1 / (z - conj a) at all nodes, for one pole.
struct Fractions {
    own: Series,
    conjugate: Series,
}

impl Fractions {
    fn zeros(count: usize) -> Self {
        Self { own: Series::zeros(count), conjugate: Series::zeros(count) }
    }

    /// z = 2 i t is purely imaginary.
    #[inline(always)]
    fn fill(&mut self, a: Complex64, tangents: &[f64], sum: Sum) {
        for (k, t) in tangents.iter().enumerate() {
            let im = 2.0 * t - a.im;
            let scale = -1.0 / (a.re * a.re + im * im);
            self.own.re[k] = a.re * scale;
            self.own.im[k] = im * scale;
        }
        if sum == Sum::Conjugate {
            for (k, t) in tangents.iter().enumerate() {
                let im = 2.0 * t + a.im;
                let scale = -1.0 / (a.re * a.re + im * im);
                self.conjugate.re[k] = a.re * scale;
                self.conjugate.im[k] = im * scale;
            }
        }
    }

    /// Adds v / (z - a) + conj(v) / (z - conj a).
    #[inline(always)]
    fn accumulate(&self, v: Complex64, to: &mut Series) {
        let (own, other) = (&self.own, &self.conjugate);
        for k in 0..to.re.len() {
            to.re[k] += v.re * (own.re[k] + other.re[k]) + v.im * (other.im[k] - own.im[k]);
            to.im[k] += v.re * (own.im[k] + other.im[k]) + v.im * (own.re[k] - other.re[k]);
        }
    }

    /// The gradient of v from the gradient of the sum.
    #[inline(always)]
    fn gradient(&self, of_sum: &Series) -> Complex64 {
        const LANES: usize = 8;
        let (own, other) = (&self.own, &self.conjugate);
        let (mut re, mut im) = ([0.0; LANES], [0.0; LANES]);
        let count = of_sum.re.len();
        let whole = count / LANES * LANES;
        for first in (0..whole).step_by(LANES) {
            // No closures: what is not inlined is not compiled for the wide registers.
            let part = first..first + LANES;
            let (of_re, of_im) = (&of_sum.re[part.clone()], &of_sum.im[part.clone()]);
            let (own_re, own_im) = (&own.re[part.clone()], &own.im[part.clone()]);
            let (other_re, other_im) = (&other.re[part.clone()], &other.im[part]);
            for lane in 0..LANES {
                re[lane] +=
                    of_re[lane] * (own_re[lane] + other_re[lane]) + of_im[lane] * (own_im[lane] + other_im[lane]);
                im[lane] +=
                    of_re[lane] * (other_im[lane] - own_im[lane]) + of_im[lane] * (own_re[lane] - other_re[lane]);
            }
        }
        for k in whole..count {
            re[k - whole] += of_sum.re[k] * (own.re[k] + other.re[k]) + of_sum.im[k] * (own.im[k] + other.im[k]);
            im[k - whole] += of_sum.re[k] * (other.im[k] - own.im[k]) + of_sum.im[k] * (own.re[k] - other.re[k]);
        }
        Complex64::new(re.iter().sum(), im.iter().sum())
    }
}

/// The sums R that a spectrum needs.
#[derive(Debug)]
pub(super) struct Sums {
    bq: Series,
    pq: Series,
    /// Kernel by kernel.
    bc: Vec<Series>,
    pc: Vec<Series>,
}

fn pairs(tensor: &FlexTensor, at: usize, count: usize) -> Vec<Complex64> {
    kernel::values(tensor)[2 * at..2 * (at + count)]
        .chunks_exact(2)
        .map(|pair| Complex64::new(f64::from(pair[0]), f64::from(pair[1])))
        .collect()
}

impl Feature {
    /// Feature `h` of the parameters log_dt, w, P, Q, B, C.
    pub(super) fn new(parameters: &[FlexTensor], h: usize) -> Self {
        let shape = kernel::shape(&parameters[5]);
        let (kernels, features, poles) = (shape[0], shape[1], shape[2]);
        let dt = f64::from(kernel::values(&parameters[0])[h]).exp();
        let vector = |number: usize| pairs(&parameters[number], h * poles, poles);
        Self {
            dt,
            a: vector(1).into_iter().map(|w| w * dt).collect(),
            p: vector(2),
            q: vector(3),
            b: vector(4),
            c: (0..kernels).flat_map(|kernel| pairs(&parameters[5], (kernel * features + h) * poles, poles)).collect(),
        }
    }

    /// The same system with 1 and i at every pole as output vectors, in the order of C's elements.
    pub(super) fn with_unit_outputs(mut self) -> Self {
        let poles = self.poles();
        self.c = vec![Complex64::ZERO; 2 * poles * poles];
        for n in 0..poles {
            self.c[2 * n * poles + n] = Complex64::ONE;
            self.c[(2 * n + 1) * poles + n] = Complex64::I;
        }
        self
    }

    /// Number of output vectors.
    pub(super) fn outputs(&self) -> usize {
        self.c.len() / self.poles()
    }

    fn poles(&self) -> usize {
        self.a.len()
    }

    /// Gradient of B C at omega = -1, where the spectrum is dt times its sum over both conjugates, halved.
    fn limit(&self, nodes: &Nodes) -> f64 {
        match nodes.sum() {
            Sum::Conjugate => self.dt,
            Sum::Fallback => self.dt / 2.0,
        }
    }

    /// The sums at all finite nodes.
    #[inline(always)]
    pub(super) fn sums(&self, tangents: &[f64], sum: Sum) -> Sums {
        let count = tangents.len();
        let kernels = self.outputs();
        let zeros = || Series::zeros(count);
        let mut sums = Sums { bq: zeros(), pq: zeros(), bc: vec![zeros(); kernels], pc: vec![zeros(); kernels] };
        let mut fractions = Fractions::zeros(count);
        for n in 0..self.poles() {
            fractions.fill(self.a[n], tangents, sum);
            let (b, p, q) = (self.b[n] * self.dt, self.p[n] * self.dt, self.q[n]);
            fractions.accumulate(b * q, &mut sums.bq);
            fractions.accumulate(p * q, &mut sums.pq);
            for kernel in 0..kernels {
                let c = self.c[kernel * self.poles() + n];
                fractions.accumulate(b * c, &mut sums.bc[kernel]);
                fractions.accumulate(p * c, &mut sums.pc[kernel]);
            }
        }
        sums
    }

    /// All kernels, one after the other into `out`, from the sums at these `tangents`.
    #[inline(always)]
    pub(super) fn kernels(&self, nodes: &Nodes, tangents: &[f64], sums: &Sums, transform: &[f64], out: &mut [f64]) {
        let count = transform.len() / (2 * nodes.count());
        for (kernel, out) in out.chunks_exact_mut(count).enumerate() {
            let mut add = |k: usize, value: Complex64| {
                let (real, imaginary) = transform[2 * k * count..2 * (k + 1) * count].split_at(count);
                for ((out, re), im) in out.iter_mut().zip(real).zip(imaginary) {
                    *out += value.re * re + value.im * im;
                }
            };
            for (k, t) in tangents.iter().enumerate() {
                let corrected = sums.bq.at(k) * sums.pc[kernel].at(k) / (sums.pq.at(k) + 1.0);
                add(k, Complex64::new(1.0, *t) * (sums.bc[kernel].at(k) - corrected));
            }
            if nodes.has_limit() {
                let c = &self.c[kernel * self.poles()..];
                let sum: f64 = self.b.iter().zip(c).map(|(b, c)| (b * c).re).sum();
                add(nodes.count() - 1, Complex64::new(sum * self.limit(nodes), 0.0));
            }
        }
    }

    /// Gradients from those of all kernels; those of w and log_dt only if `system` asks for them.
    ///
    /// A complex x has the gradient dL/d re + i dL/d im; through y = f(x) it is conj(f') times that of y.
    #[inline(always)]
    pub(super) fn gradient(
        &self,
        nodes: &Nodes,
        tangents: &[f64],
        sums: &Sums,
        transform: &[f64],
        d_kernels: &[f64],
        system: bool,
    ) -> Gradient {
        let (finite, poles) = (tangents.len(), self.poles());
        let kernels = self.outputs();
        let count = transform.len() / (2 * nodes.count());
        let zeros = || Series::zeros(finite);
        // Gradients of the sums, by the same names.
        let mut to = Sums { bq: zeros(), pq: zeros(), bc: vec![zeros(); kernels], pc: vec![zeros(); kernels] };
        let mut of_limit = vec![0.0; kernels];
        for (kernel, d_kernel) in d_kernels.chunks_exact(count).enumerate() {
            let row = |row: usize| -> f64 {
                const LANES: usize = 8;
                let row = &transform[row * count..(row + 1) * count];
                let mut lanes = [0.0; LANES];
                let (chunks, ends) = (row.chunks_exact(LANES), row.len() / LANES * LANES);
                for (row, d) in chunks.zip(d_kernel.chunks_exact(LANES)) {
                    for lane in 0..LANES {
                        lanes[lane] += row[lane] * d[lane];
                    }
                }
                lanes.iter().sum::<f64>() + row[ends..].iter().zip(&d_kernel[ends..]).map(|(a, b)| a * b).sum::<f64>()
            };
            for (k, t) in tangents.iter().enumerate() {
                let of_spectrum = Complex64::new(row(2 * k), row(2 * k + 1));
                let inner = Complex64::new(1.0, -t) * of_spectrum;
                let (bq, pc, below) = (sums.bq.at(k), sums.pc[kernel].at(k), sums.pq.at(k) + 1.0);
                to.bc[kernel].add(k, inner);
                to.pc[kernel].add(k, -(bq / below).conj() * inner);
                to.bq.add(k, -(pc / below).conj() * inner);
                to.pq.add(k, (bq * pc / (below * below)).conj() * inner);
            }
            if nodes.has_limit() {
                of_limit[kernel] = row(2 * (nodes.count() - 1));
            }
        }
        let mut found = Found::zeros(poles, kernels);
        let mut fractions = Fractions::zeros(finite);
        for n in 0..poles {
            fractions.fill(self.a[n], tangents, nodes.sum());
            self.pole(n, &fractions, &to, &of_limit, self.limit(nodes), &mut found);
            if system {
                found.a[n] = self.of_pole(n, &fractions, &to);
            }
        }
        if system {
            found.log_dt += self.a.iter().zip(&found.a).map(|(a, d)| (d.conj() * a).re).sum::<f64>();
            for k in 0..finite {
                let mut through = |sum: &Series, to: &Series| found.log_dt += (sum.at(k).conj() * to.at(k)).re;
                through(&sums.bq, &to.bq);
                through(&sums.pq, &to.pq);
                for kernel in 0..kernels {
                    through(&sums.bc[kernel], &to.bc[kernel]);
                    through(&sums.pc[kernel], &to.pc[kernel]);
                }
            }
        }
        found.gradient(self.dt)
    }

    /// Gradients of one pole's P, Q, B, C, and what the limit adds to log_dt.
    #[inline(always)]
    fn pole(&self, n: usize, fractions: &Fractions, to: &Sums, of_limit: &[f64], limit: f64, found: &mut Found) {
        let (b, p, q) = (self.b[n], self.p[n], self.q[n]);
        let bq = fractions.gradient(&to.bq) * self.dt;
        let pq = fractions.gradient(&to.pq) * self.dt;
        found.q[n] = b.conj() * bq + p.conj() * pq;
        found.b[n] = q.conj() * bq;
        found.p[n] = q.conj() * pq;
        for (kernel, of_limit) in of_limit.iter().enumerate() {
            let at = kernel * self.poles() + n;
            let c = self.c[at];
            let bc = fractions.gradient(&to.bc[kernel]) * self.dt + of_limit * limit;
            let pc = fractions.gradient(&to.pc[kernel]) * self.dt;
            found.c[at] = b.conj() * bc + p.conj() * pc;
            found.b[n] += c.conj() * bc;
            found.p[n] += c.conj() * pc;
            found.log_dt += of_limit * limit * (b * c).re;
        }
    }

    /// Gradient of a = dt w, one pole: d/da of v / (z - a) is v / (z - a)^2.
    #[inline(always)]
    fn of_pole(&self, n: usize, fractions: &Fractions, to: &Sums) -> Complex64 {
        let mut total = Complex64::ZERO;
        for k in 0..to.bq.re.len() {
            let (own, other) = (fractions.own.at(k), fractions.conjugate.at(k));
            let (mut through, mut through_conjugate) = (Complex64::ZERO, Complex64::ZERO);
            let mut add = |v: Complex64, to: Complex64| {
                through += v.conj() * to;
                through_conjugate += v * to;
            };
            add(self.b[n] * self.q[n], to.bq.at(k));
            add(self.p[n] * self.q[n], to.pq.at(k));
            for kernel in 0..to.bc.len() {
                let c = self.c[kernel * self.poles() + n];
                add(self.b[n] * c, to.bc[kernel].at(k));
                add(self.p[n] * c, to.pc[kernel].at(k));
            }
            total += (own * own).conj() * through + other * other * through_conjugate.conj();
        }
        total * self.dt
    }
}

/// Gradients while they are gathered.
struct Found {
    log_dt: f64,
    a: Vec<Complex64>,
    p: Vec<Complex64>,
    q: Vec<Complex64>,
    b: Vec<Complex64>,
    c: Vec<Complex64>,
}

impl Found {
    fn zeros(poles: usize, kernels: usize) -> Self {
        let zeros = |count| vec![Complex64::ZERO; count];
        Self {
            log_dt: 0.0,
            a: zeros(poles),
            p: zeros(poles),
            q: zeros(poles),
            b: zeros(poles),
            c: zeros(kernels * poles),
        }
    }

    fn gradient(self, dt: f64) -> Gradient {
        let flat = |values: Vec<Complex64>| values.into_iter().flat_map(|value| [value.re, value.im]).collect();
        Gradient {
            log_dt: self.log_dt,
            w: flat(self.a.into_iter().map(|a| a * dt).collect()),
            p: flat(self.p),
            q: flat(self.q),
            b: flat(self.b),
            c: flat(self.c),
        }
    }
}
