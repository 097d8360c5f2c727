import { link, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { PlannedOutput } from '../../ffmpeg/index.ts';
import type { TranscodeAttempt } from './attempt.ts';
import type { PreparedSources } from './sources/prepared.ts';
import { storeOutput } from './store-output.ts';

const planned = { position: 0, path: '/out/out.mp4', format: 'mp4', contentType: 'video/mp4' } as PlannedOutput;
const claim = { job: { id: 'job', account_id: 'account' }, attemptId: 'attempt', outputs: [{ id: 'output' }] } as never;

describe('the output of a cell whose owner may be hostile', () => {
  let folder: string;
  let secret: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'airlock-output-'));
    secret = join(folder, 'secret');
    await writeFile(secret, 'a file of the host');
    await mkdir(join(folder, 'out'));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  const out = () => join(folder, 'out', 'out.mp4');
  // The file is rejected before the sandbox, the database or storage is used.
  const attempt = { tools: {}, run: { claim, signal: new AbortController().signal } } as unknown as TranscodeAttempt;
  const sources = { slot: 0 } as PreparedSources;
  const store = () => storeOutput(attempt, sources, { planned, folder: join(folder, 'out'), early: null });

  it('is rejected if it is a symbolic link to a file of the host', async () => {
    await symlink(secret, out());
    await expect(store()).rejects.toMatchObject({ code: 'sandbox_violation' });
  });

  it('is rejected if it is a hard link to a file of the host', async () => {
    await link(secret, out());
    await expect(store()).rejects.toMatchObject({ code: 'sandbox_violation' });
  });

  it('is rejected if it is a folder', async () => {
    await mkdir(out());
    await expect(store()).rejects.toMatchObject({ code: 'sandbox_violation' });
  });

  it('is rejected if it is missing or empty', async () => {
    await expect(store()).rejects.toMatchObject({ code: 'output_invalid' });
    await writeFile(out(), '');
    await expect(store()).rejects.toMatchObject({ code: 'output_invalid' });
  });
});
