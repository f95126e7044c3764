//! Readers. Each format has a file or a folder of its own; [`open()`] recognises the format by content.
//!
//! Every reader goes through the input once, line by line, and holds a bounded part of it: one line of at most
//! [`MAX_LINE`](crate::MAX_LINE) bytes, the last event of each CPU, and what the format itself leaves open (the calls
//! strace has not finished yet). What cannot be understood becomes a [`Gap`](crate::Gap) that says where and why, and
//! reading goes on.

mod archive;
mod collection;
mod cpu_files;
pub(crate) mod ctf;
mod detect;
mod folder;
mod ftrace_raw;
mod json_lines;
mod open;
mod options;
mod own_text;
mod perf_data;
mod perfetto;
mod remark;
mod remarks;
mod scap;
mod several;
pub(crate) mod table;
mod text;
mod text_source;
mod trace_dat;
mod variants;

pub use collection::traces_in;
pub use open::{from_reader, open};
pub use options::OpenOptions;
pub use remarks::remarks;
