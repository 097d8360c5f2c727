import { existsSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { makeTestFolder } from '../../testkit/supervisor.ts';
import { claimInstance } from '../supervisor/ready-file.ts';
import { lockDataDir } from './data-dir-lock.ts';

describe('the lock of a data directory', () => {
  let folder: Awaited<ReturnType<typeof makeTestFolder>>;
  let dataDir: string;
  beforeEach(async () => {
    folder = await makeTestFolder();
    dataDir = join(folder.path, '.airlock');
  });
  afterEach(() => folder.remove());

  const take = (signal = new AbortController().signal) =>
    lockDataDir(dataDir, { made: false, signal, remove: () => rm(dataDir, { recursive: true, force: true }) });

  it('has one owner at a time, and the last owner removes the directory if it was created under the lock', async () => {
    let inside = 0;
    let most = 0;
    const visit = async () => {
      const lock = await take();
      inside += 1;
      most = Math.max(most, inside);
      expect(existsSync(dataDir)).toBe(true);
      await writeFile(join(dataDir, 'a file of the service'), '');
      inside -= 1;
      await lock.release();
    };
    await Promise.all([visit(), visit(), visit(), visit()]);
    expect(most).toBe(1);
    expect(existsSync(dataDir)).toBe(false);
  });

  it('keeps a directory that existed before the lock', async () => {
    await mkdir(dataDir, { mode: 0o700 });
    await (await take()).release();
    expect(existsSync(dataDir)).toBe(true);
  });

  it('keeps a directory on which a service was started while the lock was held', async () => {
    const lock = await take();
    const service = await claimInstance(dataDir);
    await lock.release();
    expect(existsSync(dataDir)).toBe(true);
    await service.release();
  });

  it('keeps a directory whose creator was killed, because the directory may be in use', async () => {
    await mkdir(dataDir, { mode: 0o700 });
    await writeFile(join(dataDir, 'made-by-transcode'), '');
    await (await take()).release();
    expect(existsSync(dataDir)).toBe(true);
  });

  it('rejects a command that waits when the signal of this command aborts', async () => {
    const first = await take();
    const impatient = new AbortController();
    const second = take(impatient.signal);
    impatient.abort(new Error('interrupted'));
    await expect(second).rejects.toThrow('interrupted');
    expect(existsSync(dataDir)).toBe(true);
    await first.release();
    expect(existsSync(dataDir)).toBe(false);
  });
});
