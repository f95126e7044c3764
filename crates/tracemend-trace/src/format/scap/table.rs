//! Numbers of Falco's and sysdig's events and of their codes for system calls. Written by `tools/scap_events.py`.

use super::event_pair::{EventPair, Kind, Kind::*};

const fn pair(name: &'static str, kind: Kind, parameters: [u8; 2], comm: u8, pid: u8, result: bool) -> EventPair {
    EventPair { name, kind, parameters, comm, pid, result }
}

/// The events by half their number: even numbers are entries, odd ones exits. Then the number of parameters of both, and of the exit: the
/// places of the thread's name and of its process, from 1 (0 for none), and whether the first parameter is the result.
#[rustfmt::skip]
pub(crate) const EVENTS: [EventPair; 227] = [
    pair("syscall", Generic, [2, 2], 0, 0, false), // 0
    pair("open", Call, [3, 6], 0, 0, true), // 2
    pair("close", Call, [1, 2], 0, 0, true), // 4
    pair("read", Call, [2, 4], 0, 0, true), // 6
    pair("write", Call, [2, 4], 0, 0, true), // 8
    pair("brk", Call, [1, 1], 0, 0, true), // 10
    pair("execve", Call, [0, 8], 0, 5, true), // 12
    pair("clone", Call, [0, 11], 0, 5, true), // 14
    pair("procexit", Point, [0, 0], 0, 0, false), // 16
    pair("socket", Call, [3, 5], 0, 0, true), // 18
    pair("bind", Call, [1, 3], 0, 0, true), // 20
    pair("connect", Call, [2, 4], 0, 0, true), // 22
    pair("listen", Call, [2, 3], 0, 0, true), // 24
    pair("accept", Call, [0, 3], 0, 0, true), // 26
    pair("send", Call, [2, 5], 0, 0, true), // 28
    pair("sendto", Call, [3, 5], 0, 0, true), // 30
    pair("recv", Call, [2, 5], 0, 0, true), // 32
    pair("recvfrom", Call, [2, 5], 0, 0, true), // 34
    pair("shutdown", Call, [2, 3], 0, 0, true), // 36
    pair("getsockname", Call, [0, 0], 0, 0, false), // 38
    pair("getpeername", Call, [0, 0], 0, 0, false), // 40
    pair("socketpair", Call, [3, 8], 0, 0, true), // 42
    pair("setsockopt", Call, [0, 6], 0, 0, true), // 44
    pair("getsockopt", Call, [0, 6], 0, 0, true), // 46
    pair("sendmsg", Call, [3, 5], 0, 0, true), // 48
    pair("sendmmsg", Call, [0, 5], 0, 0, true), // 50
    pair("recvmsg", Call, [1, 6], 0, 0, true), // 52
    pair("recvmmsg", Call, [0, 6], 0, 0, true), // 54
    pair("accept", Call, [1, 3], 0, 0, true), // 56
    pair("creat", Call, [2, 6], 0, 0, true), // 58
    pair("pipe", Call, [0, 4], 0, 0, true), // 60
    pair("eventfd", Call, [2, 3], 0, 0, true), // 62
    pair("futex", Call, [3, 4], 0, 0, true), // 64
    pair("stat", Call, [0, 2], 0, 0, true), // 66
    pair("lstat", Call, [0, 2], 0, 0, true), // 68
    pair("fstat", Call, [1, 2], 0, 0, true), // 70
    pair("stat64", Call, [0, 2], 0, 0, true), // 72
    pair("lstat64", Call, [0, 2], 0, 0, true), // 74
    pair("fstat64", Call, [1, 1], 0, 0, true), // 76
    pair("epoll_wait", Call, [1, 2], 0, 0, true), // 78
    pair("poll", Call, [2, 3], 0, 0, true), // 80
    pair("select", Call, [0, 1], 0, 0, true), // 82
    pair("select", Call, [0, 1], 0, 0, true), // 84
    pair("lseek", Call, [3, 4], 0, 0, true), // 86
    pair("llseek", Call, [3, 4], 0, 0, true), // 88
    pair("ioctl", Call, [2, 1], 0, 0, true), // 90
    pair("getcwd", Call, [0, 2], 0, 0, true), // 92
    pair("chdir", Call, [0, 2], 0, 0, true), // 94
    pair("fchdir", Call, [1, 2], 0, 0, true), // 96
    pair("mkdir", Call, [2, 1], 0, 0, true), // 98
    pair("rmdir", Call, [1, 1], 0, 0, true), // 100
    pair("openat", Call, [4, 1], 0, 0, true), // 102
    pair("link", Call, [2, 1], 0, 0, true), // 104
    pair("linkat", Call, [4, 1], 0, 0, true), // 106
    pair("unlink", Call, [1, 1], 0, 0, true), // 108
    pair("unlinkat", Call, [2, 1], 0, 0, true), // 110
    pair("pread", Call, [3, 5], 0, 0, true), // 112
    pair("pwrite", Call, [3, 5], 0, 0, true), // 114
    pair("readv", Call, [1, 4], 0, 0, true), // 116
    pair("writev", Call, [2, 4], 0, 0, true), // 118
    pair("preadv", Call, [2, 5], 0, 0, true), // 120
    pair("pwritev", Call, [3, 5], 0, 0, true), // 122
    pair("dup", Call, [1, 1], 0, 0, true), // 124
    pair("signalfd", Call, [3, 4], 0, 0, true), // 126
    pair("kill", Call, [2, 3], 0, 2, true), // 128
    pair("tkill", Call, [2, 3], 0, 0, true), // 130
    pair("tgkill", Call, [3, 4], 0, 2, true), // 132
    pair("nanosleep", Call, [1, 2], 0, 0, true), // 134
    pair("timerfd_create", Call, [2, 3], 0, 0, true), // 136
    pair("inotify_init", Call, [1, 2], 0, 0, true), // 138
    pair("getrlimit", Call, [1, 4], 0, 0, true), // 140
    pair("setrlimit", Call, [1, 4], 0, 0, true), // 142
    pair("prlimit", Call, [2, 7], 0, 0, true), // 144
    pair("switch", Point, [1, 0], 0, 0, false), // 146
    pair("drop", Drop, [1, 1], 0, 0, false), // 148
    pair("fcntl", Call, [2, 4], 0, 0, true), // 150
    pair("switch", Point, [6, 0], 0, 0, false), // 152
    pair("execve", Call, [0, 13], 0, 5, true), // 154
    pair("clone", Call, [0, 16], 0, 5, true), // 156
    pair("brk", Call, [1, 5], 0, 0, true), // 158
    pair("mmap", Call, [6, 10], 0, 0, true), // 160
    pair("mmap2", Call, [6, 10], 0, 0, true), // 162
    pair("munmap", Call, [2, 6], 0, 0, true), // 164
    pair("splice", Call, [4, 5], 0, 0, true), // 166
    pair("ptrace", Call, [2, 5], 0, 5, true), // 168
    pair("ioctl", Call, [3, 4], 0, 0, true), // 170
    pair("execve", Call, [0, 14], 0, 5, true), // 172
    pair("rename", Call, [0, 3], 0, 0, true), // 174
    pair("renameat", Call, [0, 5], 0, 0, true), // 176
    pair("symlink", Call, [0, 3], 0, 0, true), // 178
    pair("symlinkat", Call, [0, 4], 0, 0, true), // 180
    pair("fork", Call, [0, 16], 0, 5, true), // 182
    pair("vfork", Call, [0, 16], 0, 5, true), // 184
    pair("procexit", Point, [5, 0], 0, 0, false), // 186
    pair("sendfile", Call, [4, 5], 0, 0, true), // 188
    pair("quotactl", Call, [4, 18], 0, 0, true), // 190
    pair("setresuid", Call, [3, 4], 0, 0, true), // 192
    pair("setresgid", Call, [3, 4], 0, 0, true), // 194
    pair("scapevent", Meta, [2, 0], 0, 0, false), // 196
    pair("setuid", Call, [1, 2], 0, 0, true), // 198
    pair("setgid", Call, [1, 2], 0, 0, true), // 200
    pair("getuid", Call, [0, 1], 0, 0, true), // 202
    pair("geteuid", Call, [0, 1], 0, 0, true), // 204
    pair("getgid", Call, [0, 1], 0, 0, true), // 206
    pair("getegid", Call, [0, 1], 0, 0, true), // 208
    pair("getresuid", Call, [0, 4], 0, 0, true), // 210
    pair("getresgid", Call, [0, 4], 0, 0, true), // 212
    pair("execve", Call, [0, 15], 14, 5, true), // 214
    pair("clone", Call, [0, 17], 14, 5, true), // 216
    pair("fork", Call, [0, 17], 14, 5, true), // 218
    pair("vfork", Call, [0, 17], 14, 5, true), // 220
    pair("clone", Call, [0, 21], 14, 5, true), // 222
    pair("fork", Call, [0, 21], 14, 5, true), // 224
    pair("vfork", Call, [0, 21], 14, 5, true), // 226
    pair("container", Meta, [4, 0], 0, 0, false), // 228
    pair("execve", Call, [0, 16], 14, 5, true), // 230
    pair("signaldeliver", Point, [3, 0], 0, 0, false), // 232
    pair("procinfo", Meta, [2, 0], 0, 0, false), // 234
    pair("getdents", Call, [1, 2], 0, 0, true), // 236
    pair("getdents64", Call, [1, 2], 0, 0, true), // 238
    pair("setns", Call, [2, 3], 0, 0, true), // 240
    pair("flock", Call, [2, 3], 0, 0, true), // 242
    pair("cpu_hotplug", Hotplug, [2, 0], 0, 0, false), // 244
    pair("accept", Call, [0, 5], 0, 0, true), // 246
    pair("accept", Call, [1, 5], 0, 0, true), // 248
    pair("semop", Call, [1, 9], 0, 0, true), // 250
    pair("semctl", Call, [4, 5], 0, 0, true), // 252
    pair("ppoll", Call, [3, 4], 0, 0, true), // 254
    pair("mount", Call, [1, 5], 0, 0, true), // 256
    pair("umount", Call, [1, 2], 0, 0, true), // 258
    pair("k8s", Meta, [1, 0], 0, 0, false), // 260
    pair("semget", Call, [3, 4], 0, 0, true), // 262
    pair("access", Call, [1, 3], 0, 0, true), // 264
    pair("chroot", Call, [0, 2], 0, 0, true), // 266
    pair("tracer", Meta, [3, 3], 0, 0, false), // 268
    pair("mesos", Meta, [1, 0], 0, 0, false), // 270
    pair("container", Meta, [1, 0], 0, 0, false), // 272
    pair("setsid", Call, [0, 1], 0, 0, true), // 274
    pair("mkdir", Call, [1, 3], 0, 0, true), // 276
    pair("rmdir", Call, [0, 2], 0, 0, true), // 278
    pair("notification", Meta, [2, 0], 0, 0, false), // 280
    pair("execve", Call, [0, 17], 14, 5, true), // 282
    pair("unshare", Call, [1, 2], 0, 0, true), // 284
    pair("infra", Meta, [4, 0], 0, 0, false), // 286
    pair("execve", Call, [1, 17], 14, 5, true), // 288
    pair("page_fault", Point, [3, 0], 0, 0, false), // 290
    pair("execve", Call, [1, 31], 14, 5, true), // 292
    pair("setpgid", Call, [2, 3], 0, 2, true), // 294
    pair("bpf", Call, [1, 1], 0, 0, false), // 296
    pair("seccomp", Call, [2, 3], 0, 0, true), // 298
    pair("unlink", Call, [0, 2], 0, 0, true), // 300
    pair("unlinkat", Call, [0, 4], 0, 0, true), // 302
    pair("mkdirat", Call, [0, 4], 0, 0, true), // 304
    pair("openat", Call, [4, 7], 0, 0, true), // 306
    pair("link", Call, [0, 3], 0, 0, true), // 308
    pair("linkat", Call, [0, 6], 0, 0, true), // 310
    pair("fchmodat", Call, [0, 4], 0, 0, true), // 312
    pair("chmod", Call, [0, 3], 0, 0, true), // 314
    pair("fchmod", Call, [0, 3], 0, 0, true), // 316
    pair("renameat2", Call, [0, 6], 0, 0, true), // 318
    pair("userfaultfd", Call, [0, 2], 0, 0, true), // 320
    pair("pluginevent", Point, [2, 0], 0, 0, false), // 322
    pair("container", Meta, [1, 0], 0, 0, false), // 324
    pair("openat2", Call, [5, 8], 0, 0, true), // 326
    pair("mprotect", Call, [3, 4], 0, 0, true), // 328
    pair("execveat", Call, [3, 30], 14, 5, true), // 330
    pair("copy_file_range", Call, [3, 6], 0, 0, true), // 332
    pair("clone3", Call, [0, 21], 14, 5, true), // 334
    pair("open_by_handle_at", Call, [0, 6], 0, 0, true), // 336
    pair("io_uring_setup", Call, [0, 8], 0, 0, true), // 338
    pair("io_uring_enter", Call, [0, 6], 0, 0, true), // 340
    pair("io_uring_register", Call, [0, 5], 0, 0, true), // 342
    pair("mlock", Call, [0, 3], 0, 0, true), // 344
    pair("munlock", Call, [0, 3], 0, 0, true), // 346
    pair("mlockall", Call, [0, 2], 0, 0, true), // 348
    pair("munlockall", Call, [0, 1], 0, 0, true), // 350
    pair("capset", Call, [0, 4], 0, 0, true), // 352
    pair("useradded", Meta, [6, 0], 0, 0, false), // 354
    pair("userdeleted", Meta, [6, 0], 0, 0, false), // 356
    pair("groupadded", Meta, [3, 0], 0, 0, false), // 358
    pair("groupdeleted", Meta, [3, 0], 0, 0, false), // 360
    pair("dup2", Call, [1, 3], 0, 0, true), // 362
    pair("dup3", Call, [1, 4], 0, 0, true), // 364
    pair("dup", Call, [1, 2], 0, 0, true), // 366
    pair("bpf", Call, [1, 2], 0, 0, true), // 368
    pair("mlock2", Call, [0, 4], 0, 0, true), // 370
    pair("fsconfig", Call, [0, 7], 0, 0, true), // 372
    pair("epoll_create", Call, [1, 2], 0, 0, true), // 374
    pair("epoll_create1", Call, [1, 2], 0, 0, true), // 376
    pair("chown", Call, [0, 4], 0, 0, true), // 378
    pair("lchown", Call, [0, 4], 0, 0, true), // 380
    pair("fchown", Call, [0, 4], 0, 0, true), // 382
    pair("fchownat", Call, [0, 6], 0, 0, true), // 384
    pair("umount", Call, [0, 2], 0, 0, true), // 386
    pair("accept4", Call, [1, 6], 0, 0, true), // 388
    pair("umount2", Call, [1, 3], 0, 0, true), // 390
    pair("pipe2", Call, [0, 5], 0, 0, true), // 392
    pair("inotify_init1", Call, [0, 2], 0, 0, true), // 394
    pair("eventfd2", Call, [1, 3], 0, 0, true), // 396
    pair("signalfd4", Call, [2, 4], 0, 0, true), // 398
    pair("prctl", Call, [0, 4], 0, 0, true), // 400
    pair("asyncevent", Meta, [3, 0], 0, 0, false), // 402
    pair("memfd_create", Call, [0, 3], 0, 0, true), // 404
    pair("pidfd_getfd", Call, [0, 4], 0, 0, true), // 406
    pair("pidfd_open", Call, [0, 3], 0, 2, true), // 408
    pair("init_module", Call, [0, 4], 0, 0, true), // 410
    pair("finit_module", Call, [0, 4], 0, 0, true), // 412
    pair("mknod", Call, [0, 4], 0, 0, true), // 414
    pair("mknodat", Call, [0, 5], 0, 0, true), // 416
    pair("newfstatat", Call, [0, 4], 0, 0, true), // 418
    pair("process_vm_readv", Call, [0, 3], 0, 2, true), // 420
    pair("process_vm_writev", Call, [0, 3], 0, 2, true), // 422
    pair("delete_module", Call, [0, 3], 0, 0, true), // 424
    pair("setreuid", Call, [0, 3], 0, 0, true), // 426
    pair("setregid", Call, [0, 3], 0, 0, true), // 428
    pair("task", Meta, [32, 0], 0, 0, false), // 430
    pair("task_file_pipe", Meta, [3, 0], 0, 0, false), // 432
    pair("task_file_memfd", Meta, [3, 0], 0, 0, false), // 434
    pair("task_file_regular", Meta, [5, 0], 0, 0, false), // 436
    pair("task_file_directory", Meta, [3, 0], 0, 0, false), // 438
    pair("task_file_socket_inet", Meta, [8, 0], 0, 0, false), // 440
    pair("task_file_socket_inet6", Meta, [8, 0], 0, 0, false), // 442
    pair("task_file_socket_unix", Meta, [6, 0], 0, 0, false), // 444
    pair("task_file_socket_netlink", Meta, [4, 0], 0, 0, false), // 446
    pair("task_file_anon_inode", Meta, [4, 0], 0, 0, false), // 448
    pair("close_range", Call, [0, 4], 0, 0, true), // 450
    pair("keyctl", Call, [0, 6], 0, 0, true), // 452
];

