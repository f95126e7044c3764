//! System calls by the names of the kernel's functions and tracepoints.

use crate::Phase;

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
pub(crate) fn end_of_call(event: &str) -> Option<(&str, Phase)> {
    let ends = [("sys_enter_", Phase::Entry), ("sys_exit_", Phase::Exit)];
    ends.into_iter().find_map(|(prefix, phase)| Some((event.strip_prefix(prefix)?, phase)))
}
