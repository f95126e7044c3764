//! The kernel by operations of the framework, complex numbers as pairs of real tensors.

use crate::nets::ops::s4_kernel::nodes::{Nodes, Sum};
use crate::nets::ops::s4_kernel::parameters::Parameters;
use burn::tensor::{Tensor, TensorData};

/// Real and imaginary part.
type Pair<const D: usize> = (Tensor<D>, Tensor<D>);

fn times<const D: usize>(a: &Pair<D>, b: &Pair<D>) -> Pair<D> {
    let re = a.0.clone() * b.0.clone() - a.1.clone() * b.1.clone();
    let im = a.0.clone() * b.1.clone() + a.1.clone() * b.0.clone();
    (re, im)
}

fn over<const D: usize>(a: &Pair<D>, b: &Pair<D>) -> Pair<D> {
    let square = b.0.clone().square() + b.1.clone().square();
    let (re, im) = times(a, &(b.0.clone(), b.1.clone().neg()));
    (re / square.clone(), im / square)
}

/// See [`crate::nets::ops::s4_kernel::s4_kernel`].
pub(super) fn s4_kernel(parameters: Parameters, nodes: Nodes, length: usize) -> Tensor<2> {
    let Parameters { log_dt, w, p, q, b, c, d } = parameters;
    let device = c.device();
    let [kernels, features, poles, _] = c.dims();
    let split = |x: Tensor<4>, kernel: usize| -> Pair<3> {
        let part = |part| x.clone().slice([kernel..kernel + 1, 0..features, 0..poles, part..part + 1]);
        (part(0).reshape([features, poles, 1]), part(1).reshape([features, poles, 1])) // [H, N/2, 1]
    };
    let (p, q, b) = (split(p, 0), split(q, 0), split(b, 0));
    let dt = log_dt.exp().reshape([features, 1, 1]); // [H, 1, 1]
    let a = split(w.unsqueeze_dim(0), 0);
    let a = (a.0 * dt.clone(), a.1 * dt.clone()); // [H, N/2, 1]
    let tangents = nodes.tangents();
    let finite = tangents.len();
    let t = Tensor::<3>::from_data(TensorData::new(tangents, [1, 1, finite]), &device); // [1, 1, M]
    let fraction = |sign: f32| -> Pair<3> {
        let im = t.clone() * 2.0 - a.1.clone() * sign; // [H, N/2, M]
        let square = a.0.clone().square() + im.clone().square(); // [H, N/2, M]
        (a.0.clone().neg() / square.clone(), im.neg() / square) // [H, N/2, M]
    };
    let (own, other) = (fraction(1.0), fraction(-1.0));
    let sum = |v: &Pair<3>| -> Pair<3> {
        let mut terms = times(v, &own); // [H, N/2, M]
        if nodes.sum() == Sum::Conjugate {
            let conjugate = times(&(v.0.clone(), v.1.clone().neg()), &other); // [H, N/2, M]
            terms = (terms.0 + conjugate.0, terms.1 + conjugate.1);
        }
        (terms.0.sum_dim(1) * dt.clone(), terms.1.sum_dim(1) * dt.clone()) // [H, 1, M]
    };
    let (bq, pq) = (sum(&times(&b, &q)), sum(&times(&p, &q)));
    let below = (pq.0 + 1.0, pq.1); // [H, 1, M]
    let count = nodes.values(length);
    let rows = TensorData::new(nodes.transform(count), [nodes.count(), 2, count]);
    let transform = Tensor::<3>::from_data(rows, &device);
    let part = |part| transform.clone().narrow(1, part, 1).squeeze_dim::<2>(1); // [nodes, count]
    let (real, imaginary) = (part(0), part(1));
    let kernel = |number: usize| -> Tensor<2> {
        let c = split(c.clone(), number);
        let (bc, pc) = (sum(&times(&b, &c)), sum(&times(&p, &c)));
        let corrected = over(&times(&bq, &pc), &below); // [H, 1, M]
        let inner = (bc.0 - corrected.0, bc.1 - corrected.1);
        let spectrum = times(&(Tensor::ones([1, 1, finite], &device), t.clone()), &inner); // [H, 1, M]
        let (mut re, mut im) = (spectrum.0, spectrum.1);
        if nodes.has_limit() {
            let halves = if nodes.sum() == Sum::Conjugate { 1.0 } else { 0.5 };
            let limit = times(&b, &c).0.sum_dim(1) * dt.clone() * halves; // [H, 1, 1]
            re = Tensor::cat(vec![re, limit.clone()], 2);
            im = Tensor::cat(vec![im, limit.zeros_like()], 2);
        }
        let flat = |x: Tensor<3>| x.reshape([features, nodes.count()]); // [H, nodes]
        flat(re).matmul(real.clone()) + flat(im).matmul(imaginary.clone()) // [H, count]
    };
    let missing = length - count;
    let zeros = |rows: usize| Tensor::<2>::zeros([rows, features], &device);
    let past = Tensor::cat(vec![kernel(0).transpose(), zeros(missing)], 0); // [L, H]
    let future = match kernels {
        1 => zeros(length),
        _ => Tensor::cat(vec![zeros(missing), kernel(1).transpose()], 0).flip([0]), // [L, H]
    };
    let straight = Tensor::cat(vec![zeros(length), d, zeros(length - 1)], 0); // [2 L, H]
    let taps = Tensor::cat(vec![future, past], 0) + straight; // [2 L, H], from lag -L on
    taps.narrow(0, 1, 2 * length - 1) // [2 L - 1, H]
}
