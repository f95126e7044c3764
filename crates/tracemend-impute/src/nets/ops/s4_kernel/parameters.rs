//! What a kernel is computed from.

use burn::tensor::Tensor;

/// A state-space model's parameters.
#[derive(Clone, Debug)]
pub(crate) struct Parameters {
    /// Logarithm of the step, `[H]`.
    pub log_dt: Tensor<1>,
    /// Poles, `[H, N/2, 2]`.
    pub w: Tensor<3>,
    /// Low-rank correction, `[1, H, N/2, 2]`.
    pub p: Tensor<4>,
    /// Low-rank correction, `[1, H, N/2, 2]`.
    pub q: Tensor<4>,
    /// Input vector, `[1, H, N/2, 2]`.
    pub b: Tensor<4>,
    /// Output vectors, corrected for the length, `[kernels, H, N/2, 2]`.
    pub c: Tensor<4>,
    /// What goes straight through, `[1, H]`.
    pub d: Tensor<2>,
}

impl Parameters {
    /// The same without gradients for what is not C or D.
    pub(super) fn system_detached(self) -> Self {
        let vector = |x: Tensor<4>| x.detach().set_require_grad(false);
        Self {
            log_dt: self.log_dt.detach().set_require_grad(false),
            w: self.w.detach().set_require_grad(false),
            p: vector(self.p),
            q: vector(self.q),
            b: vector(self.b),
            ..self
        }
    }
}
