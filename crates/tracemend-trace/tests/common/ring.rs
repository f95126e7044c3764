//! Writes trace.dat files of every layout, so that each is tested without a machine of its kind.
#![allow(dead_code, clippy::unwrap_used)]

/// How the file is written.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Machine {
    pub big: bool,
    pub long: usize,
}

pub(crate) const MACHINES: [Machine; 4] = [
    Machine { big: false, long: 8 },
    Machine { big: true, long: 8 },
    Machine { big: false, long: 4 },
    Machine { big: true, long: 4 },
];

pub(crate) const PAGE: usize = 4096;
/// Numbers of the events described.
pub(crate) const ENTER: u16 = 20;
pub(crate) const EXIT: u16 = 21;
pub(crate) const ENTER_OPENAT: u16 = 30;
pub(crate) const EXIT_OPENAT: u16 = 31;
pub(crate) const SWITCH: u16 = 40;

const COMMON: &str = "\tfield:unsigned short common_type;\toffset:0;\tsize:2;\tsigned:0;\n\
    \tfield:unsigned char common_flags;\toffset:2;\tsize:1;\tsigned:0;\n\
    \tfield:unsigned char common_preempt_count;\toffset:3;\tsize:1;\tsigned:0;\n\
    \tfield:int common_pid;\toffset:4;\tsize:4;\tsigned:1;\n\n";

impl Machine {
    pub(crate) fn u16(self, value: u16) -> Vec<u8> {
        if self.big { value.to_be_bytes().to_vec() } else { value.to_le_bytes().to_vec() }
    }

    pub(crate) fn u32(self, value: u32) -> Vec<u8> {
        if self.big { value.to_be_bytes().to_vec() } else { value.to_le_bytes().to_vec() }
    }

    pub(crate) fn u64(self, value: u64) -> Vec<u8> {
        if self.big { value.to_be_bytes().to_vec() } else { value.to_le_bytes().to_vec() }
    }

    /// A `long` of the kernel.
    pub(crate) fn word(self, value: u64) -> Vec<u8> {
        if self.long == 8 { self.u64(value) } else { self.u32(value as u32) }
    }

    fn format(self, name: &str, id: u16, fields: &str, print: &str) -> Vec<u8> {
        let text = format!("name: {name}\nID: {id}\nformat:\n{COMMON}{fields}\nprint fmt: {print}\n");
        [self.u64(text.len() as u64), text.into_bytes()].concat()
    }

    /// Every part in front of the number of CPUs: headers, formats, names.
    pub(crate) fn parts(self) -> Vec<Vec<u8>> {
        let long = self.long;
        let page = format!(
            "\tfield: u64 timestamp;\toffset:0;\tsize:8;\tsigned:0;\n\tfield: local_t commit;\toffset:8;\tsize:{long};\tsigned:1;\n\
             \tfield: int overwrite;\toffset:8;\tsize:1;\tsigned:1;\n\tfield: char data;\toffset:{};\tsize:{};\tsigned:0;\n",
            8 + long,
            PAGE - 8 - long
        );
        let event = "# compressed entry header\n\ttype_len    :    5 bits\n\ttime_delta  :   27 bits\n\tarray       :   32 bits\n\n\
             \tpadding     : type == 29\n\ttime_extend : type == 30\n\ttime_stamp : type == 31\n\tdata max type_len  == 28\n";
        let headers = [
            b"header_page\0".to_vec(),
            self.u64(page.len() as u64),
            page.into_bytes(),
            b"header_event\0".to_vec(),
            self.u64(event.len() as u64),
            event.as_bytes().to_vec(),
        ]
        .concat();
        let id = format!("\tfield:long id;\toffset:8;\tsize:{long};\tsigned:1;\n");
        let after = 8 + long;
        let args = format!("\tfield:unsigned long args[6];\toffset:{after};\tsize:{};\tsigned:0;\n", 6 * long);
        let ret = format!("\tfield:long ret;\toffset:{after};\tsize:{long};\tsigned:1;\n");
        let nr = "\tfield:int __syscall_nr;\toffset:8;\tsize:4;\tsigned:1;\n";
        let at = 16;
        let dfd = format!("\tfield:int dfd;\toffset:{at};\tsize:{long};\tsigned:0;\n");
        let result = format!("\tfield:long ret;\toffset:{at};\tsize:{long};\tsigned:1;\n");
        let switch = "\tfield:char prev_comm[16];\toffset:8;\tsize:16;\tsigned:0;\n\tfield:pid_t prev_pid;\toffset:24;\tsize:4;\tsigned:1;\n\
             \tfield:char next_comm[16];\toffset:28;\tsize:16;\tsigned:0;\n\tfield:pid_t next_pid;\toffset:44;\tsize:4;\tsigned:1;\n";
        let events = [
            self.u32(3),
            b"raw_syscalls\0".to_vec(),
            self.u32(2),
            self.format("sys_enter", ENTER, &format!("{id}{args}"), "\"NR %ld (%lx, %lx, %lx, %lx, %lx, %lx)\", REC->id, REC->args[0], REC->args[1], REC->args[2], REC->args[3], REC->args[4], REC->args[5]"),
            self.format("sys_exit", EXIT, &format!("{id}{ret}"), "\"NR %ld = %ld\", REC->id, REC->ret"),
            b"syscalls\0".to_vec(),
            self.u32(2),
            self.format("sys_enter_openat", ENTER_OPENAT, &format!("{nr}{dfd}"), "\"dfd: 0x%08lx\", ((unsigned long)(REC->dfd))"),
            self.format("sys_exit_openat", EXIT_OPENAT, &format!("{nr}{result}"), "\"0x%lx\", REC->ret"),
            b"sched\0".to_vec(),
            self.u32(1),
            self.format("sched_switch", SWITCH, switch, "\"%s:%d ==> %s:%d\", REC->prev_comm, REC->prev_pid, REC->next_comm, REC->next_pid"),
        ]
        .concat();
        let names = b"7 bash\n8 two words\n";
        vec![
            headers,
            self.u32(0),
            events,
            self.u32(0),
            self.u32(0),
            [self.u64(names.len() as u64), names.to_vec()].concat(),
        ]
    }

