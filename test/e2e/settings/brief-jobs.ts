import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { makeClip, upload } from '../../../testkit/media.ts';
import type { TestService } from '../../../testkit/service.ts';
import { until } from '../../../testkit/until.ts';

/** The worker has the default slots of a machine with 2 to 15 cores: one light slot per core, and one heavy slot. */
export const briefJobs = (given: () => TestService) => () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'airlock-brief-'));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  /** Uploads a clip of 720p, and returns a function that creates heavy jobs with it. */
  async function clip(seconds: number, preset: string) {
    const path = join(folder, `${seconds}.mp4`);
    const { fileUrl: url } = await upload(given(), await makeClip(path, { seconds, size: '1280x720', audio: false }));
    const options = [{ option: '-preset', argument: preset }];
    return async (): Promise<string> => {
      const body = { inputs: [{ url }], outputFormat: 'mp4', options };
      return (await given().call('POST', '/v1/transcodes', body)).json.id;
    };
  }

  const read = async (id: string) => (await given().call('GET', `/v1/transcodes/${id}`)).json;
  const ended = (id: string) =>
    until(async () => ((await read(id)).status === 'completed' ? read(id) : null), { what: 'the end of a job' });

  it('run two at a time, while long heavy jobs run one at a time', async () => {
    const [createBrief, createLong] = [await clip(2, 'medium'), await clip(60, 'veryslow')];
    const brief = [await createBrief(), await createBrief()];
    const [long, next] = [await createLong(), await createLong()];
    const [first, second] = [await ended(brief[0]!), await ended(brief[1]!)];
    expect(Date.parse(second.started_at)).toBeLessThan(Date.parse(first.completed_at));
    await until(async () => (await read(long)).progress > 0, { what: 'the progress of a long job' });
    expect((await read(next)).status).toBe('pending');
    for (const id of [next, long]) await given().call('PATCH', `/v1/transcodes/${id}/cancel`);
  });
};
