import { execFile, execFileSync } from 'node:child_process';
import { chmod, chown, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { linkRootImage } from '../../testkit/data-directory.ts';
import { programArgs } from '../../testkit/program.ts';
import { compileProfile, type DockerProfile, readProfile, syscallNumbers } from './docker-seccomp.ts';

const NOBODY = 65534;
const SETPRIV = '/usr/bin/setpriv';
/** System calls that affect the kernel, other processes or the host, and that no Airlock container needs. */
const NEVER =
  `add_key bpf chroot clock_settime delete_module finit_module init_module io_uring_setup kcmp kexec_load keyctl
  mknod mknodat mount_setattr move_mount name_to_handle_at open_by_handle_at open_tree perf_event_open process_vm_readv
  process_vm_writev ptrace quotactl reboot request_key settimeofday swapoff swapon syslog umount userfaultfd`.split(
    /\s+/,
  );

describe('the seccomp profile for Docker', () => {
  const profile = readProfile();
  const groupOf = (name: string) => profile.syscalls.filter((rule) => rule.names.includes(name));
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'airlock-seccomp-'));
    await chmod(folder, 0o755);
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it('is an allow-list of existing system calls, each of which is named once, in groups with a reason', () => {
    expect(profile).toMatchObject({ defaultAction: 'SCMP_ACT_ERRNO', defaultErrnoRet: 1 });
    expect(profile.architectures).toEqual(['SCMP_ARCH_X86_64', 'SCMP_ARCH_AARCH64']);
    const names = profile.syscalls.flatMap((rule) => rule.names);
    expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
    const numbers = syscallNumbers();
    // Calls that exist only on the other architecture are unknown here, but they are few.
    expect(names.filter((name) => !numbers.has(name)).length).toBeLessThan(process.arch === 'x64' ? 5 : 60);
    for (const rule of profile.syscalls) expect(rule.comment.length).toBeGreaterThan(40);
  });

  it('allows the calls that bubblewrap needs, and no similar calls', () => {
    expect(groupOf('mount')[0]!.names).toEqual([
      'clone',
      'unshare',
      'setns',
      'mount',
      'umount2',
      'pivot_root',
      'sethostname',
    ]);
    expect(groupOf('clone3')).toMatchObject([{ action: 'SCMP_ACT_ERRNO', errnoRet: 38 }]);
    expect(NEVER.filter((name) => groupOf(name).length > 0)).toEqual([]);
  });

  it('passes the entire self-test, as an ordinary user without capabilities', async () => {
    const checks = await doctor(profile, 'whole');
    const sandbox = checks.find((check) => check.name === 'Sandbox');
    expect(sandbox, JSON.stringify(sandbox)).toMatchObject({ state: 'ok', seen: expect.stringMatching(/^bwrap, /) });
  });

  it('is minimal: without the group of `mount`, bubblewrap cannot create a cell', async () => {
    const without = { ...profile, syscalls: profile.syscalls.filter((rule) => !rule.names.includes('mount')) };
    const threads = { names: ['clone'], action: 'SCMP_ACT_ALLOW' as const, comment: 'threads and processes' };
    const checks = await doctor({ ...without, syscalls: [...without.syscalls, threads] }, 'without');
    const sandbox = checks.find((check) => check.name === 'Sandbox');
    expect(sandbox?.seen).not.toMatch(/^bwrap, /);
  });

  /** Runs `doctor` under the profile, as Docker would start it: without capabilities, and without a way to gain any. */
  async function doctor(tried: DockerProfile, name: string): Promise<{ name: string; state: string; seen: string }[]> {
    const filter = join(folder, `${name}.bpf`);
    await writeFile(filter, compileProfile(tried));
    const dataDir = join(folder, name);
    await mkdir(dataDir, { mode: 0o700 });
    const root = process.getuid!() === 0;
    if (root) await chown(dataDir, NOBODY, NOBODY);
    // The first of the two services shows that the profile allows building the root image.
    if (name === 'without') await linkRootImage(dataDir, root ? NOBODY : undefined);
    const args = [
      ...(root ? ['--reuid', String(NOBODY), '--regid', String(NOBODY), '--clear-groups', '--bounding-set=-all'] : []),
      ...['--inh-caps=-all', '--no-new-privs', '--seccomp-filter', filter],
      ...[process.execPath, ...programArgs(['doctor', '--json'])],
    ];
    const env = { PATH: '/usr/bin:/bin', HOME: dataDir, AIRLOCK_DATA_DIR: dataDir };
    const { stdout } = await promisify(execFile)(SETPRIV, args, { env, cwd: '/', maxBuffer: 2 ** 24 }).catch(
      (error: { stdout: string }) => error,
    );
    return JSON.parse(stdout);
  }
});

describe('setpriv, which starts a program under the profile,', () => {
  it('is installed and supports seccomp filters', () => {
    expect(execFileSync(SETPRIV, ['--help'], { encoding: 'utf8' })).toMatch(/--seccomp-filter/);
  });
});
