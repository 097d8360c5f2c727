import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { openSandbox } from '../../src/sandbox/index.ts';
import { type CheckOptions, checkTrimmed } from '../../src/sandbox/trimmed/check.ts';
import { corpusFiles, corpusRuns } from '../../src/sandbox/trimmed/corpus.ts';
import { TrimmedManager } from '../../src/sandbox/trimmed/manager.ts';
import { changeTrimmed, readTrimmed, trimmedFolder } from '../../src/sandbox/trimmed/store.ts';
import type { CellResult, CellSpec, Sandbox } from '../../src/sandbox/types.ts';
import { withLock } from '../../src/supervisor/file-lock.ts';
import { processStat } from '../../src/telemetry/process-stat.ts';
import { recordCommands } from '../../src/worker/recorded-commands.ts';
import { linkRootImage } from '../../testkit/data-directory.ts';
import { until } from '../../testkit/until.ts';
import { LIMITS } from './cell-fixture.ts';

const LONG_BUILD = fileURLToPath(new URL('long-build.mjs', import.meta.url));

const DISTRIBUTION = '/usr/bin/ffmpeg';
const HFLIP = corpusRuns().find(({ name }) => name === 'filter hflip')!;
const CORPUS = [
  ...corpusRuns().filter(({ name }) => name === 'encoder ffv1 in mkv' || name === 'decoding ffv1.mkv'),
  HFLIP,
];

let folder: string;
let dataDir: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'airlock-trimmed-'));
  dataDir = join(folder, 'data');
  install('good');
  // In this copy, an option has another name, so it stands for a build that lacks a feature.
  install('lacking', (program) => replaceAll(program, 'filter_complex\0', 'filter_complXX\0'));
  // This copy writes another encoder name into files.
  install('unlike', (program) => replaceAll(program, 'Lavc \0', 'Lavx \0'));
  for (const path of [folder, dataDir, trimmedFolder(dataDir)]) chmodSync(path, 0o755);
  for (const { name, content } of corpusFiles()) writeFileSync(join(folder, name), content);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Copies the distribution's FFmpeg to the path of a build. Returns the folder of the copy. */
function install(name: string, change: (program: Buffer) => void = () => {}): string {
  const bin = join(trimmedFolder(dataDir), name, 'bin');
  mkdirSync(bin, { recursive: true });
  const program = readFileSync(DISTRIBUTION);
  change(program);
  writeFileSync(join(bin, 'ffmpeg'), program, { mode: 0o755 });
  copyFileSync('/usr/bin/ffprobe', join(bin, 'ffprobe'));
  return bin;
}

function replaceAll(content: Buffer, from: string, to: string): void {
  let changed = 0;
  for (let at = content.indexOf(from); at !== -1; at = content.indexOf(from, at + 1))
    changed += content.write(to, at, 'latin1');
  expect(changed).toBeGreaterThan(0);
}

const programOf = (name: string) => join(trimmedFolder(dataDir), name, 'bin', 'ffmpeg');

async function check(name: string) {
  const work = join(folder, `check-${name}`);
  mkdirSync(work);
  chmodSync(work, 0o711);
  // The cells of the distribution's build use the shared image.
  await linkRootImage(join(work, 'other'));
  const given: CheckOptions = {
    ...{ folder: work, own: programOf(name), distribution: DISTRIBUTION, sandbox: 'auto', corpus: CORPUS },
    waitWhilePaused: async () => {},
  };
  return checkTrimmed(given);
}

