import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { recordingLogger } from '../../testkit/supervisor.ts';
import { makeDurable, openMarked } from './temporary-cluster.ts';

describe('a new cluster', () => {
  let home: string;
  const mark = () => join(home, 'temporary');
  const open = (isTemporary: boolean) => openMarked({ home, account: null, logger: recordingLogger() }, isTemporary);
  const flush = () => makeDurable({ home, account: null, logger: recordingLogger() });
  beforeEach(async () => {
    home = await mkdtemp(join(tmpdir(), 'airlock-cluster-'));
  });
  afterEach(() => rm(home, { recursive: true, force: true }));

  it('is marked from before its creation until it is on the disk', async () => {
    expect(await open(false)).toEqual({ isNew: true, isTemporary: false });
    expect(existsSync(mark())).toBe(true);
    await mkdir(join(home, 'data'));
    await flush();
    expect(existsSync(mark())).toBe(false);
    expect(await open(false)).toEqual({ isNew: false, isTemporary: false });
    expect(await open(true)).toEqual({ isNew: false, isTemporary: false });
  });

  it.each([false, true])(
    'is removed if the machine restarted before the cluster was flushed to disk (temporary use: %s)',
    async (isTemporary) => {
      await mkdir(join(home, 'data'));
      // After a power failure, a file whose content was not written may be empty.
      for (const boot of ['an earlier boot', '']) {
        await writeFile(mark(), boot);
        expect(await open(isTemporary)).toEqual({ isNew: true, isTemporary });
        expect(existsSync(join(home, 'data'))).toBe(false);
      }
    },
  );

  it('is kept for further commands of the same boot, together with its mark', async () => {
    expect(await open(true)).toEqual({ isNew: true, isTemporary: true });
    await mkdir(join(home, 'data'));
    expect(await open(true)).toEqual({ isNew: false, isTemporary: true });
    expect(await open(false)).toEqual({ isNew: false, isTemporary: false });
    expect(existsSync(mark())).toBe(true);
  });
});
