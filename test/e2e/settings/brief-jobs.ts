import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { makeClip, transcode, upload } from '../../../testkit/media.ts';
import type { TestService } from '../../../testkit/service.ts';
import { until } from '../../../testkit/until.ts';
import { stopFfmpegs } from '../../helpers/processes.ts';

/** Tests a worker with the default slots of a machine with 2 to 15 cores: one light slot per core, and one heavy slot. */
export const briefJobs = (given: () => TestService) => () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'airlock-brief-'));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  /** Uploads a clip of 720p, and returns its gs:// URL. */
  async function clip(seconds: number): Promise<string> {
    const path = join(folder, `${seconds}.mp4`);
    return (await upload(given(), await makeClip(path, { seconds, size: '1280x720', audio: false }))).fileUrl;
  }
  async function create(url: string, preset: string): Promise<string> {
    const options = [{ option: '-preset', argument: preset }];
    return (await given().call('POST', '/v1/transcodes', { inputs: [{ url }], outputFormat: 'mp4', options })).json.id;
  }
  const statusesOf = (ids: string[]) =>
    Promise.all(ids.map(async (id) => (await given().call('GET', `/v1/transcodes/${id}`)).json.status));
  const cancel = async (id: string) =>
    expect((await given().call('PATCH', `/v1/transcodes/${id}/cancel`)).status).toBe(200);

  it('run two at a time, while long heavy jobs run one at a time', async () => {
    const [short, lasting] = [await clip(2), await clip(60)];
    const brief = [await create(short, 'medium'), await create(short, 'medium')];
    const long = [await create(lasting, 'veryslow'), await create(lasting, 'veryslow')];
    // A stopped FFmpeg occupies its slot and uses no processor time.
    await stopFfmpegs(given(), 2);
    expect(await statusesOf([...brief, ...long])).toEqual(['processing', 'processing', 'pending', 'pending']);
    for (const id of brief) await cancel(id);
    await until(async () => (await statusesOf(long))[0] === 'processing', { what: 'a long job to start' });
    await stopFfmpegs(given());
    // The worker claims this light job after the long job, and runs it first.
    const light = await transcode(given(), { inputs: [{ url: short }], outputFormat: 'jpg' });
    expect(light.status).toBe('completed');
    expect(await statusesOf(long)).toEqual(['processing', 'pending']);
    for (const id of long.reverse()) await cancel(id);
  });
};
