//! Training: windows of text, masks, the optimiser, and a loop that can be interrupted and goes on bit for bit.

mod checkpoint;
pub mod config;
mod error;
pub mod masks;
mod optimizer;
pub mod text;
pub mod trainer;

pub use config::TrainConfig;
pub use error::TrainError;
pub use trainer::{Outcome, Progress, Task, Watch, train};
