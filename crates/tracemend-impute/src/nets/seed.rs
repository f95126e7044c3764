//! First weights and dropout that depend on the seed alone.

use burn::module::{Module, ModuleVisitor, Param};
use burn::tensor::{Device, Tensor};
use std::sync::{Mutex, MutexGuard, PoisonError};

static DRAWING: Mutex<()> = Mutex::new(());

/// Seeds the device's random numbers, which the whole process shares, and keeps everybody else from seeding them
/// for as long as the guard lives.
pub(in crate::nets) fn seeded(seed: u64, device: &Device) -> MutexGuard<'static, ()> {
    // A panic of another thread leaves nothing half done that matters here.
    let guard = DRAWING.lock().unwrap_or_else(PoisonError::into_inner);
    device.seed(seed);
    guard
}

/// The module with all its first weights drawn; the framework would draw each when it is first looked at.
pub(in crate::nets) fn drawn<M: Module>(module: M) -> M {
    struct Draw;
    impl ModuleVisitor for Draw {
        fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
            param.val();
        }
    }
    module.visit(&mut Draw);
    module
}
