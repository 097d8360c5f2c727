import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { uuidv7 } from '../crypto/uuid.ts';
import { removeDeadWorkFolders } from './maintenance.ts';

const neverFails = (_: string, error: unknown) => {
  throw error;
};

describe('removeDeadWorkFolders', () => {
  it('removes the folders of ended processes, and keeps the folders of running processes', async () => {
    const parent = await mkdtemp(join(tmpdir(), 'airlock-work-'));
    const attempt = uuidv7();
    for (const name of ['1-100', '2-200']) {
      await mkdir(join(parent, name, attempt), { recursive: true });
      await writeFile(join(parent, name, attempt, 'source-0'), 'bytes of a source');
    }
    expect(await removeDeadWorkFolders(parent, (name) => name === '2-200', neverFails)).toEqual({
      removed: [attempt],
      left: [],
    });
    expect(await readdir(parent)).toEqual(['2-200']);
    expect(await readdir(join(parent, '2-200', attempt))).toEqual(['source-0']);
    await rm(parent, { recursive: true });
  });

  it('returns no attempts if the parent folder does not exist', async () => {
    expect(await removeDeadWorkFolders('/nowhere/at/all', () => false, neverFails)).toEqual({ removed: [], left: [] });
  });
});
