//! Gaussian diffusion over encoded windows: schedules, encodings, the training loss, samplers.
//!
//! A network sees a window as numbers (`B` windows, `L` positions, `V` channels of an [`encoding`]), corrupted to step t:
//! x_t = sqrt(ab_t) x_0 + sqrt(1 - ab_t) z. It predicts z; sampling runs the corruption backwards (Ho, Jain and Abbeel
//! 2020, *Denoising Diffusion Probabilistic Models*).

pub(super) mod encoding;
pub(super) mod imputer;
pub(super) mod loss;
pub(super) mod noise;
pub(super) mod process;
pub(crate) mod sampler;
pub(super) mod schedule;
