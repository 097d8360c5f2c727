import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { until } from '../../../testkit/until.ts';
import { withLock } from '../../supervisor/file-lock.ts';
import { SandboxError } from '../sandbox-error.ts';
import type { CellResult, Sandbox } from '../types.ts';
import { installedFfmpeg } from './installed.ts';
import { TrimmedManager, type TrimmedOptions } from './manager.ts';
import { recipeId } from './recipe.ts';
import { changeTrimmed, readTrimmed, type TrimmedState, trimmedProgram } from './store.ts';
import { usedTrimmed } from './used.ts';

/** Version of the installed package of this machine. A current build has the same source. */
const installed = (await installedFfmpeg())!;
const OUTDATED = '0:0.1-1';

let dataDir: string;
let opened: TrimmedManager[];
beforeEach(() => {
  [dataDir, opened] = [mkdtempSync(join(tmpdir(), 'airlock-manager-')), []];
});
afterEach(async () => {
  for (const manager of opened) await manager.stop();
  rmSync(dataDir, { recursive: true, force: true });
});

const build = (source = installed, folder = 'a') => {
  const path = trimmedProgram(dataDir, { folder });
  mkdirSync(join(path, '..'), { recursive: true, mode: 0o755 });
  for (const program of [path, join(path, '..', 'ffprobe')]) writeFileSync(program, '', { mode: 0o755 });
  return { ...{ folder, source, recipe: recipeId(), checkedAt: '', attacks: 1, runs: 1 }, since: '' };
};
const set = (state: Partial<TrimmedState>) => changeTrimmed({ dataDir, withLock }, () => state);
const open = async (options: Partial<TrimmedOptions> = {}) => {
  const manager = await TrimmedManager.open({ dataDir, withLock, isOn: true, builder: null, tickMs: 10, ...options });
  opened.push(manager);
  return manager;
};
/** Returns a sandbox whose cells end when the test ends them. */
function slowSandbox() {
  const ends: (() => void)[] = [];
  const run = () => new Promise<CellResult>((resolve) => ends.push(() => resolve({ end: 'exit' } as CellResult)));
  return { sandbox: { run, ffmpeg: { path: '/usr/bin/ffmpeg' } } as unknown as Sandbox, endCell: () => ends.pop()!() };
}
const path = () => trimmedProgram(dataDir, { folder: 'a' });

describe('the manager of the trimmed FFmpeg', () => {
  it('switches to the ready build only when no cell runs', async () => {
    await set({ ready: build() });
    const manager = await open();
    const { sandbox, endCell } = slowSandbox();
    const guarded = manager.guard(sandbox, () => Promise.reject(new Error('not needed')));
    const cell = guarded.run({ program: 'ffmpeg' } as Parameters<Sandbox['run']>[0]);
    manager.start();
    // The return to the distribution shows that the manager makes decisions while the cell runs.
    await set({ active: build(OUTDATED, 'old') });
    await until(() => readTrimmed(dataDir).active === null, { what: 'the return to the distribution' });
    expect([readTrimmed(dataDir).ready?.folder, manager.path()]).toEqual(['a', null]);
    endCell();
    await cell;
    await until(() => manager.path() === path(), { what: 'the switch' });
    expect(readTrimmed(dataDir)).toMatchObject({ active: { folder: 'a' }, ready: null });
  });

  it('stops using a build that is older than the package, when it opens and later', async () => {
    await set({ active: build(OUTDATED) });
    const manager = await open();
    expect(readTrimmed(dataDir)).toMatchObject({ active: null, rejected: null });
    manager.start();
    await set({ active: build(OUTDATED) });
    await until(() => readTrimmed(dataDir).active === null, { what: 'the return to the distribution' });
  });

  it('gives up the build that failed, but not a build that has replaced it', async () => {
    await set({ active: build() });
    const manager = await open();
    await manager.giveUp(trimmedProgram(dataDir, { folder: 'earlier' }), 'a fault of an earlier build');
    expect(manager.path()).toBe(path());
    await manager.giveUp(path(), 'a fault');
    const { active, rejected } = readTrimmed(dataDir);
    expect([active, manager.path()]).toEqual([null, null]);
    expect(rejected).toMatchObject({ source: installed, reason: 'a fault', isTemporary: false });
  });

  it('opens the sandbox with the distribution’s FFmpeg if the build does not start', async () => {
    await set({ active: build() });
    const manager = await open();
    const seen: (string | null)[] = [];
    const result = await manager.openWith(async () => {
      seen.push(manager.path());
      if (manager.path()) throw new SandboxError('libx264 is missing', 'Install it');
      return 'opened';
    });
    expect([result, seen]).toEqual(['opened', [path(), null]]);
    expect(readTrimmed(dataDir).rejected).toMatchObject({ isTemporary: true });
    await expect(manager.openWith(() => Promise.reject(new SandboxError('no cells', 'x')))).rejects.toThrow('no cells');
  });

  it('uses no build, guards no sandbox and changes no state if it is off', async () => {
    await set({ active: build(), ready: build(installed, 'b') });
    const manager = await open({ isOn: false });
    const { sandbox } = slowSandbox();
    expect(manager.path()).toBeNull();
    expect(manager.guard(sandbox, () => Promise.reject(new Error('not needed')))).toBe(sandbox);
    expect(await usedTrimmed({ dataDir, isOn: false })).toBeNull();
    expect(await usedTrimmed({ dataDir, isOn: true })).toBe(path());
  });
});

describe('a command that only reports', () => {
  it('ignores a build that is older than the package, and changes nothing', async () => {
    await set({ active: build(OUTDATED) });
    expect(await usedTrimmed({ dataDir, isOn: true })).toBeNull();
    expect(readTrimmed(dataDir).active?.source).toBe(OUTDATED);
    await set({ active: build() });
    expect(await usedTrimmed({ dataDir, isOn: true })).toBe(path());
  });
});
