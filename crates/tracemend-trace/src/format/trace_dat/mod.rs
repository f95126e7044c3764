//! trace-cmd's own file, `trace.dat`, versions 6 and 7: the pages of the kernel's ring buffers, one after the other, and
//! what is needed to understand them. See `man trace-cmd.dat.v7`.

mod chunks;
mod counted;
mod head;
mod lane;
pub(crate) mod layout;
pub(crate) mod option;
mod reader;
pub(crate) mod unpack;
mod v6;
mod v7;

pub(crate) use reader::{PageFile, open, read};
