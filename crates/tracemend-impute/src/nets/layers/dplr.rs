//! The state matrix of S4: diagonal plus low rank, and its beginning in the HiPPO-LegS matrix.
//!
//! Of every conjugate pair one half is stored. A = diag(w, conj w) - \[P; conj P\] \[Q; conj Q\]^T, so a real system's
//! products with Q are twice the real part of those of the stored half, and a step costs as many operations as there are
//! poles. Gu et al. 2022, appendix C.

use num_complex::Complex64;

/// One feature's discretised system (bilinear).
#[derive(Clone, Debug)]
pub(crate) struct Dplr {
    /// Half the step.
    half: f64,
    /// Poles.
    w: Vec<Complex64>,
    p: Vec<Complex64>,
    q: Vec<Complex64>,
}

/// Twice the real part of the product of two stored halves.
fn dot(a: &[Complex64], b: &[Complex64]) -> f64 {
    2.0 * a.iter().zip(b).map(|(a, b)| (a * b).re).sum::<f64>()
}

impl Dplr {
    /// With step `dt`.
    pub(crate) fn new(dt: f64, w: Vec<Complex64>, p: Vec<Complex64>, q: Vec<Complex64>) -> Self {
        Self { half: dt / 2.0, w, p, q }
    }

    /// (1 + dt/2 A) x, with `left` and `right` for P and Q, or for Q and P in the transpose.
    fn ahead(&self, x: &mut [Complex64], left: &[Complex64], right: &[Complex64]) {
        let along = dot(right, x);
        for (x, (w, left)) in x.iter_mut().zip(self.w.iter().zip(left)) {
            *x += (*x * w - left * along) * self.half;
        }
    }

    /// (1 - dt/2 A)^-1 x, by the Woodbury identity.
    fn back(&self, x: &mut [Complex64], left: &[Complex64], right: &[Complex64]) {
        let inverse = |w: Complex64| (Complex64::ONE - w * self.half).inv();
        let scaled: Vec<Complex64> = self.w.iter().zip(left).map(|(w, left)| inverse(*w) * left).collect();
        for (x, w) in x.iter_mut().zip(&self.w) {
            *x *= inverse(*w);
        }
        let along = self.half * dot(right, x) / (1.0 + self.half * dot(right, &scaled));
        for (x, scaled) in x.iter_mut().zip(scaled) {
            *x -= scaled * along;
        }
    }

    /// One step of the state: dA x.
    #[cfg(test)]
    pub(crate) fn step(&self, x: &mut [Complex64]) {
        self.ahead(x, &self.p, &self.q);
        self.back(x, &self.p, &self.q);
    }

    /// dA^T x.
    fn step_transposed(&self, x: &mut [Complex64]) {
        self.back(x, &self.q, &self.p);
        self.ahead(x, &self.q, &self.p);
    }

    /// dB, from B.
    #[cfg(test)]
    pub(crate) fn input(&self, b: &[Complex64]) -> Vec<Complex64> {
        let mut x: Vec<Complex64> = b.iter().map(|b| b * 2.0 * self.half).collect();
        self.back(&mut x, &self.p, &self.q);
        x
    }

    /// The output vector as the kernel of `length` needs it: (1 - (dA^length)^T) c.
    pub(crate) fn correct(&self, c: &mut [Complex64], length: usize) {
        self.add_power(c, length, -1.0);
    }

    /// From the corrected vector of `length` to that of twice the length: (1 + (dA^length)^T) c.
    pub(crate) fn double(&self, c: &mut [Complex64], length: usize) {
        self.add_power(c, length, 1.0);
    }

    fn add_power(&self, c: &mut [Complex64], length: usize, sign: f64) {
        let mut power = c.to_vec();
        (0..length).for_each(|_| self.step_transposed(&mut power));
        c.iter_mut().zip(power).for_each(|(c, power)| *c += power * sign);
    }

    /// The kernel c^T dA^j dB, j = 0 .. length - 1, by recurrence.
    #[cfg(test)]
    pub(crate) fn recurrence(&self, b: &[Complex64], c: &[Complex64], length: usize) -> Vec<f64> {
        let mut state = self.input(b);
        (0..length)
            .map(|_| {
                let value = dot(c, &state);
                self.step(&mut state);
                value
            })
            .collect()
    }
}

/// HiPPO-LegS of `states` states in normal form: poles, P and B, the halves with positive imaginary part.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct LegS {
    /// Poles; their real part is -1/2.
    pub w: Vec<Complex64>,
    /// Low-rank correction; at the beginning Q is its conjugate.
    pub p: Vec<Complex64>,
    /// Input vector.
    pub b: Vec<Complex64>,
}

