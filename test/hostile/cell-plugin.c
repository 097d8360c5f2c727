/*
 * "Assume that FFmpeg is compromised": a LADSPA plugin whose constructor is hostile code inside FFmpeg. It executes a plan with one attempt
 * per line, and reports lines of "<attempt>\t<result>". A negative result is a negative errno. It creates files only in its working
 * directory (/out in the cell), so that a run outside the cell does no harm.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static FILE *report;

static void record(const char *name, long result) {
  fprintf(report, "%s\t%ld\n", name, result < 0 ? -(long)errno : result);
  fflush(report);
}

static void quiet(void) {
  char name[64], buffer[64] = {0};
  for (int family = 1; family < 46; family++) {
    long best = -1;
    int saved = 0;
    for (int type = 1; type < 6; type++) {
      int fd = socket(family, type, 0);
      if (fd >= 0) { best = fd; close(fd); } else saved = errno;
    }
    errno = saved;
    snprintf(name, sizeof name, "socket family %d", family);
    record(name, best);
  }
  int pair[2];
  record("socketpair", socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
  record("kill everyone", syscall(SYS_kill, -1, 0));
  record("kill the parent", syscall(SYS_kill, getppid(), 0));
  record("memfd_create", syscall(SYS_memfd_create, "x", 0));
  void *wx = mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  record("writable and executable memory", wx == MAP_FAILED ? -1 : 0);
  void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  record("memory made executable", mprotect(page, 4096, PROT_READ | PROT_EXEC));
  record("personality", syscall(SYS_personality, 0xffffffff));
  record("setuid 0", syscall(SYS_setuid, 0));
  record("capset", syscall(SYS_capset, buffer, buffer));
  record("chmod", syscall(SYS_fchmodat, AT_FDCWD, ".", 0711));
  record("hard link", syscall(SYS_linkat, AT_FDCWD, "report", AT_FDCWD, "link", 0));
  record("symbolic link", syscall(SYS_symlinkat, "/etc/passwd", AT_FDCWD, "symlink"));
  record("device node", syscall(SYS_mknodat, AT_FDCWD, "null", S_IFCHR | 0666, 0x103));
  record("landlock", syscall(SYS_landlock_create_ruleset, NULL, 0, 1));
  record("seccomp", syscall(SYS_seccomp, 2, 0, NULL));
  record("name_to_handle_at", syscall(SYS_name_to_handle_at, AT_FDCWD, "/", buffer, buffer, 0));
  record("open_tree", syscall(SYS_open_tree, AT_FDCWD, "/", 0));
  record("fsopen", syscall(SYS_fsopen, "tmpfs", 0));
  record("pidfd_open", syscall(SYS_pidfd_open, getpid(), 0));
  record("terminal injection", syscall(SYS_ioctl, 2, 0x5412, "x"));
  long inherited = -1;
  for (int fd = 3; fd < 1024; fd++)
    if (fd != fileno(report) && fcntl(fd, F_GETFD) >= 0) {
      struct stat st;
      /* FFmpeg has only files of the cell open. Sockets, pipes and devices would belong to the service. */
      if (fstat(fd, &st) == 0 && !S_ISREG(st.st_mode)) inherited = fd;
    }
  errno = EBADF;
  record("inherited descriptor", inherited);
}

