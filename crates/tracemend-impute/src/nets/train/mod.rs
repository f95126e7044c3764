//! Training: windows of text, masks, the optimiser, and a loop that can be interrupted and goes on bit for bit.

mod checkpoint;
mod config;
mod error;
pub(crate) mod masks;
mod optimizer;
mod text;
pub(crate) mod trainer;

pub use config::TrainConfig;
pub use error::TrainError;
pub use masks::Mask;
pub(crate) use trainer::train;
pub use trainer::{BEST, METRICS, Metrics, Outcome, Progress, Task, Watch};
