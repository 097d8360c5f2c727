import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { uuidv7 } from '../../src/crypto/uuid.ts';
import { claimJob } from '../../src/jobs/claim.ts';
import { failAttempt } from '../../src/jobs/finish.ts';
import { recordInput } from '../../src/jobs/progress.ts';
import { startApi, type TestApi } from '../helpers/api.ts';

let api: TestApi;
let long: string;
let short: string;
let picture: string;
beforeAll(async () => {
  api = await startApi();
  long = await api.upload({ duration_seconds: 61.5 });
  short = await api.upload({ duration_seconds: 10 });
  picture = await api.upload({ duration_seconds: null, format: 'png' });
});
afterAll(() => api?.close());

const create = async (urls: string[], more = {}) =>
  (await api.call('POST', '/v1/transcodes', { inputs: urls.map((url) => ({ url })), outputFormat: 'mp4', ...more }))
    .json;

describe('a job', () => {
  it('has the duration of its inputs and the minutes that it counts immediately if all inputs are confirmed uploads', async () => {
    expect(await create([long])).toMatchObject({ duration_seconds: 61.5, billable_minutes: 2 });
    expect(await create([long, short])).toMatchObject({ duration_seconds: 71.5, billable_minutes: 2 });
    expect(await create([picture, short])).toMatchObject({ duration_seconds: 10, billable_minutes: 1 });
    expect(await create([short])).toMatchObject({ inputs: [{ size: 64, duration: 10 }] });
  });

  it('has the duration of its inputs and the minutes that it counts as soon as its last fetched input has been probed', async () => {
    const job = await create(['https://example.org/a.mp4', short]);
    expect(job).toMatchObject({ duration_seconds: null, billable_minutes: null });
    const worker = { id: uuidv7(), tier: 'bwrap' as const };
    const next = async () =>
      (await claimJob(api.context, 'light', { worker })) ?? claimJob(api.context, 'heavy', { worker });
    let claim = await next();
    while (claim && claim.job.id !== job.id) claim = await next();
    const summary = { format: 'mov', size_bytes: 5, video_codec: null, audio_codec: null, width: null, height: null };
    await recordInput(api.context, claim!, 0, { summary: { ...summary, fps: null, duration_seconds: 55 }, info: null });
    expect((await api.call('GET', `/v1/transcodes/${job.id}`)).json).toMatchObject({
      duration_seconds: 65,
      billable_minutes: 2,
      inputs: [{ size: 5 }, { size: 64 }],
    });
  });

  it('has details that contain the request and every attempt with its commands and its log, until it is erased', async () => {
    const body = { inputs: [{ url: short }], outputFormat: 'webm', options: [{ option: '-an' }], metadata: { a: 1 } };
    const { json: job } = await api.call('POST', '/v1/transcodes', { ...body, priority: 9 });
    const worker = { id: uuidv7(), tier: 'bwrap' as const };
    let claim = await claimJob(api.context, 'heavy', { worker });
    while (claim && claim.job.id !== job.id) claim = await claimJob(api.context, 'heavy', { worker });
    const facts = { exitCode: 1, signal: null, cpuMs: 40, maxRssBytes: 5, stderr: 'Conversion failed!' };
    const build = { version: 'ffprobe version 7.1', package: null, sha256: 'ab'.repeat(32) };
    const ran = { ...build, program: 'ffprobe', end: 'exit', exit_code: 0, cpu_ms: 20, max_rss_bytes: 4 };
    const commands = [ran, { ...ran, program: 'ffmpeg', end: 'limit_cpu', exit_code: null }];
    const failure = { code: 'encode_failed', message: 'No.', retry: false } as const;
    await failAttempt(api.context, { ...claim!, commands }, failure, facts);
    const details = async () => (await api.call('GET', `/v1/transcodes/${job.id}/details`)).json;
    expect(await details()).toMatchObject({
      request: { ...body, priority: 9 },
      command: null,
      attempts: [
        { number: 1, state: 'failed', error_code: 'encode_failed', exit_code: 1, log: 'Conversion failed!', commands },
      ],
    });
    const authorization = `Bearer ${await api.makeKey({ account: await api.makeAccount() })}`;
    expect((await api.call('GET', `/v1/transcodes/${job.id}/details`, undefined, { authorization })).status).toBe(404);
    await api.call('DELETE', `/v1/transcodes/${job.id}`);
    expect(await details()).toMatchObject({ request: null, attempts: [{ log: null, commands }] });
  });

  it('always has a list of options, which is empty for a preset', async () => {
    const options = [{ option: '-an' }];
    expect((await create([short])).ffmpeg_options).toEqual({ source: 'defaults', options: [], preset: null });
    expect((await create([short], { preset: { quality: 'low' } })).ffmpeg_options.options).toEqual([]);
    expect((await create([short], { options })).ffmpeg_options.options).toEqual(options);
  });

  it('has a warning if its retention exceeds the limit or a style is unknown', async () => {
    const fields = (job: { warnings: { field: string }[] }) => job.warnings.map(({ field }) => field);
    const capped = await create([short], { retention_seconds: 86_401 });
    expect(capped.warnings).toEqual([
      { field: 'retention_seconds', message: 'Has no effect: outputs are kept for 86400 s at most.' },
    ]);
    expect(fields(await create([short], { retention_seconds: 86_400 }))).toEqual([]);
    const account = await api.makeAccount({ retention_seconds: 60 });
    const authorization = `Bearer ${await api.makeKey({ account })}`;
    const body = { inputs: [{ url: 'https://example.org/a.mp4' }], outputFormat: 'mp4', retention_seconds: 61 };
    for (const path of ['/v1/transcodes', '/v1/transcodes/validate']) {
      const { json } = await api.call('POST', path, body, { authorization });
      expect([path, fields(json)]).toEqual([path, expect.arrayContaining(['retention_seconds'])]);
    }
    const style = { position: 'under the moon', align: 'justify', fontColor: 'whiet', fontSize: 500 };
    const styled = await create([short], { options: [{ option: '@text-overlay', argument: { text: 'Hi', style } }] });
    expect(styled.warnings.map(({ message }: { message: string }) => message)).toEqual([
      'style.fontSize is 500, so 200 was used: fontSize must be a number from 12 to 200.',
      expect.stringMatching(/^style\.position, "under the moon", is not valid, so center was used\. .*top-left/),
      expect.stringMatching(/^style\.fontColor, "whiet", .*white was used\. Did you mean "white"\?/),
      expect.stringMatching(/^style\.align, "justify", .*left, center, right/),
    ]);
  });
});