describe('a trimmed FFmpeg that Airlock has built', () => {
  it('passes if the cell blocks every attack and its results equal the results of the distribution', async () => {
    const { attacks, runs } = await check('good');
    expect(attacks).toBeGreaterThan(100);
    expect(runs).toBe(CORPUS.length);
  });

  it('is rejected if it does not complete a command, and the reason names the command', async () => {
    await expect(check('lacking')).rejects.toMatchObject({
      kind: 'rejected',
      message: expect.stringMatching(/^filter hflip ends with exit \d+ instead of exit 0: .*filter_complex/),
    });
  });

  it('is rejected if a result differs from the result of the distribution, and the reason names the command', async () => {
    await expect(check('unlike')).rejects.toMatchObject({
      ...{ kind: 'rejected', message: 'encoder ffv1 in mkv writes a different file' },
    });
  });

  describe('a trimmed FFmpeg in use', () => {
    let trimmed: TrimmedManager;
    let opened: Sandbox;
    let guarded: Sandbox;
    beforeAll(async () => {
      await linkRootImage(dataDir);
      await use('lacking');
      trimmed = await TrimmedManager.open({ dataDir, withLock, isOn: true, builder: null });
      const paths = {
        get ffmpeg() {
          return trimmed.path() ?? undefined;
        },
      };
      const watch = { pollMs: 50, settleMs: 50 };
      opened = await trimmed.openWith(() => openSandbox({ dataDir, slots: 1, paths, watch }));
      guarded = trimmed.guard(opened, () => openSandbox({ dataDir, slots: 1 }));
    });
    afterAll(async () => {
      await trimmed?.stop();
      await opened?.close();
    });

    function use(name: string) {
      const build = { folder: name, source: '99:1-1', recipe: 'r', checkedAt: '', since: '', attacks: 1, runs: 1 };
      return changeTrimmed({ dataDir, withLock }, () => ({ active: build, rejected: null }));
    }

    const run = async (changes: Partial<CellSpec> = {}): Promise<CellResult> => {
      await until(() => guarded.ffmpeg.path === programOf('lacking'), { what: 'the trimmed build' });
      const inputs = HFLIP.inputs.map((name) => ({ name, path: join(folder, name) }));
      const spec = { program: 'ffmpeg', args: HFLIP.args, inputs, limits: LIMITS, slot: 0, onStdout: () => {} };
      const result = await guarded.run({ ...spec, ...changes });
      await result.release();
      return result;
    };

    it('stays in use after a command that neither build completes', async () => {
      const result = await run({ args: ['-no_such_option', '1', ...HFLIP.args] });
      expect(result.exitCode).not.toBe(0);
      expect(result.stderr).toContain('no_such_option');
      expect(readTrimmed(dataDir).active?.folder).toBe('lacking');
    });

    it('is abandoned if it fails with a command that the distribution’s build completes, and the job gets the result of that build', async () => {
      expect(await run()).toMatchObject({ end: 'exit', exitCode: 0, build: { package: expect.any(String) } });
      const { active, rejected } = readTrimmed(dataDir);
      expect(active).toBeNull();
      expect(rejected).toMatchObject({ isTemporary: false, reason: expect.stringContaining('lacks an option') });
      await until(() => guarded.ffmpeg.path === DISTRIBUTION, { what: "the distribution's build" });
    });

    it('stays in use after it fails with a stream, whose job completes with the distribution’s build', async () => {
      await use('lacking');
      const streamed = { job: 'job', onOutputDir: () => {} };
      const first = await run(streamed);
      expect(first.explain()).toMatchObject({ code: 'internal' });
      expect(await run(streamed)).toMatchObject({ end: 'exit', exitCode: 0 });
      expect(readTrimmed(dataDir).active?.folder).toBe('lacking');
    });

    it('is named in the record of a command, unless the command ran again with the distribution’s build', async () => {
      await until(() => guarded.ffmpeg.path === programOf('lacking'), { what: 'the trimmed build' });
      const commands: Parameters<typeof recordCommands>[1] = [];
      const recorded = recordCommands(guarded, commands);
      for (const args of [['-version'], HFLIP.args]) {
        const inputs = HFLIP.inputs.map((name) => ({ name, path: join(folder, name) }));
        await (await recorded.run({ program: 'ffmpeg', args, inputs, limits: LIMITS, slot: 0 })).release();
      }
      expect(commands.map((command) => [command.exit_code, command.package])).toEqual([
        [0, null],
        [0, expect.stringMatching(/^7:/)],
      ]);
    });

    it('is built by processes that have the lowest priority and pause while a cell runs', async () => {
      const parts: string[] = [];
      const logger = { info: ({ part }: { part?: string }) => void (part && parts.push(part)), warn: () => {} };
      const own = { dataDir: join(folder, 'building'), withLock, isOn: true, builder: LONG_BUILD, tickMs: 20, logger };
      mkdirSync(own.dataDir);
      vi.useFakeTimers({ toFake: ['Date'] });
      const building = await TrimmedManager.open(own).finally(() => vi.setSystemTime(Date.now() + 3600_000));
      building.start();
      const cells = building.guard(opened, () => Promise.reject(new Error('not needed')));
      const runUntil = async (check: () => boolean, what: string) => {
        const stdin = new PassThrough();
        const args = ['-hide_banner', '-f', 's16le', '-i', 'pipe:0', '-f', 'null', '-'];
        const cell = cells.run({ program: 'ffmpeg', args, inputs: [], limits: LIMITS, slot: 0, stdin });
        await until(check, { what });
        stdin.end(Buffer.alloc(4000));
        await (await cell).release();
      };
      try {
        const hasBegun = until(() => parts.includes('begun'), { what: 'the build' });
        await hasBegun.finally(() => vi.useRealTimers());
        await runUntil(() => parts.includes('has steps'), 'an order before the first step');
        const pid = Number(await until(() => parts.find((part) => /^\d+$/.test(part)), { what: 'the first step' }));
        expect(parts).toContain('the first step began after the order to resume');
        const stateOf = () => processStat(pid)?.state;
        await until(() => stateOf() === 'S', { what: 'a running step' });
        await runUntil(() => stateOf() === 'T', 'a stopped step');
        await until(() => stateOf() === 'S', { what: 'a step that has resumed' });
        // The policy must be SCHED_IDLE (sched(7)), which is 5. It is field 41 of proc_pid_stat(5).
        const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
          .replace(/^.*\) /s, '')
          .split(' ');
        expect(fields[41 - 3]).toBe('5');
        await building.stop();
        await until(() => processStat(pid) === null, { what: 'the end of the step' });
      } finally {
        vi.useRealTimers();
        await building.stop();
      }
    });
  });
});