static void deadly(const char *name) {
  char b[256] = {0};
  long r = -1;
  if (!strcmp(name, "fork")) r = syscall(SYS_clone, 17, 0, 0, 0, 0);
  else if (!strcmp(name, "clone newuser")) r = syscall(SYS_clone, 17 | 0x10000000, 0, 0, 0, 0);
  else if (!strcmp(name, "thread in a namespace")) r = syscall(SYS_clone, 0x10000 | 0x20000, 0, 0, 0, 0);
  else if (!strcmp(name, "ptrace")) r = syscall(SYS_ptrace, 0, 0, 0, 0);
  else if (!strcmp(name, "unshare")) r = syscall(SYS_unshare, 0x10000000);
  else if (!strcmp(name, "setns")) r = syscall(SYS_setns, 0, 0);
  else if (!strcmp(name, "mount")) r = syscall(SYS_mount, "none", "/tmp", "tmpfs", 0, 0);
  else if (!strcmp(name, "pivot_root")) r = syscall(SYS_pivot_root, "/tmp", "/tmp");
  else if (!strcmp(name, "chroot")) r = syscall(SYS_chroot, "/tmp");
  else if (!strcmp(name, "io_uring_setup")) r = syscall(SYS_io_uring_setup, 1, b);
  else if (!strcmp(name, "bpf")) r = syscall(SYS_bpf, 0, b, sizeof b);
  else if (!strcmp(name, "keyctl")) r = syscall(SYS_keyctl, 0, -3, 1);
  else if (!strcmp(name, "add_key")) r = syscall(SYS_add_key, "user", "x", "y", 1, -3);
  else if (!strcmp(name, "userfaultfd")) r = syscall(SYS_userfaultfd, 0);
  else if (!strcmp(name, "perf_event_open")) r = syscall(SYS_perf_event_open, b, 0, -1, -1, 0);
  else if (!strcmp(name, "process_vm_readv")) r = syscall(SYS_process_vm_readv, 1, b, 0, b, 0, 0);
  else if (!strcmp(name, "init_module")) r = syscall(SYS_init_module, b, 0, "");
  else if (!strcmp(name, "execveat")) r = syscall(SYS_execveat, AT_FDCWD, "/in/0.so", 0, 0, 0);
  else if (!strcmp(name, "open_by_handle_at")) r = syscall(SYS_open_by_handle_at, 0, b, 0);
  else if (!strcmp(name, "x32")) r = syscall(0x40000000 + 39);
  else if (!strcmp(name, "crash")) *(volatile int *)0 = 1;
  else if (!strcmp(name, "overrun the output")) {
    static char block[1 << 16];
    while (write(fileno(report), block, sizeof block) > 0);
  }
  if (r == 0 && (!strcmp(name, "fork") || !strcmp(name, "clone newuser"))) _exit(0);
  record(name, r);
}

/* Reserves space in consecutive files, up to a gigabyte, and reports the total after each file. */
static void hold(const char *how) {
  const off_t piece = 4 << 20;
  long held = 0;
  for (int i = 0; i < 256; i++) {
    char name[32];
    struct stat st;
    snprintf(name, sizeof name, "held-%d", i);
    int fd = !strcmp(how, "nameless") ? open(".", O_TMPFILE | O_RDWR, 0600)
           : !strcmp(how, "beyond the end") ? dup(fileno(report))
           : open(name, O_CREAT | O_RDWR, 0600);
    if (fd < 0) break;
    int keep = !strcmp(how, "beyond the end");
    if (fallocate(fd, keep ? FALLOC_FL_KEEP_SIZE : 0, keep ? i * piece : 0, piece) < 0) pwrite(fd, "x", 1, piece - 1);
    if (!strcmp(how, "mapped")) {
      mmap(NULL, piece, PROT_READ, MAP_SHARED, fd, 0);
      unlink(name);
    }
    if (fstat(fd, &st) == 0) held = keep ? st.st_blocks * 512 : held + st.st_blocks * 512;
    close(fd);
    fprintf(report, "held %s\t%ld\n", how, held);
    fflush(report);
  }
  fprintf(report, "held %s\t%ld\n", how, held);
  fflush(report);
}

/* Fills the directory `tree`, which the cell may fill, beyond its limits or in secret, and reports the total after each file. */
static void fill(const char *how) {
  static char block[1 << 20];
  long held = 0;
  int secret = strcmp(how, "files") && strcmp(how, "bytes");
  if (!strcmp(how, "directories")) {
    int made = mkdir("tree/another", 0700);
    fprintf(report, "filled %s\t%d\n", how, made);
    fflush(report);
    if (made == 0) sleep(60);
    return;
  }
  for (int i = 0; i < 200000; i++) {
    char name[64];
    snprintf(name, sizeof name, "tree/file-%d", i);
    int fd = !strcmp(how, "nameless") ? open("tree", O_TMPFILE | O_RDWR, 0600) : open(name, O_CREAT | O_RDWR, 0600);
    if (fd < 0) break;
    if (!strcmp(how, "files")) { close(fd); held++; }
    else for (int part = 0; part < 3; part++) if (write(fd, block, sizeof block) > 0) held += sizeof block;
    if (!strcmp(how, "replaced")) { close(open("tree/other", O_CREAT | O_RDWR, 0600)); rename("tree/other", name); }
    if (!strcmp(how, "mapped")) mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, 0);
    if (!strcmp(how, "mapped") || !strcmp(how, "unlinked")) unlink(name);
    if (strcmp(how, "files") && !(secret && strcmp(how, "mapped"))) close(fd);
    fprintf(report, "filled %s\t%ld\n", how, held);
    fflush(report);
    /* Hidden entries stay open, so that the checks have to find them. */
    if (secret && i == 7) sleep(60);
  }
  sleep(60);
}

