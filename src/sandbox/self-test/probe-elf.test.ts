import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { KILLED_ATTEMPTS } from './attempts.ts';
import { assembleProbe, type ProbeCall, readProbe } from './probe-elf.ts';
import { rejectedAttempts } from './rejected-attempts.ts';

describe('the probe program, outside a cell', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'airlock-probe-'));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  function run(calls: readonly ProbeCall[]) {
    const path = join(folder, 'probe');
    writeFileSync(path, assembleProbe(calls), { mode: 0o755 });
    const { status, signal, stdout } = spawnSync(path, [], { cwd: folder });
    return { status, signal, results: readProbe(stdout, calls.length) ?? [] };
  }

  it('makes its calls in order and reports the kernel’s return values', () => {
    const { status, results } = run([
      { call: 'getuid', args: [] },
      { call: 'openat', args: [-100, '/does/not/exist', 0, 0] },
      { call: 'openat', args: [-100, '/etc/hostname', 0, 0] },
    ]);
    expect(status).toBe(0);
    expect(results).toEqual([process.getuid!(), -2, 3]);
  });

  it('succeeds with the calls that a cell must reject, so that a missing cell is detected', () => {
    const canary = join(folder, 'canary');
    writeFileSync(canary, 'secret');
    const tier = { name: 'bwrap', inside: (path: string) => `.${path}` } as const;
    const targets = { tier, canary, otherJob: folder, service: process.pid };
    const harmless = rejectedAttempts(targets).filter(({ onlyInCell }) => !onlyInCell);
    const { status, results } = run(harmless);
    expect(status).toBe(0);
    const noticed = harmless.filter(({ passes }, index) => !passes(results[index]!)).map(({ attempt }) => attempt);
    expect(noticed).toEqual(
      expect.arrayContaining([
        'read a file of the host',
        'read /etc/passwd',
        'read /proc',
        'open a socket: internet',
        'open a socket: Unix',
        'make a socket pair',
        'map writable and executable memory',
        'make a file in memory',
        'own pid namespace',
      ]),
    );
  });

  it('survives the calls that kill a cell', () => {
    for (const { attempt, call, args } of KILLED_ATTEMPTS) {
      // A real fork would run the rest of the table twice, and a real mount or module would persist.
      if (['clone', 'mount', 'init_module', 'kexec_load'].includes(String(call))) continue;
      expect(run([{ call, args }]), attempt).toMatchObject({ status: 0, signal: null });
    }
  });

  it('assembles an arm64 program for arm64', () => {
    const bytes = assembleProbe([{ call: 'getpid', args: [] }], 'arm64');
    expect(bytes.readUInt16LE(18)).toBe(183);
    // svc #0 is the sixth-last word before the end of the loop. The program was run under qemu-aarch64.
    expect(bytes.includes(Buffer.from([0x01, 0x00, 0x00, 0xd4]))).toBe(true);
  });
});