/// Names of system calls by their codes, which are the same for all machines; `-` for none.
#[rustfmt::skip]
pub(crate) const CALLS: &str = "\
    - restart_syscall exit read write open close creat link unlink chdir time mknod chmod stat lseek getpid mount ptrace alarm \
    fstat pause utime access sync kill rename mkdir rmdir dup pipe times brk acct ioctl fcntl setpgid umask chroot ustat dup2 \
    getppid getpgrp setsid sethostname setrlimit getrusage gettimeofday settimeofday symlink lstat readlink uselib swapon reboot \
    mmap munmap truncate ftruncate fchmod getpriority setpriority statfs fstatfs syslog setitimer getitimer uname vhangup wait4 \
    swapoff sysinfo fsync setdomainname adjtimex mprotect init_module delete_module quotactl getpgid fchdir sysfs personality \
    getdents select flock msync readv writev getsid fdatasync mlock munlock mlockall munlockall sched_setparam sched_getparam \
    sched_setscheduler sched_getscheduler sched_yield sched_get_priority_max sched_get_priority_min sched_rr_get_interval \
    nanosleep mremap poll prctl rt_sigaction rt_sigprocmask rt_sigpending rt_sigtimedwait rt_sigqueueinfo rt_sigsuspend getcwd \
    capget capset sendfile getrlimit lchown getuid getgid geteuid getegid setreuid setregid getgroups setgroups fchown setresuid \
    getresuid setresgid getresgid chown setuid setgid setfsuid setfsgid pivot_root mincore madvise gettid setxattr lsetxattr \
    fsetxattr getxattr lgetxattr fgetxattr listxattr llistxattr flistxattr removexattr lremovexattr fremovexattr tkill futex \
    sched_setaffinity sched_getaffinity set_thread_area get_thread_area io_setup io_destroy io_getevents io_submit io_cancel \
    exit_group epoll_create epoll_ctl epoll_wait remap_file_pages set_tid_address timer_create timer_settime timer_gettime \
    timer_getoverrun timer_delete clock_settime clock_gettime clock_getres clock_nanosleep tgkill utimes mq_open mq_unlink \
    mq_timedsend mq_timedreceive mq_notify mq_getsetattr kexec_load waitid add_key request_key keyctl ioprio_set ioprio_get \
    inotify_init inotify_add_watch inotify_rm_watch openat mkdirat mknodat fchownat futimesat unlinkat renameat linkat symlinkat \
    readlinkat fchmodat faccessat pselect6 ppoll unshare set_robust_list get_robust_list splice tee vmsplice getcpu epoll_pwait \
    utimensat signalfd timerfd_create eventfd timerfd_settime timerfd_gettime signalfd4 eventfd2 epoll_create1 dup3 pipe2 \
    inotify_init1 preadv pwritev rt_tgsigqueueinfo perf_event_open fanotify_init prlimit64 clock_adjtime syncfs setns getdents64 \
    socket bind connect listen accept getsockname getpeername socketpair sendto recvfrom shutdown setsockopt getsockopt sendmsg \
    sendmmsg recvmsg recvmmsg accept4 semop semget semctl msgsnd msgrcv msgget msgctl shmdt shmget shmctl statfs64 fstatfs64 \
    fstatat64 sendfile64 ugetrlimit bdflush sigprocmask ipc socketcall stat64 lstat64 fstat64 fcntl64 mmap2 _newselect sgetmask \
    ssetmask sigpending olduname umount signal nice stime _llseek waitpid pread64 pwrite64 arch_prctl shmat rt_sigreturn \
    fallocate newfstatat process_vm_readv process_vm_writev fork vfork setuid32 getuid32 setgid32 geteuid32 getgid32 setresuid32 \
    setresgid32 getresuid32 getresgid32 finit_module bpf seccomp sigaltstack getrandom fadvise64 renameat2 userfaultfd openat2 \
    umount2 execve execveat copy_file_range clone clone3 open_by_handle_at io_uring_setup io_uring_enter io_uring_register mlock2 \
    getegid32 fsconfig fspick fsmount fsopen open_tree move_mount mount_setattr memfd_create memfd_secret ioperm kexec_file_load \
    pidfd_getfd pidfd_open pidfd_send_signal pkey_alloc pkey_mprotect pkey_free landlock_create_ruleset quotactl_fd \
    landlock_restrict_self landlock_add_rule epoll_pwait2 migrate_pages move_pages preadv2 pwritev2 kcmp sched_setattr mbind \
    epoll_ctl_old lookup_dcookie modify_ldt statx set_mempolicy io_pgetevents set_mempolicy_home_node semtimedop get_kernel_syms \
    readahead futex_waitv getpmsg name_to_handle_at process_mrelease nfsservctl epoll_wait_old rseq create_module na_1 \
    sched_getattr faccessat2 _sysctl query_module get_mempolicy sync_file_range process_madvise membarrier iopl close_range \
    fanotify_mark recv send sched_process_exit sched_switch page_fault_user page_fault_kernel signal_deliver timerfd \
    s390_pci_mmio_read sigaction s390_pci_mmio_write readdir s390_sthyi sigsuspend idle s390_runtime_instr sigreturn \
    s390_guarded_storage cachestat fchmodat2 map_shadow_stack riscv_flush_icache riscv_hwprobe futex_wake futex_requeue \
    futex_wait oldstat switch_endian multiplexer oldlstat spu_create sync_file_range2 oldfstat spu_run swapcontext \
    pciconfig_write rtas pciconfig_read sys_debug_setcontext vm86 oldolduname subpage_prot pciconfig_iobase listmount statmount \
    lsm_get_self_attr lsm_set_self_attr lsm_list_modules mseal uretprobe removexattrat listxattrat getxattrat setxattrat \
    open_tree_attr file_getattr file_setattr listns uprobe rseq_slice_yield";
