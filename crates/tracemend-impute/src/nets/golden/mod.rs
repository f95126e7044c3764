//! The diffusion networks against numbers of the reference implementations; `tests/golden/README.md` says how they were
//! made and what the tolerances are.

mod csdi;
mod fixture;
mod layers;
mod sssd;
