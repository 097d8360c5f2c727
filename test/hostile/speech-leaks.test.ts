import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { upload } from '../../testkit/media.ts';
import { run } from '../../testkit/run.ts';
import { copyPreparedDataDir, startService, type TestService } from '../../testkit/service.ts';
import { openAsSuperuser } from '../../testkit/service-database.ts';
import { startSource } from '../../testkit/source-server.ts';
import { until } from '../../testkit/until.ts';
import { installTestSpeech } from '../helpers/speech.ts';
import { BUILD_MS, cachedWhisper } from '../helpers/whisper-program.ts';
import { findIn, findInText } from './leaks-scan.ts';

const word = () => randomBytes(9).toString('hex');
/** Texts that people wrote. */
const WRITTEN = {
  'reviewed subtitles': `reviewed-${word()}`,
  'rejected subtitles': `rejected-${word()}`,
  'metadata of a run': `note-${word()}`,
  'name of a video': `reel-${word()}`,
};
/** Texts that the recognizer wrote: two words that its model contains only separately, and a word as the JSON output lists it. */
const SPOKEN = { 'recognized words': 'airlock test', 'recognized word as JSON': '"text": "airlock"' };
const bytesOf = (texts: Record<string, string>) =>
  Object.fromEntries(Object.entries(texts).map(([name, text]) => [name, Buffer.from(text)]));
const NEEDLES = bytesOf({ ...WRITTEN, ...SPOKEN });
/** Returns whether a finding is in the program or in the model, which contain no user data. */
const isRecognizer = (found: string) => / in (the name )?speech\//.test(found);

beforeAll(cachedWhisper, BUILD_MS);

describe('the words of a transcription and of a run with captions', () => {
  let service: TestService;
  let folder: string;
  let receiver: Awaited<ReturnType<typeof startSource>>;
  const received: string[] = [];
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'airlock-speech-leaks-'));
    receiver = await startSource(async (request, response) => {
      for await (const chunk of request) received.push(String(chunk));
      response.writeHead(200).end();
    });
    const { dataDir } = await copyPreparedDataDir(undefined, true);
    await installTestSpeech(dataDir);
    const settings = { AIRLOCK_FETCH_ALLOW: '127.0.0.1/32', AIRLOCK_LOG_LEVEL: 'debug' };
    service = await startService(settings, { dataDir });
    const tone = 'aevalsrc=0.3*sin(2*PI*300*t)*lt(mod(t\\,1)\\,0.5):d=3:s=16000';
    const lavfi = ['-f', 'lavfi', '-i', 'testsrc2=s=64x64:d=3', '-f', 'lavfi', '-i', tone, '-c:a', 'aac'];
    await run('ffmpeg', ['-v', 'error', ...lavfi, join(folder, 'clip.mp4')]);
  });
  afterAll(async () => {
    receiver?.close();
    await service?.remove();
    await rm(folder, { recursive: true, force: true });
  });

  const sent = async () =>
    (await upload(service, join(folder, 'clip.mp4'), 'video/mp4', `${WRITTEN['name of a video']}.mp4`)).fileUrl;
  const metadata = { note: WRITTEN['metadata of a run'] };
  const rest = () => ({ metadata, webhook_url: `${receiver.url}/hook` });
  const get = async (path: string) => (await service.call('GET', path)).json;

  it('are in no log, event, delivery or table, and in no file after an erase', async () => {
    const { id: hook } = (await service.call('POST', '/v1/webhooks', { url: `${receiver.url}/account` })).json;
    const formats = { output_formats: ['srt', 'vtt', 'json'], words: true, language: 'en' };
    const transcript = await service.call('POST', '/v1/transcribe?wait=60', {
      ...{ media_url: await sent(), ...formats },
      ...rest(),
    });
    expect([transcript.status, transcript.json.status]).toEqual([201, 'completed']);
    const path = '/v1/blueprints/caption-video/runs?wait=60';
    const made = await service.call('POST', path, { video_url: await sent(), ...rest() });
    expect(made.json).toMatchObject({ status: 'awaiting_review', srt_text: expect.stringContaining('airlock test') });
    const runPath = `/v1/blueprints/runs/${made.json.id}`;
    const review = (text: string) =>
      service.call('POST', `${runPath}/continue`, { srt_text: `1\n00:00:00,500 --> 00:00:02,000\n${text}\n` });
    expect((await review(`<i>${WRITTEN['rejected subtitles']}`)).status).toBe(400);
    expect((await review(WRITTEN['reviewed subtitles'])).status).toBe(200);
    expect(await get(`${runPath}?wait=60`)).toMatchObject({ status: 'completed', outputs: [{ label: 'video' }] });
    await until(() => received.filter((body) => body.includes('.completed')).length === 4, { what: 'the webhooks' });

    // During the retention, the transcript is in storage and nowhere else, which shows that the search works.
    const early = (await findIn(service.dataDir, NEEDLES)).filter((found) => !isRecognizer(found));
    expect(new Set(early.map((found) => found.split(' in ')[0]))).toEqual(new Set(Object.keys(SPOKEN)));
    expect(early.filter((found) => !found.includes(' in storage/'))).toEqual([]);

    for (const erased of [`/v1/transcribe/${transcript.json.id}`, runPath]) {
      expect((await service.call('DELETE', erased)).status).toBe(200);
      const { receipt } = await get(`${erased}/receipt`);
      expect(findInText(Buffer.from(JSON.stringify([receipt, await get(erased)])), NEEDLES)).toEqual([]);
    }
    const told = [await get('/v1/events?limit=1000'), await get(`/v1/webhooks/${hook}/deliveries?limit=100`)];
    expect(findInText(Buffer.from(JSON.stringify(told)), NEEDLES)).toEqual([]);
    // Webhooks contain the job with its metadata and names, but none of the recognized or reviewed texts.
    const { 'metadata of a run': _note, 'name of a video': _name, ...texts } = NEEDLES;
    expect(findInText(Buffer.from(received.join('\n')), texts)).toEqual([]);
    const database = await openAsSuperuser(service.dataDir);
    await database.query('CHECKPOINT');
    await database.end();
    await service.stop();
    const left = (await findIn(service.dataDir, NEEDLES)).filter((found) => !isRecognizer(found));
    expect(left).toEqual([]);
    expect(findInText(Buffer.from(service.output()), NEEDLES)).toEqual([]);
  });
});
