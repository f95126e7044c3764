//! What a thread's events can and cannot be: hard constraints for whoever reconstructs events, and evidence of loss where
//! no tracer counted it.

mod evidence;
mod thread;

pub use evidence::{evidence, one_sided};
pub use thread::{BORN_BY, NEVER_RETURN, ThreadRules, Violation};