    fn record(self, kind: u16, pid: i32, body: &[u8]) -> Vec<u8> {
        [self.u16(kind), vec![0, 0], self.u32(pid as u32), body.to_vec()].concat()
    }

    pub(crate) fn enter(self, pid: i32, id: i64, args: [u64; 6]) -> Vec<u8> {
        let args: Vec<u8> = args.iter().flat_map(|&arg| self.word(arg)).collect();
        self.record(ENTER, pid, &[self.word(id as u64), args].concat())
    }

    pub(crate) fn exit(self, pid: i32, id: i64, ret: i64) -> Vec<u8> {
        self.record(EXIT, pid, &[self.word(id as u64), self.word(ret as u64)].concat())
    }

    pub(crate) fn enter_openat(self, pid: i32, dfd: u64) -> Vec<u8> {
        self.record(ENTER_OPENAT, pid, &[self.u32(257), self.u32(0), self.word(dfd)].concat())
    }

    pub(crate) fn exit_openat(self, pid: i32, ret: i64) -> Vec<u8> {
        self.record(EXIT_OPENAT, pid, &[self.u32(257), self.u32(0), self.word(ret as u64)].concat())
    }

    pub(crate) fn switch(self, prev: (&str, i32), next: (&str, i32)) -> Vec<u8> {
        let comm = |name: &str| {
            let mut bytes = name.as_bytes().to_vec();
            bytes.resize(16, 0);
            bytes
        };
        let body = [comm(prev.0), self.u32(prev.1 as u32), comm(next.0), self.u32(next.1 as u32)].concat();
        self.record(SWITCH, prev.1, &body)
    }

    fn head(self, kind: u32, delta: u32) -> Vec<u8> {
        self.u32(if self.big { kind << 27 | delta } else { kind | delta << 5 })
    }

    /// A page of records, each so many nanoseconds behind the one before.
    pub(crate) fn page(self, time: u64, records: &[(u64, Vec<u8>)], missed: Option<Option<u64>>) -> Vec<u8> {
        let mut data = Vec::new();
        for (delta, record) in records {
            let mut delta = *delta;
            if delta >= 1 << 27 {
                data.extend(self.head(30, (delta & 0x07ff_ffff) as u32));
                data.extend(self.u32((delta >> 27) as u32));
                delta = 0;
            }
            let padded = record.len().next_multiple_of(4);
            // Odd ones get a length of their own, as long records do.
            if padded > 112 || record.len() % 8 == 4 {
                data.extend(self.head(0, delta as u32));
                data.extend(self.u32(padded as u32 + 4));
            } else {
                data.extend(self.head(padded as u32 / 4, delta as u32));
            }
            data.extend(record);
            data.resize(data.len().next_multiple_of(4), 0);
        }
        let flags = match missed {
            None => 0,
            Some(None) => 1 << 31,
            // The kernel's long carries the sign on.
            Some(Some(_)) => 0xffff_ffff_c000_0000,
        };
        let mut page = [self.u64(time), self.word(data.len() as u64 | flags), data].concat();
        if let Some(Some(count)) = missed {
            page.extend(self.word(count));
        }
        assert!(page.len() <= PAGE);
        page.resize(PAGE, 0);
        page
    }

    fn beginning(self, version: &str) -> Vec<u8> {
        let mut bytes = b"\x17\x08\x44tracing".to_vec();
        bytes.extend(version.as_bytes());
        bytes.extend([0, u8::from(self.big), self.long as u8]);
        bytes.extend(self.u32(PAGE as u32));
        bytes
    }

    /// A version 6 file of these CPUs' pages, with a second buffer `name` where one is given.
    pub(crate) fn v6(self, cpus: &[Vec<Vec<u8>>], instance: Option<(&str, &[Vec<Vec<u8>>])>) -> Vec<u8> {
        let mut bytes = self.beginning("6");
        bytes.extend(self.parts().concat());
        bytes.extend(self.u32(cpus.len() as u32));
        bytes.extend(b"options  \0");
        let option = bytes.len() + 6;
        if let Some((name, _)) = instance {
            bytes.extend(self.u16(3));
            bytes.extend(self.u32(8 + name.len() as u32 + 1));
            bytes.extend(self.u64(0));
            bytes.extend(name.as_bytes());
            bytes.push(0);
        }
        bytes.extend(self.u16(0));
        self.table(&mut bytes, cpus);
        if let Some((_, cpus)) = instance {
            let at = self.u64(bytes.len() as u64);
            bytes[option..option + 8].copy_from_slice(&at);
            self.table(&mut bytes, cpus);
        }
        bytes
    }

    fn table(self, bytes: &mut Vec<u8>, cpus: &[Vec<Vec<u8>>]) {
        bytes.extend(b"flyrecord\0");
        let mut at = (bytes.len() + 16 * cpus.len()).next_multiple_of(PAGE);
        for pages in cpus {
            bytes.extend(self.u64(at as u64));
            bytes.extend(self.u64((pages.len() * PAGE) as u64));
            at += pages.len() * PAGE;
        }
        bytes.resize(bytes.len().next_multiple_of(PAGE), 0);
        bytes.extend(cpus.concat().concat());
    }
}
