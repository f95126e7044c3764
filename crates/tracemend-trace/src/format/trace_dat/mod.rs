//! trace-cmd's own file, `trace.dat`, versions 6 and 7: the pages of the kernel's ring buffers, one after the other, and
//! what is needed to understand them. See `man trace-cmd.dat.v7`.

mod chunks;
mod head;
mod lane;
mod layout;
mod option;
mod reader;
mod unpack;
mod v6;
mod v7;

pub(crate) use reader::open;
