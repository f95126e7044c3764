//! The diffusion networks against numbers of the reference implementations; `tests/golden/README.md` says how they were
//! made and what the tolerances are.

// clippy knows only functions marked #[test] for tests; what they share is one too.
#![allow(clippy::unwrap_used)]

mod csdi;
mod fixture;
mod layers;
mod sssd;
