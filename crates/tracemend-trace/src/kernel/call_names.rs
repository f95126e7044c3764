//! What the names of LTTng's and perf's events mean.

use crate::Phase;

/// What an event's name means, without its provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Name<'a> {
    /// A system call.
    Call(Phase, &'a [u8]),
    /// The end of whatever its thread called last (`exit_syscall` of old LTTng).
    EndOfCall,
    /// `raw_syscalls:sys_enter`: the number is a field.
    Number(Phase),
    /// No call.
    Other,
}

/// Only the kernel's own names are calls: the functions of a user-space provider nest, and obey no entry/exit rules.
pub(crate) fn name(full: &[u8]) -> Name<'_> {
    let (provider, bare) = match memchr::memchr(b':', full) {
        Some(colon) => (&full[..colon], &full[colon + 1..]),
        None => (&b""[..], full),
    };
    match (provider, bare) {
        (b"raw_syscalls", b"sys_enter") => return Name::Number(Phase::Entry),
        (b"raw_syscalls", b"sys_exit") => return Name::Number(Phase::Exit),
        (b"", b"exit_syscall") => return Name::EndOfCall,
        _ => {}
    }
    let prefixes: [(&[u8], &[u8], Phase); 6] = [
        (b"", b"syscall_entry_", Phase::Entry),
        (b"", b"syscall_exit_", Phase::Exit),
        (b"", b"compat_syscall_entry_", Phase::Entry),
        (b"", b"compat_syscall_exit_", Phase::Exit),
        (b"", b"sys_", Phase::Entry),
        (b"syscalls", b"sys_enter_", Phase::Entry),
    ];
    for (of, prefix, phase) in prefixes {
        if provider == of
            && let Some(call) = bare.strip_prefix(prefix)
            && !call.is_empty()
        {
            return Name::Call(phase, call);
        }
    }
    match (provider, bare.strip_prefix(b"sys_exit_")) {
        (b"syscalls", Some(call)) => Name::Call(Phase::Exit, call),
        _ => Name::Other,
    }
}
