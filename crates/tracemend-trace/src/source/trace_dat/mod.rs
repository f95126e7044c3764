//! trace-cmd's own file, `trace.dat`, versions 6 and 7: the pages of the kernel's ring buffers, one after the other, and
//! what is needed to understand them. See `man trace-cmd.dat.v7`.

mod chunks;
mod lane;
mod layout;
pub(crate) mod page;
mod reader;
pub(crate) mod sections;
mod unpack;
mod v6;
mod v7;

pub(crate) use layout::MAGIC;
pub(crate) use reader::open;
