//! What the trainer needs of a network.

use crate::nets::batch::Batch;
use crate::nets::state_dict::Rename;
use burn::module::Module;
use burn::tensor::Tensor;
use tracemend_repair::rng::SplitMix64;

/// A network that learns from windows.
pub(crate) trait Network: Module {
    /// Turns a parameter's path into its published name.
    const RENAME: Rename;

    /// The training loss of a batch that holds the truth everywhere, `observed` saying what the network may see; a tensor
    /// of one element. `random` draws whatever the method needs beyond the mask: steps, noise.
    fn loss(&self, batch: &Batch, random: &mut SplitMix64) -> Tensor<1>;

    /// The longest window that it learns from as it is.
    fn longest(&self) -> usize {
        usize::MAX
    }

    /// Windows have to be a multiple of this long.
    fn multiple(&self) -> usize {
        1
    }

    /// Whether a parameter is one of a state-space model, which learns at a rate of its own and does not decay.
    fn is_state_space(_name: &str) -> bool {
        false
    }
}
