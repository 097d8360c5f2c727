import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { removeDeadWorkFolders } from './maintenance.ts';

describe('work folders', () => {
  it('go with the process that made them, and those of the living stay', async () => {
    const parent = await mkdtemp(join(tmpdir(), 'airlock-work-'));
    for (const name of ['1-100', '2-200']) {
      await mkdir(join(parent, name));
      await writeFile(join(parent, name, 'input-0'), 'bytes of a source');
    }
    await removeDeadWorkFolders(parent, (name) => name === '2-200');
    expect(await readdir(parent)).toEqual(['2-200']);
    expect(await readdir(join(parent, '2-200'))).toEqual(['input-0']);
    await rm(parent, { recursive: true });
  });

  it('need not be there', async () => {
    await removeDeadWorkFolders('/nowhere/at/all', () => false);
  });
});
