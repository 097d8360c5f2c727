import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openSandbox } from '../../src/sandbox/index.ts';
import { type CheckOptions, checkTrimmed } from '../../src/sandbox/trimmed/check.ts';
import { corpusFiles, corpusRuns } from '../../src/sandbox/trimmed/corpus.ts';
import { TrimmedManager } from '../../src/sandbox/trimmed/manager.ts';
import { changeTrimmed, readTrimmed, trimmedFolder } from '../../src/sandbox/trimmed/store.ts';
import type { CellResult, CellSpec, Sandbox } from '../../src/sandbox/types.ts';
import { until } from '../../testkit/until.ts';
import { LIMITS } from './cell-fixture.ts';

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
  // An option has another name, so this copy stands for a build that lacks a feature.
  install('lacking', (program) => replaceAll(program, 'filter_complex\0', 'filter_complXX\0'));
  for (const path of [folder, dataDir, trimmedFolder(dataDir)]) chmodSync(path, 0o755);
  for (const { name, content } of corpusFiles()) writeFileSync(join(folder, name), content);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Copies the distribution's FFmpeg to the place of a build. Returns the folder of the copy. */
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

function check(name: string) {
  const work = join(folder, `check-${name}`);
  mkdirSync(work);
  chmodSync(work, 0o711);
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

  it('is rejected if it does not complete a command, with the name of the command', async () => {
    await expect(check('lacking')).rejects.toMatchObject({
      kind: 'rejected',
      message: expect.stringMatching(/^filter hflip ends with exit \d+ instead of exit 0: .*filter_complex/),
    });
  });

  describe('in use', () => {
    let trimmed: TrimmedManager;
    let opened: Sandbox;
    let guarded: Sandbox;
    beforeAll(async () => {
      use('lacking');
      trimmed = await TrimmedManager.open({ dataDir, isOn: true, builder: null });
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

    function use(name: string): void {
      const build = { folder: name, source: '7:7.1.5-1', recipe: 'r', checkedAt: '', since: '', attacks: 1, runs: 1 };
      changeTrimmed(dataDir, { active: build, rejected: null });
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

    it('is given up after a command fails with it and completes with the distribution’s build, and the job gets that result', async () => {
      expect(await run()).toMatchObject({ end: 'exit', exitCode: 0 });
      const { active, rejected } = readTrimmed(dataDir);
      expect(active).toBeNull();
      expect(rejected).toMatchObject({ isTemporary: false, reason: expect.stringContaining('lacks an option') });
      await until(() => guarded.ffmpeg.path === DISTRIBUTION, { what: "the distribution's build" });
    });

    it('stays in use after it fails with a stream, whose job completes with the distribution’s build', async () => {
      use('lacking');
      const streamed = { job: 'job', onOutputDir: () => {} };
      const first = await run(streamed);
      expect(first.explain()).toMatchObject({ code: 'internal' });
      expect(await run(streamed)).toMatchObject({ end: 'exit', exitCode: 0 });
      expect(readTrimmed(dataDir).active?.folder).toBe('lacking');
    });
  });
});
