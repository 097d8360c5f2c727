/** The system calls that the cells of a program may make. Calls that are in no list get ENOSYS. */
export interface FilterPolicy {
  readonly allowed: readonly string[];
  /** Calls that get EPERM. Libraries probe these calls and handle an error, so the calls must not kill the program. */
  readonly rejected: readonly string[];
  /** Calls that kill the program with SIGSYS (exit code 159), because only a compromised program makes them. */
  readonly killed: readonly string[];
  /** Whether the program may map files as code, which a dynamic loader does. Mapped code is never writable. */
  readonly mapsCode: boolean;
  /** The action for a program that maps forbidden code or makes memory executable. */
  readonly onCode: 'reject' | 'kill';
}

const words = (text: string): readonly string[] => text.trim().split(/\s+/);

/**
 * Calls that 23 FFmpeg workloads make (strace), and harmless variants of these calls. Excludes `fallocate`, which no workload makes: with
 * FALLOC_FL_KEEP_SIZE it allocates space beyond `RLIMIT_FSIZE`.
 */
const ALLOWED = words(`
  read write open close stat fstat lstat poll lseek munmap brk rt_sigaction rt_sigprocmask rt_sigreturn
  pread64 pwrite64 readv writev access sched_yield mremap madvise dup nanosleep getpid execve exit wait4 uname
  fsync fdatasync ftruncate getcwd rename mkdir rmdir unlink readlink umask getrusage sysinfo times getuid getgid
  geteuid getegid sigaltstack statfs fstatfs getpriority arch_prctl gettid futex sched_getaffinity set_tid_address
  fadvise64 clock_gettime clock_getres clock_nanosleep exit_group openat newfstatat mkdirat unlinkat renameat
  renameat2 readlinkat faccessat faccessat2 pselect6 ppoll select set_robust_list get_robust_list eventfd2 pipe2 pipe
  getrandom statx rseq getdents64 getdents restart_syscall time gettimeofday getcpu getrlimit
  sched_get_priority_max sched_get_priority_min sched_getscheduler sched_getparam`);

const REJECTED = words(`
  socket connect set_mempolicy get_mempolicy sched_setaffinity sched_setscheduler setpriority kill chmod link`);

const KILLED = words(`
  ptrace mount unshare setns bpf io_uring_setup userfaultfd perf_event_open add_key keyctl
  process_vm_readv process_vm_writev init_module finit_module kexec_load pivot_root chroot execveat open_by_handle_at
  fork vfork`);

/** Calls that change folders. A program whose outputs exist from the start makes none of these calls. */
const FOLDER_CALLS = words('rename mkdir rmdir unlink mkdirat unlinkat renameat renameat2');
const SOCKET_CALLS = words('socket connect socketpair');

/** Calls of a program that reads its inputs and writes its outputs. */
const QUIET = {
  allowed: ALLOWED.filter((name) => !FOLDER_CALLS.includes(name)),
  rejected: REJECTED.filter((name) => !SOCKET_CALLS.includes(name)),
  killed: [...KILLED, ...SOCKET_CALLS],
};

export type FilterName = 'media' | 'strict' | 'linked';

/** The filters by name. `media` is the least strict filter. */
export const FILTERS: Readonly<Record<FilterName, FilterPolicy>> = {
  /** For FFmpeg, which loads 200 libraries. Some of these libraries probe for sockets. */
  media: { allowed: ALLOWED, rejected: REJECTED, killed: KILLED, mapsCode: true, onCode: 'reject' },
  /** For a static program that reads its inputs and writes its outputs. It may not load other code or open a socket. */
  strict: { ...QUIET, mapsCode: false, onCode: 'kill' },
  /** Like `strict`, for a program with a few libraries, which its loader maps. */
  linked: { ...QUIET, mapsCode: true, onCode: 'kill' },
};

export const FILTER_NAMES = Object.keys(FILTERS) as FilterName[];