/* Creates entries that a directory to be filled must not contain. */
static void litter(void) {
  record("symbolic link", syscall(SYS_symlinkat, "/etc/passwd", AT_FDCWD, "tree/link"));
  record("hard link", syscall(SYS_linkat, AT_FDCWD, "report", AT_FDCWD, "tree/hard", 0));
  record("device", syscall(SYS_mknodat, AT_FDCWD, "tree/null", S_IFCHR | 0666, 0x103));
  record("pipe", syscall(SYS_mknodat, AT_FDCWD, "tree/pipe", S_IFIFO | 0666, 0));
  record("another directory", mkdir("other", 0700));
  record("file outside", open("outside", O_CREAT | O_RDWR, 0600));
  record("file", open("tree/file.tmp", O_CREAT | O_RDWR, 0600));
  record("rename", rename("tree/file.tmp", "tree/file"));
  record("file below", open("tree/low/file", O_CREAT | O_RDWR, 0600));
}

/* Tries record locks, leases and notifications on a file that other cells can open too. */
static void lock(const char *path) {
  int fd = open(path, O_RDONLY);
  struct flock shared = {.l_type = F_RDLCK, .l_whence = SEEK_SET, .l_start = 1000, .l_len = 1};
  struct flock asked = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = 1000, .l_len = 1};
  record("opened", fd);
  long answer = fcntl(fd, F_GETLK, &asked);
  record("sees a lock of another", answer < 0 ? answer : asked.l_type != F_UNLCK);
  asked.l_type = F_WRLCK;
  answer = fcntl(fd, F_OFD_GETLK, &asked);
  record("sees a lock of an open file", answer < 0 ? answer : asked.l_type != F_UNLCK);
  record("lock", fcntl(fd, F_SETLK, &shared));
  record("lock and wait", fcntl(fd, F_SETLKW, &shared));
  record("lock of the open file", fcntl(fd, F_OFD_SETLK, &shared));
  record("lock of the open file and wait", fcntl(fd, F_OFD_SETLKW, &shared));
  record("flock", syscall(SYS_flock, fd, 1));
  record("lease", fcntl(fd, F_SETLEASE, F_RDLCK));
  record("notice", fcntl(fd, F_NOTIFY, 1));
  record("seal", fcntl(fd, F_ADD_SEALS, 1));
  record("size of a pipe", fcntl(1, F_SETPIPE_SZ, 1 << 20));
  record("hint", fcntl(fd, 1036, &(long long){5}));
}

__attribute__((constructor)) static void owned(void) {
  const char *path = getenv("ATTACK_PLAN");
  FILE *plan = fopen(path ? path : "/in/plan", "r");
  /* Without a separate root, the folders of the cell are siblings of its working directory. */
  if (!plan && !path) plan = fopen("../in/plan", "r");
  if (!plan) return;
  char line[4096];
  while (fgets(line, sizeof line, plan)) {
    line[strcspn(line, "\n")] = 0;
    char *rest = strchr(line, ' ');
    if (rest) *rest++ = 0;
    char name[4200];
    snprintf(name, sizeof name, "%s %s", line, rest ? rest : "");
    if (!strcmp(line, "report")) {
      report = fopen(rest, "w");
      if (!report) _exit(99);
    } else if (!strcmp(line, "read")) record(name, open(rest, O_RDONLY));
    else if (!strcmp(line, "write")) record(name, open(rest, O_WRONLY | O_CREAT, 0644));
    else if (!strcmp(line, "exec")) { char *argv[] = {rest, 0}; record(name, execv(rest, argv)); }
    else if (!strcmp(line, "quiet")) quiet();
    else if (!strcmp(line, "deadly")) deadly(rest);
    else if (!strcmp(line, "hold")) hold(rest);
    else if (!strcmp(line, "fill")) fill(rest);
    else if (!strcmp(line, "litter")) litter();
    else if (!strcmp(line, "lock")) lock(rest);
    else if (!strcmp(line, "folder")) record(name, mkdir(rest, 0700));
    else if (!strcmp(line, "rename")) {
      record("link report", syscall(SYS_linkat, AT_FDCWD, "report", AT_FDCWD, "other", 0));
      record("rename report", rename("report", "other"));
      record("replace report", rename("other", "report"));
      record("remove report", unlink("report"));
    }
    else if (!strcmp(line, "rest")) sleep(60);
  }
  record("end", 0);
}

const void *ladspa_descriptor(unsigned long index) { (void)index; return 0; }
