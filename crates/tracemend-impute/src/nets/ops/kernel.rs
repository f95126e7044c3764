//! What the fused operations share: slices of tensors, matrix products, vectorised elementary functions.

use burn::backend::flex::FlexTensor;
use burn::tensor::{FloatDType, TensorData};

/// A tensor of these values in row-major order.
pub(super) fn tensor(values: Vec<f32>, shape: &[usize]) -> FlexTensor {
    FlexTensor::from_data(TensorData::new(values, shape.to_vec()))
}

/// A contiguous tensor as one that holds nothing but its own elements, so that `storage_mut` is all of it.
pub(super) fn owned(tensor: FlexTensor) -> FlexTensor {
    if tensor.storage::<f32>().len() == tensor.layout().num_elements() {
        return tensor;
    }
    self::tensor(values(&tensor).to_vec(), &shape(&tensor))
}

/// Sizes of the axes.
pub(super) fn shape(tensor: &FlexTensor) -> Vec<usize> {
    tensor.layout().shape().iter().copied().collect()
}

/// The elements of a tensor that `to_contiguous` returned, in row-major order.
pub(super) fn values(tensor: &FlexTensor) -> &[f32] {
    let start = tensor.layout().start_offset();
    &tensor.storage::<f32>()[start..start + tensor.layout().num_elements()]
}

/// Runs `work` compiled for the widest vectors that this processor has.
///
/// Only what is inlined is vectorised, so the closure and the functions it calls have to be `#[inline(always)]`, with loops
/// instead of iterators' closures; elsewhere even a fused multiply-add is a call of a function.
#[inline(always)]
pub(super) fn simd<R>(work: impl FnOnce() -> R) -> R {
    pulp::Arch::new().dispatch(work)
}

/// A matrix within a slice: element (row, column) stands at `row * row_step + column * column_step`.
#[derive(Clone, Copy)]
pub(super) struct Matrix<'a> {
    pub data: &'a [f32],
    pub row_step: usize,
    pub column_step: usize,
}

impl<'a> Matrix<'a> {
    /// Rows one after the other, `width` elements apart.
    pub(super) fn rows(data: &'a [f32], width: usize) -> Self {
        Self { data, row_step: width, column_step: 1 }
    }

    /// The transpose of [`Matrix::rows`].
    pub(super) fn columns(data: &'a [f32], width: usize) -> Self {
        Self { data, row_step: 1, column_step: width }
    }

    fn holds(&self, rows: usize, columns: usize) -> bool {
        rows == 0 || columns == 0 || (rows - 1) * self.row_step + (columns - 1) * self.column_step < self.data.len()
    }
}

/// `out = beta * out + a b` with `a` \[m, k\], `b` \[k, n\] and `out` \[m, n\], whose rows are `width` elements apart.
///
/// # Panics
/// If a matrix reaches beyond its slice.
#[expect(unsafe_code, reason = "the one call of the matrix product, after the checks it needs")]
pub(super) fn product(
    [m, k, n]: [usize; 3],
    out: &mut [f32],
    width: usize,
    beta: f32,
    a: Matrix<'_>,
    b: Matrix<'_>,
    threads: gemm::Parallelism,
) {
    assert!(a.holds(m, k) && b.holds(k, n) && Matrix::rows(out, width).holds(m, n) && (m < 2 || n <= width));
    let step = |step: usize| step as isize;
    // SAFETY: every element that is read or written lies within its slice, checked above; rows of `out` do not overlap.
    unsafe {
        gemm::gemm(
            m,
            n,
            k,
            out.as_mut_ptr(),
            1,
            step(width),
            beta != 0.0,
            a.data.as_ptr(),
            step(a.column_step),
            step(a.row_step),
            b.data.as_ptr(),
            step(b.column_step),
            step(b.row_step),
            beta,
            1.0,
            false,
            false,
            false,
            threads,
        );
    }
}

/// All threads of the current pool for one large product.
pub(super) fn all_threads() -> gemm::Parallelism {
    match rayon::current_num_threads() {
        1 => gemm::Parallelism::None,
        threads => gemm::Parallelism::Rayon(threads),
    }
}

/// e^x to 2 units in the last place, without branches, so that loops over it become vector code.
#[inline(always)]
pub(super) fn exp(x: f32) -> f32 {
    // Adding and subtracting 1.5 * 2^23 rounds to a whole number.
    const ROUND: f32 = 12_582_912.0;
    let x = x.clamp(-87.0, 88.0);
    let whole = x.mul_add(std::f32::consts::LOG2_E, ROUND) - ROUND;
    // ln 2 in two parts, so that the remainder keeps all its bits (Cephes).
    let rest = whole.mul_add(-0.693_359_4, x);
    let rest = whole.mul_add(2.121_944_4e-4, rest);
    let series = 1.987_569_1e-4_f32
        .mul_add(rest, 1.398_199_9e-3)
        .mul_add(rest, 8.333_452e-3)
        .mul_add(rest, 4.166_579_6e-2)
        .mul_add(rest, 1.666_666_5e-1)
        .mul_add(rest, 0.5);
    let power = f32::from_bits(((whole as i32 + 127) << 23) as u32);
    ((series * rest).mul_add(rest, rest) + 1.0) * power
}

/// 1 / (1 + e^-x).
#[inline(always)]
pub(super) fn sigmoid(x: f32) -> f32 {
    1.0 / (1.0 + exp(-x))
}

/// Hyperbolic tangent, absolute error below 2e-7.
#[inline(always)]
pub(super) fn tanh(x: f32) -> f32 {
    let power = exp(2.0 * x);
    (power - 1.0) / (power + 1.0)
}

