/*
 * "Assume that FFmpeg is owned": a LADSPA plugin whose constructor is hostile code inside FFmpeg. It follows a plan,
 * one line per attempt, and reports "<attempt>\t<result>" lines; a result below 0 is minus an errno. What it makes
 * it makes in its working folder (/out in the cell), so that a run outside of the cell does no harm.
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

static void tell(const char *name, long result) {
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
    tell(name, best);
  }
  int pair[2];
  tell("socketpair", socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
  tell("kill everyone", syscall(SYS_kill, -1, 0));
  tell("kill the parent", syscall(SYS_kill, getppid(), 0));
  tell("memfd_create", syscall(SYS_memfd_create, "x", 0));
  void *wx = mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  tell("writable and executable memory", wx == MAP_FAILED ? -1 : 0);
  void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  tell("memory made executable", mprotect(page, 4096, PROT_READ | PROT_EXEC));
  tell("personality", syscall(SYS_personality, 0xffffffff));
  tell("setuid 0", syscall(SYS_setuid, 0));
  tell("capset", syscall(SYS_capset, buffer, buffer));
  tell("chmod", syscall(SYS_fchmodat, AT_FDCWD, ".", 0711));
  tell("hard link", syscall(SYS_linkat, AT_FDCWD, "report", AT_FDCWD, "link", 0));
  tell("symbolic link", syscall(SYS_symlinkat, "/etc/passwd", AT_FDCWD, "symlink"));
  tell("device node", syscall(SYS_mknodat, AT_FDCWD, "null", S_IFCHR | 0666, 0x103));
  tell("landlock", syscall(SYS_landlock_create_ruleset, NULL, 0, 1));
  tell("seccomp", syscall(SYS_seccomp, 2, 0, NULL));
  tell("name_to_handle_at", syscall(SYS_name_to_handle_at, AT_FDCWD, "/", buffer, buffer, 0));
  tell("open_tree", syscall(SYS_open_tree, AT_FDCWD, "/", 0));
  tell("fsopen", syscall(SYS_fsopen, "tmpfs", 0));
  tell("pidfd_open", syscall(SYS_pidfd_open, getpid(), 0));
  tell("terminal injection", syscall(SYS_ioctl, 2, 0x5412, "x"));
  long inherited = -1;
  for (int fd = 3; fd < 1024; fd++)
    if (fd != fileno(report) && fcntl(fd, F_GETFD) >= 0) {
      struct stat st;
      /* FFmpeg's own: files of the cell. Sockets, pipes and devices would be ours. */
      if (fstat(fd, &st) == 0 && !S_ISREG(st.st_mode)) inherited = fd;
    }
  errno = EBADF;
  tell("inherited descriptor", inherited);
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
  else if (!strcmp(name, "hide bytes")) {
    /* Files without a name: a listing of the output folder cannot see them. */
    static char block[1 << 16];
    for (;;) {
      int fd = open("hidden", O_CREAT | O_RDWR, 0600);
      unlink("hidden");
      for (int i = 0; i < 16; i++) if (write(fd, block, sizeof block) < 0) break;
      usleep(20000);
    }
  } else if (!strcmp(name, "lock the folder")) {
    mkdir("locked", 0300);
    int fd = open("locked/file", O_CREAT | O_WRONLY, 0600);
    tell("write in a locked folder", fd);
    int at = AT_FDCWD;
    char deep[200];
    memset(deep, 'd', sizeof deep - 1);
    deep[sizeof deep - 1] = 0;
    for (int i = 0; i < 40; i++) {
      if (mkdirat(at, deep, 0700) < 0) break;
      at = openat(at, deep, O_RDONLY | O_DIRECTORY);
    }
    exit(0);
  }
  if (r == 0 && (!strcmp(name, "fork") || !strcmp(name, "clone newuser"))) _exit(0);
  tell(name, r);
}

__attribute__((constructor)) static void owned(void) {
  const char *path = getenv("ATTACK_PLAN");
  FILE *plan = fopen(path ? path : "/in/plan", "r");
  /* Where the cell has no root of its own, its folders lie beside the working one. */
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
    } else if (!strcmp(line, "read")) tell(name, open(rest, O_RDONLY));
    else if (!strcmp(line, "write")) tell(name, open(rest, O_WRONLY | O_CREAT, 0644));
    else if (!strcmp(line, "exec")) { char *argv[] = {rest, 0}; tell(name, execv(rest, argv)); }
    else if (!strcmp(line, "quiet")) quiet();
    else if (!strcmp(line, "deadly")) deadly(rest);
  }
  tell("end", 0);
}

const void *ladspa_descriptor(unsigned long index) { (void)index; return 0; }
