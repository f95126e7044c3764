//! What the names of the kernel's events and functions mean, as LTTng, perf and others write them.

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

/// What the kernel puts before a call's name in the name of the function that serves it, machine by machine.
const PREFIXES: [&str; 11] = [
    "__x64_sys_",
    "__ia32_sys_",
    "__ia32_compat_sys_",
    "__arm64_sys_",
    "__arm64_compat_sys_",
    "__riscv_sys_",
    "__s390x_sys_",
    "__s390_sys_",
    "__do_sys_",
    "__se_sys_",
    "sys_",
];

/// The call that a function serves: `setgid` of `__x64_sys_setgid`.
pub(crate) fn call_of_function(function: &str) -> Option<&str> {
    PREFIXES.iter().find_map(|prefix| function.strip_prefix(prefix)).filter(|call| !call.is_empty())
}

/// The call and its end that a tracepoint of the group `syscalls` reports: `sys_enter_openat`, `sys_exit_openat`.
pub(crate) fn end_of_call(event: &[u8]) -> Option<(&[u8], Phase)> {
    let ends: [(&[u8], Phase); 2] = [(b"sys_enter_", Phase::Entry), (b"sys_exit_", Phase::Exit)];
    ends.into_iter().find_map(|(prefix, phase)| Some((event.strip_prefix(prefix)?, phase)))
}

/// As [`end_of_call`], of a call that has a name.
pub(crate) fn end_of_named_call(event: &str) -> Option<(&[u8], Phase)> {
    end_of_call(event.as_bytes()).filter(|(call, _)| !call.is_empty())
}
