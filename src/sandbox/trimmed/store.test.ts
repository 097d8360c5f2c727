import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { lockFile, withLock } from '../../supervisor/file-lock.ts';
import {
  activeTrimmed,
  type CheckedBuild,
  changeTrimmed,
  lockPath,
  readTrimmed,
  removeUnused,
  trimmedFolder,
  trimmedProgram,
} from './store.ts';

const build = (folder: string): CheckedBuild => ({
  ...{ folder, source: '7:7.1.5-1', recipe: 'r', checkedAt: '', attacks: 1, runs: 1 },
});
const active = { ...build('used'), since: '' };
const rejected = { source: null, recipe: 'r', reason: 'x', at: '', isTemporary: true };

let dataDir: string;
beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'airlock-store-'));
});
afterEach(() => rmSync(dataDir, { recursive: true, force: true }));

const change = (changes: Parameters<typeof changeTrimmed>[1]) => changeTrimmed({ dataDir, withLock }, changes);
function install(folder: string): void {
  const path = trimmedProgram(dataDir, { folder });
  mkdirSync(join(path, '..'), { recursive: true, mode: 0o755 });
  for (const program of [path, join(path, '..', 'ffprobe')]) writeFileSync(program, '', { mode: 0o755 });
}

describe('the state of the trimmed builds', () => {
  it('contains the changes of two processes that write at the same time', async () => {
    const other = (await lockFile(lockPath(dataDir), 'exclusive', 1000))!;
    const before = readTrimmed(dataDir);
    const changing = change(() => ({ rejected }));
    // The process with the lock changes the state.
    mkdirSync(trimmedFolder(dataDir), { recursive: true });
    writeFileSync(join(trimmedFolder(dataDir), 'state.json'), JSON.stringify({ ...before, ready: build('a') }));
    await other.release();
    expect(await changing).toMatchObject({ ready: { folder: 'a' }, rejected });
    expect(readTrimmed(dataDir)).toMatchObject({ ready: { folder: 'a' }, rejected });
  });

  it('is not written if a change does not apply', async () => {
    expect(await change(({ ready }) => ready && { active })).toBeNull();
    expect(existsSync(trimmedFolder(dataDir))).toBe(false);
    await change(() => ({ ready: build('a') }));
    const { ino } = statSync(join(trimmedFolder(dataDir), 'state.json'));
    expect(await change(() => null)).toBeNull();
    expect(statSync(join(trimmedFolder(dataDir), 'state.json')).ino).toBe(ino);
  });

  it('is read as empty if a newer release has written it', async () => {
    mkdirSync(trimmedFolder(dataDir));
    writeFileSync(join(trimmedFolder(dataDir), 'state.json'), JSON.stringify({ v: 2, active }));
    expect(readTrimmed(dataDir).active).toBeNull();
  });
});

describe('a trimmed build', () => {
  it('is used only if no other account can change it', async () => {
    install('used');
    await change(() => ({ active }));
    const path = trimmedProgram(dataDir, active);
    expect(activeTrimmed(dataDir)).toBe(path);
    for (const writable of [path, join(path, '..'), trimmedFolder(dataDir)]) {
      const { mode } = statSync(writable);
      chmodSync(writable, mode | 0o020);
      expect([writable, activeTrimmed(dataDir)]).toEqual([writable, null]);
      chmodSync(writable, mode);
    }
    rmSync(path);
    symlinkSync('/usr/bin/ffmpeg', path);
    expect(activeTrimmed(dataDir)).toBeNull();
  });

  it('is deleted if it is neither active nor ready', async () => {
    for (const folder of ['used', 'ready', 'old', 'made']) install(folder);
    await change(() => ({ active, ready: build('ready') }));
    await removeUnused(dataDir);
    const exists = (folder: string) => existsSync(trimmedProgram(dataDir, { folder }));
    expect(['used', 'ready', 'old', 'made'].map(exists)).toEqual([true, true, false, false]);
    expect(readTrimmed(dataDir)).toMatchObject({ active, ready: { folder: 'ready' } });
  });
});
