//! Architectures and their system call numbers.

use std::{fmt, str::FromStr};
use syscalls::{aarch64, arm, x86, x86_64};

/// Architecture of the traced machine: it decides what a system call number means.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Arch {
    /// 64-bit x86.
    #[default]
    X86_64,
    /// 32-bit x86.
    I386,
    /// 64-bit ARM.
    Aarch64,
    /// 32-bit ARM (EABI).
    Arm,
}

impl Arch {
    /// All architectures with their names, as [`FromStr`] reads them.
    pub const ALL: [(Arch, &'static str); 4] =
        [(Arch::X86_64, "x86_64"), (Arch::I386, "i386"), (Arch::Aarch64, "aarch64"), (Arch::Arm, "arm")];

    /// The name of a system call number, if this architecture has one.
    pub fn call_name(self, number: i64) -> Option<&'static str> {
        let number = usize::try_from(number).ok()?;
        match self {
            Arch::X86_64 => x86_64::Sysno::new(number).map(|call| call.name()),
            Arch::I386 => x86::Sysno::new(number).map(|call| call.name()),
            Arch::Aarch64 => aarch64::Sysno::new(number).map(|call| call.name()),
            Arch::Arm => arm::Sysno::new(number).map(|call| call.name()),
        }
    }

    /// Whether any architecture has a system call of this name.
    pub(crate) fn knows_name(name: &str) -> bool {
        name.parse::<x86_64::Sysno>().is_ok()
            || name.parse::<x86::Sysno>().is_ok()
            || name.parse::<aarch64::Sysno>().is_ok()
            || name.parse::<arm::Sysno>().is_ok()
    }
}

impl fmt::Display for Arch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = Self::ALL.iter().find(|(arch, _)| arch == self).map_or("", |(_, name)| name);
        f.pad(name)
    }
}

impl FromStr for Arch {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let known = Self::ALL.iter().find(|(_, name)| *name == text).map(|(arch, _)| *arch);
        known.ok_or_else(|| format!("no architecture `{text}` here; use x86_64, i386, aarch64 or arm"))
    }
}