impl LegS {
    /// A_nk = -sqrt((2n+1)(2k+1)) for n > k, -(n+1) on the diagonal; A + p p^T, p_n = sqrt(n + 1/2), is -1/2 plus a skew
    /// matrix S. The eigenvectors of A are those of the Hermitian matrix -i S.
    pub(crate) fn new(states: usize) -> Self {
        let root = |n: usize| (2.0 * n as f64 + 1.0).sqrt();
        let hermitian: Vec<Complex64> = (0..states * states)
            .map(|at| {
                let (n, k) = (at / states, at % states);
                let skew = match n.cmp(&k) {
                    std::cmp::Ordering::Greater => -0.5,
                    std::cmp::Ordering::Equal => 0.0,
                    std::cmp::Ordering::Less => 0.5,
                };
                Complex64::new(0.0, -skew * root(n) * root(k))
            })
            .collect();
        let (values, vectors) = eigen(hermitian, states);
        let mut order: Vec<usize> = (0..states).filter(|&i| values[i] > 0.0).collect();
        order.sort_by(|&i, &j| values[i].total_cmp(&values[j]));
        let project = |scale: f64| {
            let along = |i: usize| (0..states).map(|n| vectors[n * states + i].conj() * root(n) * scale).sum();
            order.iter().map(|&i| along(i)).collect()
        };
        Self {
            w: order.iter().map(|&i| Complex64::new(-0.5, values[i])).collect(),
            p: project(0.5f64.sqrt()),
            b: project(1.0),
        }
    }
}

/// Eigenvalues and unit eigenvectors (as columns) of a Hermitian matrix, by cyclic Jacobi rotations.
fn eigen(mut a: Vec<Complex64>, size: usize) -> (Vec<f64>, Vec<Complex64>) {
    const SWEEPS: usize = 60;
    let mut v = vec![Complex64::ZERO; size * size];
    (0..size).for_each(|i| v[i * size + i] = Complex64::ONE);
    for _ in 0..SWEEPS {
        let off: f64 = (0..size * size).filter(|at| at / size != at % size).map(|at| a[at].norm_sqr()).sum();
        let whole: f64 = a.iter().map(|x| x.norm_sqr()).sum();
        if off <= whole * 1e-30 {
            break;
        }
        for i in 0..size {
            for j in i + 1..size {
                let between = a[i * size + j];
                let magnitude = between.norm_sqr().sqrt();
                if magnitude == 0.0 {
                    continue;
                }
                let phase = between / magnitude;
                let tau = (a[j * size + j].re - a[i * size + i].re) / (2.0 * magnitude);
                let t = tau.signum() / (tau.abs() + (1.0 + tau * tau).sqrt());
                let t = if tau == 0.0 { 1.0 } else { t };
                let c = 1.0 / (1.0 + t * t).sqrt();
                let s = phase * (t * c);
                // Columns i and j of A and V, then rows i and j of A.
                for matrix in [&mut a, &mut v] {
                    for row in 0..size {
                        let (x, y) = (matrix[row * size + i], matrix[row * size + j]);
                        matrix[row * size + i] = x * c - y * s.conj();
                        matrix[row * size + j] = x * s + y * c;
                    }
                }
                for column in 0..size {
                    let (x, y) = (a[i * size + column], a[j * size + column]);
                    a[i * size + column] = x * c - y * s;
                    a[j * size + column] = x * s.conj() + y * c;
                }
            }
        }
    }
    ((0..size).map(|i| a[i * size + i].re).collect(), v)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_normal_form_gives_the_matrix_back() {
        for states in [2, 8, 64] {
            let LegS { w, p, b } = LegS::new(states);
            assert_eq!(w.len(), states / 2);
            // Moments b^T A^m b of both forms; A by its definition.
            let root = |n: usize| (2.0 * n as f64 + 1.0).sqrt();
            let mut x: Vec<f64> = (0..states).map(root).collect();
            let mut y = b.clone();
            for _ in 0..4 {
                let exact: f64 = x.iter().enumerate().map(|(n, x)| x * root(n)).sum();
                let left: Vec<Complex64> = b.iter().map(|b| b.conj()).collect();
                let ours = dot(&left, &y);
                assert!((ours / exact - 1.0).abs() < 1e-9, "{states}: {ours} {exact}");
                x = (0..states)
                    .map(|n| -(n as f64 + 1.0) * x[n] - (0..n).map(|k| root(n) * root(k) * x[k]).sum::<f64>())
                    .collect();
                let conjugate: Vec<Complex64> = p.iter().map(|p| p.conj()).collect();
                let along = dot(&conjugate, &y);
                y = y.iter().zip(&w).zip(&p).map(|((y, w), p)| y * w - p * along).collect();
            }
        }
    }
}
