import { lstat, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { frameHashes, makeClip, transcode, upload } from '../../../testkit/media.ts';
import type { TestService } from '../../../testkit/service.ts';
import { openServiceDatabase } from '../../../testkit/service-database.ts';
import { until } from '../../../testkit/until.ts';
import { storedFilesOf } from '../../helpers/disk.ts';
import { skipNote } from '../../helpers/skip-note.ts';
import { OTHER_STORAGE } from '../../helpers/storage.ts';

const COPY = [{ option: '-c', argument: 'copy' }];

const storageNote = skipNote(OTHER_STORAGE && 'needs the embedded storage');

export const handingOver = (given: () => TestService) => () => {
  let service: TestService;
  let folder: string;
  let clip: string;
  let url: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'airlock-handed-over-'));
    service = given();
    clip = await makeClip(join(folder, 'clip.mp4'));
    url = (await upload(service, clip)).fileUrl;
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  const create = (extra: object) => transcode(service, { inputs: [{ url }], outputFormat: 'mp4', ...extra });
  async function download(id: string): Promise<string> {
    const { json } = await service.call('GET', `/v1/transcodes/${id}/download`);
    const path = join(folder, `${id}.mp4`);
    await writeFile(path, Buffer.from(await (await fetch(json.url)).arrayBuffer()));
    return path;
  }
  /** Returns the milliseconds of CPU time of a job's cells; null if no cell ran. */
  async function cellTime(id: string): Promise<number | null> {
    const db = await openServiceDatabase(service);
    try {
      const { rows } = await db.query('SELECT cpu_ms FROM attempts WHERE job_id = $1', [id]);
      return rows[0].cpu_ms;
    } finally {
      await db.end();
    }
  }

  it('an output that only needs another container is made without a cell, and has the same pictures and samples', async () => {
    const job = await create({ options: COPY });
    expect(job).toMatchObject({
      status: 'completed',
      outputs: [{ plan: { video: { mode: 'copied' }, audio: { mode: 'copied' } } }],
    });
    expect(await cellTime(job.id)).toBeNull();
    expect(await frameHashes(await download(job.id))).toEqual(await frameHashes(clip));
    const title = { option: '-metadata', argument: 'title=A title' };
    const trimmed = await create({ options: [...COPY, { option: '-ss', argument: 0.2 }, title] });
    expect(trimmed.status).toBe('completed');
    expect(await cellTime(trimmed.id)).toBeNull();
    const byFfmpeg = await create({ options: [...COPY, { option: '-movflags', argument: '+frag_keyframe' }] });
    expect(byFfmpeg.status).toBe('completed');
    expect(await cellTime(byFfmpeg.id)).toBeGreaterThan(0);
  });

  it.skipIf(OTHER_STORAGE)(
    `the file of a cell is moved into storage, which receives none of its bytes over HTTP${storageNote}`,
    async () => {
      const from = service.output().length;
      const job = await create({ options: [{ option: '-crf', argument: 30 }] });
      expect(job.status).toBe('completed');
      const puts = () =>
        service
          .output()
          .slice(from)
          .split('\n')
          .filter((line) => line.includes('"method":"PUT"'))
          .map((line) => JSON.parse(line));
      await until(() => puts().length > 0, { what: 'the log of the gateway' });
      expect(puts().map(({ status, bytesIn }) => ({ status, bytesIn }))).toEqual([{ status: 200, bytesIn: 0 }]);
      const [stored, ...others] = await storedFilesOf(service, job.id);
      expect(others).toEqual([]);
      const stats = await lstat(stored!);
      expect(stats).toMatchObject({ nlink: 1, uid: process.geteuid!(), size: job.outputs[0].size });
      expect(stats.mode & 0o222).toBe(0);
    },
  );
};
