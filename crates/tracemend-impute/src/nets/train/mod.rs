//! Training: windows of text, masks, the optimiser, and a loop that can be interrupted and goes on bit for bit.

mod checkpoint;
pub mod config;
pub mod masks;
mod optimizer;
pub mod text;
pub mod trainer;

pub use config::TrainConfig;
pub use trainer::{Outcome, Progress, Task, TrainError, Watch, train};
