//! Architectures and their system call numbers.

use std::{fmt, str::FromStr};
use syscalls::{aarch64, arm, powerpc64, riscv64, s390x, x86, x86_64};

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
    /// 64-bit RISC-V.
    Riscv64,
    /// 64-bit POWER, of either byte order.
    Ppc64,
    /// 64-bit IBM Z.
    S390x,
    /// A machine whose numbers are not known here: calls are named `syscall_N`, never by another machine's names.
    Unknown,
}

impl Arch {
    /// All architectures with their names, as [`FromStr`] reads them.
    pub const ALL: [(Arch, &'static str); 8] = [
        (Arch::X86_64, "x86_64"),
        (Arch::I386, "i386"),
        (Arch::Aarch64, "aarch64"),
        (Arch::Arm, "arm"),
        (Arch::Riscv64, "riscv64"),
        (Arch::Ppc64, "ppc64le"),
        (Arch::S390x, "s390x"),
        (Arch::Unknown, "none"),
    ];

    /// The architecture that `uname -m` calls so.
    pub(crate) fn of_machine(machine: &str) -> Self {
        match machine {
            "x86_64" | "amd64" => Arch::X86_64,
            "i386" | "i486" | "i586" | "i686" => Arch::I386,
            "aarch64" | "arm64" => Arch::Aarch64,
            "riscv64" => Arch::Riscv64,
            "ppc64" | "ppc64le" => Arch::Ppc64,
            "s390x" => Arch::S390x,
            machine if machine.starts_with("arm") => Arch::Arm,
            _ => Arch::Unknown,
        }
    }

    /// The name of a system call number, if this architecture has one.
    pub fn call_name(self, number: i64) -> Option<&'static str> {
        let number = usize::try_from(number).ok()?;
        match self {
            Arch::X86_64 => x86_64::Sysno::new(number).map(|call| call.name()),
            Arch::I386 => x86::Sysno::new(number).map(|call| call.name()),
            Arch::Aarch64 => aarch64::Sysno::new(number).map(|call| call.name()),
            Arch::Arm => arm::Sysno::new(number).map(|call| call.name()),
            Arch::Riscv64 => riscv64::Sysno::new(number).map(|call| call.name()),
            Arch::Ppc64 => powerpc64::Sysno::new(number).map(|call| call.name()),
            Arch::S390x => s390x::Sysno::new(number).map(|call| call.name()),
            Arch::Unknown => None,
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
        known.ok_or_else(|| {
            let names: Vec<&str> = Self::ALL.iter().map(|(_, name)| *name).collect();
            format!("no architecture `{text}` here; use one of {}", names.join(", "))
        })
    }
}
