/**
 * Numbers of the system calls that the filter names, per architecture, from the kernel headers (`asm/unistd_64.h` and
 * `asm-generic/unistd.h` of Linux 6.12, Debian's linux-libc-dev). The number of a call never changes. arm64 has no `open`, `stat`, `fork`
 * and similar calls. The filter skips calls that a table does not contain.
 */
export type SyscallTable = Readonly<Record<string, number>>;

// biome-ignore format: a table reads better packed
export const X86_64: SyscallTable = {
  read: 0, write: 1, open: 2, close: 3, stat: 4, fstat: 5, lstat: 6, poll: 7, lseek: 8, munmap: 11, brk: 12,
  rt_sigaction: 13, rt_sigprocmask: 14, rt_sigreturn: 15, pread64: 17, pwrite64: 18, readv: 19, writev: 20,
  access: 21, sched_yield: 24, mremap: 25, madvise: 28, dup: 32, nanosleep: 35, getpid: 39, execve: 59, exit: 60,
  wait4: 61, uname: 63, fcntl: 72, fsync: 74, fdatasync: 75, ftruncate: 77, getcwd: 79, rename: 82, mkdir: 83,
  rmdir: 84, unlink: 87, readlink: 89, umask: 95, getrusage: 98, sysinfo: 99, times: 100, getuid: 102, getgid: 104,
  geteuid: 107, getegid: 108, sigaltstack: 131, statfs: 137, fstatfs: 138, getpriority: 140, arch_prctl: 158,
  gettid: 186, futex: 202, sched_getaffinity: 204, set_tid_address: 218, fadvise64: 221, clock_gettime: 228,
  clock_getres: 229, clock_nanosleep: 230, exit_group: 231, tgkill: 234, openat: 257, newfstatat: 262,
  mkdirat: 258, unlinkat: 263, renameat: 264, renameat2: 316, readlinkat: 267, faccessat: 269, faccessat2: 439,
  pselect6: 270, ppoll: 271, select: 23, set_robust_list: 273, get_robust_list: 274, eventfd2: 290, pipe2: 293,
  pipe: 22, getrandom: 318, statx: 332, rseq: 334, getdents64: 217, getdents: 78, fallocate: 285,
  restart_syscall: 219, time: 201, gettimeofday: 96, getcpu: 309, getrlimit: 97, prlimit64: 302,
  sched_get_priority_max: 146, sched_get_priority_min: 147, sched_getscheduler: 145, sched_getparam: 143,
  mprotect: 10, mmap: 9, clone: 56, clone3: 435, ioctl: 16, prctl: 157, socket: 41, connect: 42,
  set_mempolicy: 238, get_mempolicy: 239, sched_setaffinity: 203, sched_setscheduler: 144, setpriority: 141,
  kill: 62, chmod: 90, link: 86, ptrace: 101, mount: 165, unshare: 272, setns: 308, bpf: 321, io_uring_setup: 425,
  userfaultfd: 323, perf_event_open: 298, add_key: 248, keyctl: 250, process_vm_readv: 310, process_vm_writev: 311,
  init_module: 175, finit_module: 313, kexec_load: 246, pivot_root: 155, chroot: 161, execveat: 322,
  open_by_handle_at: 304, fork: 57, vfork: 58, socketpair: 53, memfd_create: 319, linkat: 265, fchmod: 91,
  fchmodat: 268, symlinkat: 266, personality: 135, sendmsg: 46, dup3: 292, chdir: 80, landlock_create_ruleset: 444,
  open_tree: 428, pkey_mprotect: 329,
  landlock_add_rule: 445, landlock_restrict_self: 446, capget: 125, capset: 126, settimeofday: 164,
  clock_settime: 227, adjtimex: 159, clock_adjtime: 305, umount2: 166, sethostname: 170, reboot: 169, syslog: 103,
  request_key: 249, tkill: 200, rt_sigqueueinfo: 129, pidfd_open: 434, pidfd_send_signal: 424, pidfd_getfd: 438,
  kcmp: 312, fsopen: 430, move_mount: 429, mount_setattr: 442, shmget: 29, msgget: 68, semget: 64, mq_open: 240,
  setuid: 105, setgid: 106, setgroups: 116, mknodat: 259, name_to_handle_at: 303, seccomp: 317, fchownat: 260,
  utimensat: 280, swapon: 167, delete_module: 176, acct: 163, setsid: 112, setxattr: 188, inotify_init1: 294,
  flock: 73, fanotify_init: 300, memfd_secret: 447, quotactl: 179, sendto: 44,
};