/// The error function, absolute error below 1e-7 (polynomials after N. Juffa): x + x P(x^2) for small x, 1 - exp(-|x| Q(|x|))
/// for others. Both are computed, so that loops over it become vector code.
#[inline(always)]
pub(super) fn erf(x: f32) -> f32 {
    let (magnitude, square) = (x.abs(), x * x);
    let large = (-1.728_534_7e-5_f32).mul_add(magnitude, 3.831_971_3e-4);
    let middle = (-3.883_964_4e-3_f32).mul_add(magnitude, 2.425_462_2e-2);
    let large = large
        .mul_add(square, middle)
        .mul_add(magnitude, -1.067_778_8e-1)
        .mul_add(magnitude, -6.348_467e-1)
        .mul_add(magnitude, -1.287_175_1e-1)
        .mul_add(magnitude, -magnitude);
    let large = (1.0 - exp(large)).copysign(x);
    let small = (-5.967_617e-4_f32)
        .mul_add(square, 4.991_194e-3)
        .mul_add(square, -2.676_813_5e-2)
        .mul_add(square, 1.128_199_3e-1)
        .mul_add(square, -3.761_253_4e-1)
        .mul_add(square, 1.283_791_7e-1)
        .mul_add(x, x);
    if magnitude > 0.927_734_4 { large } else { small }
}

/// Lanes of a sum: the order of additions is fixed, whatever the width of the processor's vectors.
const LANES: usize = 16;

/// The sum of `term(i)` for i below `count`.
#[inline(always)]
pub(super) fn sum(count: usize, term: impl Fn(usize) -> f32) -> f32 {
    let mut lanes = [0.0f32; LANES];
    let whole = count / LANES * LANES;
    let mut at = 0;
    while at < whole {
        for (lane, sum) in lanes.iter_mut().enumerate() {
            *sum += term(at + lane);
        }
        at += LANES;
    }
    let mut total = lanes.iter().sum::<f32>();
    for i in whole..count {
        total += term(i);
    }
    total
}

/// The largest element.
#[inline(always)]
pub(super) fn largest(row: &[f32]) -> f32 {
    let mut lanes = [f32::NEG_INFINITY; LANES];
    let chunks = row.chunks_exact(LANES);
    let rest = chunks.remainder();
    for chunk in chunks {
        for (max, &value) in lanes.iter_mut().zip(chunk) {
            *max = if value > *max { value } else { *max };
        }
    }
    lanes.iter().chain(rest).fold(f32::NEG_INFINITY, |max, &value| max.max(value))
}

/// Whether tensors on this device are the CPU backend's own and in single precision, so that the fused operations can take
/// them.
pub(super) fn is_flex(device: &burn::tensor::Device) -> bool {
    let inner = device.clone().inner();
    inner == burn::tensor::Device::flex() && inner.settings().float_dtype == FloatDType::F32
}

#[cfg(test)]
pub(super) mod testing {
    //! Comparing a fused operation with the plain one, gradients included.

    use burn::tensor::{Device, Distribution, Tensor};

    pub(crate) fn device() -> Device {
        Device::flex().autodiff()
    }

    /// Reproducible normal numbers that gradients are kept for.
    pub(crate) fn normal<const D: usize>(shape: [usize; D], seed: u64) -> Tensor<D> {
        let device = device();
        let _alone = crate::nets::seed::seeded(seed, &device);
        Tensor::random(shape, Distribution::Normal(0.0, 1.0), &device).require_grad()
    }

    pub(crate) fn close<const D: usize>(a: Tensor<D>, b: Tensor<D>, tolerance: f32) {
        assert_eq!(a.dims(), b.dims());
        let worst: f32 = (a - b).abs().max().into_scalar::<f32>();
        assert!(worst <= tolerance, "off by {worst}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elementary_functions_are_close_to_the_exact_ones() {
        for i in -4000..4000 {
            let x = i as f32 / 200.0;
            let exact = f64::from(x);
            assert!((f64::from(exp(x)) / exact.exp() - 1.0).abs() < 4e-7, "exp {x}");
            assert!((f64::from(tanh(x)) - exact.tanh()).abs() < 3e-7, "tanh {x}");
            assert!((f64::from(sigmoid(x)) - 1.0 / (1.0 + (-exact).exp())).abs() < 2e-7, "sigmoid {x}");
        }
        // Table 7.1 of Abramowitz and Stegun.
        for (x, exact) in [(0.0, 0.0), (0.1, 0.112_462_92), (0.5, 0.520_499_9), (1.0, 0.842_700_8), (2.0, 0.995_322_3)]
        {
            assert!((erf(x) - exact).abs() < 1e-7, "erf {x}");
            assert!((erf(-x) + exact).abs() < 1e-7, "erf -{x}");
        }
    }

    #[test]
    fn a_product_equals_the_sum_of_products() {
        let a: Vec<f32> = (0..6).map(|x| x as f32).collect();
        let b: Vec<f32> = (0..6).map(|x| x as f32 - 2.0).collect();
        let mut out = vec![1.0; 4];
        // [2, 3] by the transpose of [2, 3].
        let none = gemm::Parallelism::None;
        product([2, 3, 2], &mut out, 2, 1.0, Matrix::rows(&a, 3), Matrix::columns(&b, 3), none);
        let slow = |i: usize, j: usize| 1.0 + (0..3).map(|k| a[i * 3 + k] * b[j * 3 + k]).sum::<f32>();
        assert_eq!(out, [slow(0, 0), slow(0, 1), slow(1, 0), slow(1, 1)]);
    }

    #[test]
    fn sums_take_every_element_once() {
        for count in [0, 1, 15, 16, 17, 100] {
            assert_eq!(sum(count, |i| i as f32), (0..count).sum::<usize>() as f32);
        }
        assert_eq!(largest(&[-3.0, -1.0, -2.0]), -1.0);
    }
}
