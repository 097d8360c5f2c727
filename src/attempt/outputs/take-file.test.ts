import { chown, link, lstat, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Run, WorkTools } from '../tools.ts';
import { takeFile } from './take-file.ts';

const VIOLATION = { code: 'sandbox_violation' };
/** IDs that no account of the system has (`cell/account.ts`). */
const CELL = { uid: 60706, gid: 60705 };

describe('a file that a hostile cell wrote', () => {
  let folder: string;
  let path: string;
  let run: Run;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'airlock-take-'));
    await mkdir(join(folder, 'out'));
    await mkdir(join(folder, 'work'));
    path = join(folder, 'out', 'output.mp4');
    run = { folder: join(folder, 'work') } as Run;
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  const toolsOf = (tier: string, handOver: unknown = async () => true) =>
    ({ sandbox: { tier }, context: { store: { capabilities: async () => ({ handOver }) } } }) as unknown as WorkTools;

  it('is moved to the work folder, as a read-only file of this account', async () => {
    await writeFile(path, 'bytes');
    if (process.geteuid!() === 0) await chown(path, CELL.uid, CELL.gid);
    const taken = (await takeFile(toolsOf('bwrap'), run, path))!;
    expect(taken.startsWith(run.folder)).toBe(true);
    expect(await readFile(taken, 'utf8')).toBe('bytes');
    const stats = await lstat(taken);
    expect(stats).toMatchObject({ uid: process.geteuid!(), gid: process.getegid!(), nlink: 1 });
    expect(stats.mode & 0o777).toBe(0o400);
    await expect(lstat(path)).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it.each([
    ['a symbolic link', () => symlink(join(folder, 'secret'), path)],
    ['a hard link', () => link(join(folder, 'secret'), path)],
    ['a folder', () => mkdir(path)],
  ])('is rejected as a violation if it is %s', async (_, make) => {
    await writeFile(join(folder, 'secret'), 'a file of the host', { mode: 0o640 });
    await make();
    await expect(takeFile(toolsOf('bwrap'), run, path)).rejects.toMatchObject(VIOLATION);
    expect((await lstat(join(folder, 'secret'))).mode & 0o777).toBe(0o640);
  });

  it('is not moved if storage does not accept files, or if the sandbox does not guarantee that the cell has ended', async () => {
    await writeFile(path, 'bytes');
    expect(await takeFile(toolsOf('bwrap', null), run, path)).toBeNull();
    expect(await takeFile(toolsOf('none'), run, path)).toBeNull();
    await lstat(path);
  });
});
