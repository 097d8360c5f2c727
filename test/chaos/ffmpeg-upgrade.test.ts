import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type CellResult, openSandbox, type Sandbox } from '../../src/sandbox/index.ts';
import { until } from '../../testkit/until.ts';
import { LIMITS, SLOW_OUTPUT, slowEncode } from '../hostile/cell-fixture.ts';

const JOBS = 3;
const version = /ffmpeg version (\S+)/.exec(execFileSync('/usr/bin/ffmpeg', ['-version'], { encoding: 'utf8' }))![1]!;
/** A version of the same length, so that it can replace the version in the program. */
const nextVersion = version.replace(/^\d/, (digit) => String((Number(digit) + 1) % 10));

let folder: string;
let ffmpeg: string;
let sandbox: Sandbox | null = null;
const warnings: string[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'airlock-upgrade-'));
  chmodSync(folder, 0o711);
  ffmpeg = join(folder, 'ffmpeg');
  warnings.length = 0;
  for (const program of ['ffmpeg', 'ffprobe']) copyFileSync(`/usr/bin/${program}`, join(folder, program));
});
afterEach(async () => {
  await sandbox?.close();
  sandbox = null;
  rmSync(folder, { recursive: true, force: true });
});

async function open(): Promise<Sandbox> {
  sandbox = await openSandbox({
    dataDir: join(folder, 'data'),
    slots: JOBS + 1,
    paths: { ffmpeg },
    watch: { pollMs: 50, settleMs: 50 },
    logger: { info: () => {}, warn: (_fields, message) => void warnings.push(message) },
  });
  return sandbox;
}

/** Replaces the program as a package manager does: writes a new file next to it, and then renames this file. */
function install(content: Buffer): void {
  writeFileSync(`${ffmpeg}.new`, content, { mode: 0o755 });
  chmodSync(`${ffmpeg}.new`, 0o755);
  renameSync(`${ffmpeg}.new`, ffmpeg);
}

function nextBuild(): Buffer {
  const content = readFileSync('/usr/bin/ffmpeg');
  const [from, to] = [Buffer.from(version), Buffer.from(nextVersion)];
  let changed = 0;
  for (let at = content.indexOf(from); at !== -1; at = content.indexOf(from, at + 1)) {
    to.copy(content, at);
    changed += 1;
  }
  expect(changed).toBeGreaterThan(0);
  return content;
}

async function versionInCell(): Promise<string> {
  const output: Buffer[] = [];
  const result = await sandbox!.run({
    program: 'ffmpeg',
    args: ['-version'],
    inputs: [],
    limits: LIMITS,
    slot: JOBS,
    onStdout: (chunk) => void output.push(chunk),
  });
  await result.release();
  return /ffmpeg version (\S+)/.exec(Buffer.concat(output).toString())?.[1] ?? result.stderr;
}

describe('an upgrade of FFmpeg while jobs run', () => {
  it('changes the build for new jobs but not for running jobs, and the sandbox reports the new build', async () => {
    const opened = await open();
    expect(await versionInCell()).toBe(version);
    const before = opened.ffmpeg.since;
    let started = 0;
    const seen = new Set<number>();
    const jobs: Promise<CellResult>[] = Array.from({ length: JOBS }, (_, slot) =>
      opened.run({
        program: 'ffmpeg',
        args: slowEncode(4),
        inputs: [],
        outputs: [SLOW_OUTPUT],
        limits: LIMITS,
        slot,
        onStdout: () => {
          seen.add(slot);
          started = seen.size;
        },
      }),
    );
    await until(() => started === JOBS, { what: 'progress of every job' });
    install(nextBuild());
    await until(() => opened.ffmpeg.version.includes(nextVersion), { what: 'the new build' });
    expect(await versionInCell()).toBe(nextVersion);
    expect(opened.ffmpeg).toMatchObject({ path: ffmpeg, package: null });
    expect(opened.ffmpeg.since.getTime()).toBeGreaterThan(before.getTime());
    const results = await Promise.all(jobs);
    for (const result of results) {
      expect([result.end, result.exitCode]).toEqual(['exit', 0]);
      expect(statSync(join(result.outputDir, 'slow.mkv')).size).toBeGreaterThan(1000);
      await result.release();
    }
    expect(warnings.filter((message) => /cannot be used/.test(message))).toEqual([]);
  });

  it('has no effect if the new build does not run, and is reported', async () => {
    const opened = await open();
    install(Buffer.concat([readFileSync('/usr/bin/ffmpeg').subarray(0, 100_000)]));
    await until(() => warnings.some((message) => /cannot be used/.test(message)), { what: 'the warning' });
    expect(await versionInCell()).toBe(version);
    expect(opened.ffmpeg.version).toContain(version);
    install(nextBuild());
    await until(() => opened.ffmpeg.version.includes(nextVersion), { what: 'the repaired build' });
    expect(await versionInCell()).toBe(nextVersion);
  });

  it('keeps the confinement of the cell: the self-test passes with the new build', async () => {
    const opened = await open();
    install(nextBuild());
    await until(() => opened.ffmpeg.version.includes(nextVersion), { what: 'the new build' });
    const report = await opened.selfTest();
    expect(report.checks.filter((check) => !check.passed)).toEqual([]);
    expect(existsSync(join(folder, 'data', 'rootimg'))).toBe(true);
  });
});