// biome-ignore format: a table reads better packed
export const AARCH64: SyscallTable = {
  read: 63, write: 64, close: 57, fstat: 80, lseek: 62, munmap: 215, brk: 214, rt_sigaction: 134,
  rt_sigprocmask: 135, rt_sigreturn: 139, pread64: 67, pwrite64: 68, readv: 65, writev: 66, sched_yield: 124,
  mremap: 216, madvise: 233, dup: 23, nanosleep: 101, getpid: 172, execve: 221, exit: 93, wait4: 260, uname: 160,
  fcntl: 25, fsync: 82, fdatasync: 83, ftruncate: 46, getcwd: 17, umask: 166, getrusage: 165, sysinfo: 179,
  times: 153, getuid: 174, getgid: 176, geteuid: 175, getegid: 177, sigaltstack: 132, statfs: 43, fstatfs: 44,
  getpriority: 141, gettid: 178, futex: 98, sched_getaffinity: 123, set_tid_address: 96, fadvise64: 223,
  clock_gettime: 113, clock_getres: 114, clock_nanosleep: 115, exit_group: 94, tgkill: 131, openat: 56,
  newfstatat: 79, mkdirat: 34, unlinkat: 35, renameat: 38, renameat2: 276, readlinkat: 78, faccessat: 48,
  faccessat2: 439, pselect6: 72, ppoll: 73, set_robust_list: 99, get_robust_list: 100, eventfd2: 19, pipe2: 59,
  getrandom: 278, statx: 291, rseq: 293, getdents64: 61, fallocate: 47, restart_syscall: 128, gettimeofday: 169,
  getcpu: 168, getrlimit: 163, prlimit64: 261, sched_get_priority_max: 125, sched_get_priority_min: 126,
  sched_getscheduler: 120, sched_getparam: 121, mprotect: 226, mmap: 222, clone: 220, clone3: 435, ioctl: 29,
  prctl: 167, socket: 198, connect: 203, set_mempolicy: 237, get_mempolicy: 236, sched_setaffinity: 122,
  sched_setscheduler: 119, setpriority: 140, kill: 129, ptrace: 117, mount: 40, unshare: 97, setns: 268, bpf: 280,
  io_uring_setup: 425, userfaultfd: 282, perf_event_open: 241, add_key: 217, keyctl: 219, process_vm_readv: 270,
  process_vm_writev: 271, init_module: 105, finit_module: 273, kexec_load: 104, pivot_root: 41, chroot: 51,
  execveat: 281, open_by_handle_at: 265, socketpair: 199, memfd_create: 279, linkat: 37, fchmod: 52, fchmodat: 53,
  symlinkat: 36, personality: 92, sendmsg: 211, dup3: 24, chdir: 49, landlock_create_ruleset: 444, open_tree: 428,
  pkey_mprotect: 288,
  landlock_add_rule: 445, landlock_restrict_self: 446, capget: 90, capset: 91, settimeofday: 170, clock_settime: 112,
  adjtimex: 171, clock_adjtime: 266, umount2: 39, sethostname: 161, reboot: 142, syslog: 116, request_key: 218,
  tkill: 130, rt_sigqueueinfo: 138, pidfd_open: 434, pidfd_send_signal: 424, pidfd_getfd: 438, kcmp: 272, fsopen: 430,
  move_mount: 429, mount_setattr: 442, shmget: 194, msgget: 186, semget: 190, mq_open: 180, setuid: 146, setgid: 144,
  setgroups: 159, mknodat: 33, seccomp: 277, fchownat: 54, utimensat: 88, swapon: 224, delete_module: 106, acct: 89,
  setsid: 157, setxattr: 5, inotify_init1: 26, flock: 32, fanotify_init: 262, memfd_secret: 447, quotactl: 60, sendto: 206,
};
