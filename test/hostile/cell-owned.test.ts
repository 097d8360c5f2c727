import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { skipNote } from '../helpers/skip-note.ts';
import { type Attacker, LOAD_PLUGIN, openAttacker, readReport } from './cell-attacker.ts';
import { type Fixture, hasCompiler, TIMEOUT } from './cell-fixture.ts';

vi.setConfig(TIMEOUT);

const DEADLY = `fork, clone newuser, thread in a namespace, ptrace, unshare, setns, mount, pivot_root, chroot,
  io_uring_setup, bpf, keyctl, add_key, userfaultfd, perf_event_open, process_vm_readv, init_module, execveat,
  open_by_handle_at, x32`
  .split(',')
  .map((name) => name.trim())
  // x32 system calls exist only on x86_64.
  .filter((name) => name !== 'x32' || process.arch === 'x64');

const SECRET = 'the-secret-of-the-host';

/** The plugin needs a compiler. The self-test at startup does not need one (probe-elf.ts). */
const compilerNote = skipNote(!hasCompiler && 'gcc is not installed');

describe.runIf(hasCompiler).each([
  { tier: 'bwrap', up: '' },
  { tier: 'landlock', up: '..' },
] as const)(`an FFmpeg that runs hostile code in a cell of the tier $tier${compilerNote}`, ({ tier, up }) => {
  let attacker: Attacker;
  let fixture: Fixture;
  let canary: string;
  beforeAll(async () => {
    attacker = await openAttacker(tier);
    fixture = attacker.fixture;
    canary = join(fixture.folder, 'canary');
    writeFileSync(canary, SECRET, { mode: 0o644 });
  });
  afterAll(() => attacker.close());

  function bare(lines: string[]) {
    const plan = join(fixture.folder, 'plan-bare');
    const report = join(fixture.folder, 'report');
    writeFileSync(plan, [`report ${report}`, ...lines].join('\n'));
    const { status } = spawnSync(
      '/usr/bin/ffmpeg',
      [...LOAD_PLUGIN, `ladspa=file=${attacker.plugin}:plugin=x`, '-f', 'null', '-'],
      {
        env: { ATTACK_PLAN: plan },
        cwd: fixture.folder,
      },
    );
    return { status, report: readReport(readFileSync(report, 'utf8')) };
  }

  it('cannot read the host, write outside its folder, open a socket or start a program', async () => {
    const { result, report, text } = await attacker.attack([
      `read ${canary}`,
      `read ${fixture.dataDir}`,
      ...[
        '/etc/passwd',
        '/etc/shadow',
        '/etc/hostname',
        '/proc',
        '/proc/self/environ',
        '/proc/1/root',
        '/sys',
        '/dev/null',
        '/root',
        '/home',
      ].map((path) => `read ${path}`),
      ...[
        '/x',
        `${up}/in/x`,
        `${up}/in/plan`,
        '/usr/x',
        '/usr/bin/ffmpeg',
        '/etc/fonts/fonts.conf',
        '/var/x',
        '/../x',
        `${fixture.folder}/x`,
        '/dev/shm/x',
      ].map((path) => `write ${path}`),
      ...['/bin/sh', '/usr/bin/sh', '/usr/bin/env', '/usr/bin/python3', '/usr/bin/bwrap'].map((path) => `exec ${path}`),
      'quiet',
    ]);
    expect(result.end, result.stderr).toBe('exit');
    expect(report.get('end'), 'the plan ran to its end').toBe(0);
    report.delete('end');
    expect(report.size).toBeGreaterThan(80);
    // The version of Landlock can be queried, because setpriv needs the query under the same filter. The query grants nothing.
    if (tier === 'landlock') expect(report.delete('landlock')).toBe(true);
    expect([...report].filter(([, value]) => value >= 0)).toEqual([]);
    expect(text + result.stderr).not.toContain(SECRET);
    expect(existsSync(join(fixture.folder, 'x'))).toBe(false);
    expect(readFileSync(canary, 'utf8')).toBe(SECRET);
  });

  it('is killed by every call that attacks the kernel or another process', async () => {
    const queue = [...DEADLY];
    const ends: Record<string, string> = {};
    await Promise.all(
      [0, 1].map(async (slot) => {
        for (let name = queue.shift(); name; name = queue.shift()) {
          const { result, report } = await attacker.attack([`deadly ${name}`], { slot });
          ends[name] = report.has(name) ? `it returned ${report.get(name)}` : result.end;
        }
      }),
    );
    expect(ends).toEqual(Object.fromEntries(DEADLY.map((name) => [name, 'violation'])));
  });

  it('succeeds in the same attempts outside the cell, which shows that the attempts are effective', () => {
    const { report } = bare([
      `read ${canary}`,
      'read /etc/passwd',
      'read /proc/self/environ',
      `write ${fixture.folder}/bare`,
      'quiet',
      'deadly fork',
    ]);
    for (const attempt of [
      `read ${canary}`,
      'read /etc/passwd',
      'read /proc/self/environ',
      `write ${fixture.folder}/bare`,
      'fork',
    ]) {
      expect(report.get(attempt), attempt).toBeGreaterThanOrEqual(0);
    }
    for (const attempt of [
      'socket family 2',
      'socket family 1',
      'socketpair',
      'memfd_create',
      'writable and executable memory',
      'memory made executable',
    ]) {
      expect(report.get(attempt), attempt).toBeGreaterThanOrEqual(0);
    }
  });

  it('is distinguished from an FFmpeg that crashes', async () => {
    expect((await attacker.attack(['deadly crash'])).result).toMatchObject({ end: 'crash', exitCode: 139 });
  });
});
