//! Captures of Falco and sysdig (`.scap`): blocks as in pcapng, one for each event, after lists of the processes, files and users that
//! were there at the start. See `userspace/libscap/scap_savefile.h` and `driver/ppm_events_public.h` of falcosecurity/libs.

mod blocks;
mod event;
mod event_pair;
mod event_type;
mod line;
mod magic;
mod phases;
mod reader;
mod table;
mod threads;

pub(crate) use magic::{Capture, recognise};
pub(crate) use reader::open;
