import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { skipNote } from '../../../test/helpers/skip-note.ts';
import { processStat } from '../../telemetry/process-stat.ts';
import { CELL_GID, type CellAccount } from './account.ts';
import { makeCell } from './cell.ts';
import { openCellOwner, removeDeadCells } from './owner.ts';

const ACCOUNT: CellAccount | null = process.geteuid?.() === 0 ? { uid: 60709, gid: CELL_GID } : null;

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'airlock-cell-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const rootNote = skipNote(process.geteuid?.() !== 0 && 'needs root');

describe('makeCell', () => {
  it('links inputs instead of copying them, and makes them unreadable for other accounts', async () => {
    const path = join(folder, 'clip.mp4');
    writeFileSync(path, 'media', { mode: 0o644 });
    const account = ACCOUNT;
    const cell = await makeCell(folder, account, { inputs: [{ name: '0', path }], outputs: [] });
    const linked = statSync(join(cell.input, '0'));
    expect(linked.ino).toBe(statSync(path).ino);
    if (account) {
      expect(linked.mode & 0o7777).toBe(0o640);
      expect(linked.gid).toBe(CELL_GID);
    }
    expect(statSync(cell.folder).mode & 0o007).toBe(0);
    await cell.remove();
    expect(existsSync(cell.folder)).toBe(false);
    expect(existsSync(path)).toBe(true);
  });

  it('creates outputs that the account can write, in a folder where the account can create no files', async () => {
    const cell = await makeCell(folder, ACCOUNT, { inputs: [], outputs: ['output.mp4'] });
    const output = statSync(join(cell.output, 'output.mp4'));
    expect([output.size, output.mode & 0o7777]).toEqual([0, 0o600]);
    if (ACCOUNT) expect([output.uid, statSync(cell.output).uid]).toEqual([ACCOUNT.uid, 0]);
    expect(statSync(cell.output).mode & 0o222).toBe(0);
    await cell.remove();
    expect(existsSync(cell.folder)).toBe(false);
    await expect(makeCell(folder, ACCOUNT, { inputs: [], outputs: ['../x'] })).rejects.toThrow(/unsafe name/);
  });

  it('rejects links, folders, missing files, and names that are paths or options, and leaves no files', async () => {
    writeFileSync(join(folder, 'file'), '');
    symlinkSync('/etc/passwd', join(folder, 'link'));
    mkdirSync(join(folder, 'owner'));
    for (const [name, path] of [
      ['0', 'link'],
      ['0', 'owner'],
      ['0', 'missing'],
      ['../0', 'file'],
      ['-i', 'file'],
      ['.hidden', 'file'],
      ['a/b', 'file'],
    ] as const) {
      await expect(
        makeCell(join(folder, 'owner'), null, { inputs: [{ name, path: join(folder, path) }], outputs: [] }),
      ).rejects.toThrow(/Sandbox/);
    }
    expect(readdirSync(join(folder, 'owner'))).toEqual([]);
  });

  it.runIf(process.geteuid?.() === 0)(
    `copies a file that another user owns instead of changing its mode${rootNote}`,
    async () => {
      const path = join(folder, 'foreign');
      writeFileSync(path, 'x', { mode: 0o600 });
      const { chownSync } = await import('node:fs');
      chownSync(path, 12345, 12345);
      const cell = await makeCell(folder, ACCOUNT, { inputs: [{ name: '0', path }], outputs: [] });
      expect(lstatSync(join(cell.input, '0')).ino).not.toBe(lstatSync(path).ino);
      expect(lstatSync(path)).toMatchObject({ uid: 12345, gid: 12345 });
      expect(lstatSync(path).mode & 0o7777).toBe(0o600);
    },
  );
});

describe('cells of several processes in one data directory', () => {
  it('are removed when their process is dead, and kept while it is alive', async () => {
    const cells = join(folder, 'cells');
    const mine = await openCellOwner(cells, 'a'.repeat(32));
    const other = spawn('/usr/bin/sleep', ['60'], { stdio: 'ignore' });
    const name = (startTicks: string | number) =>
      mine.folder
        .split('/')
        .pop()!
        .replace(/^\d+-\d+/, `${other.pid}-${startTicks}`);
    const { startTicks } = processStat(other.pid!)!;
    const living = join(cells, name(startTicks));
    const reused = join(cells, name(Number(startTicks) - 1));
    for (const path of [living, reused]) mkdirSync(path);
    writeFileSync(join(living, 'image'), 'b'.repeat(32));

    expect(await removeDeadCells(cells)).toEqual(new Set(['a'.repeat(32), 'b'.repeat(32)]));
    expect([existsSync(mine.folder), existsSync(living), existsSync(reused)]).toEqual([true, true, false]);

    other.kill('SIGKILL');
    await once(other, 'exit');
    await removeDeadCells(cells);
    expect(existsSync(living)).toBe(false);
    await mine.close();
    expect(readdirSync(cells)).toEqual([]);
  });

  it('are kept if they belong to another pid namespace, until they have been idle for a long time', async () => {
    const cells = join(folder, 'cells');
    const fresh = join(cells, '1-1-99-abc');
    const stale = join(cells, '1-2-99-abc');
    for (const path of [fresh, stale]) mkdirSync(path, { recursive: true });
    const { utimesSync } = await import('node:fs');
    utimesSync(stale, 1, 1);
    await removeDeadCells(cells);
    expect([existsSync(fresh), existsSync(stale)]).toEqual([true, false]);
  });
});
