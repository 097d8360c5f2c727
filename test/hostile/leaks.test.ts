import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeClip, upload } from '../../testkit/media.ts';
import { call, startService, type TestService } from '../../testkit/service.ts';
import { openServiceDatabase } from '../../testkit/service-database.ts';
import { startSource } from '../../testkit/source-server.ts';
import { until } from '../../testkit/until.ts';
import { filesIn } from '../helpers/files.ts';
import { findIn, findInText, windowsOf } from './leaks-scan.ts';

/** Retention of outputs in seconds: longer than the test takes. The test itself moves the expiry into the past. */
const RETENTION_SECONDS = 3600;

const word = () => randomBytes(9).toString('hex');

/** Unique words for every field that can contain text of a user. */
const NAMES = {
  'upload name': `holiday-${word()}`,
  'name in the source’s path': `reel-${word()}`,
  original_filename: `original-${word()}`,
  'metadata value': `note-${word()}`,
  'tag of the input': `title-${word()}`,
  'tag asked for in an option': `caption-${word()}`,
  'text of an overlay': `words-${word()}`,
  'words of the subtitles': `spoken-${word()}`,
  'name of the subtitles': `subs-${word()}`,
  'name of an unknown field': `field-${word()}`,
  'key of a style': `style-${word()}`,
  'name of a font': `Font ${word()}`,
};
const SECRETS: Record<string, string> = {
  'query of the source': `token-${word()}`,
  'query of the subtitles': `subtoken-${word()}`,
  'query in the name of a field': `fieldtoken-${word()}`,
  'query in a rejected filter': `badtoken-${word()}`,
  'key in a query': `al_live_${word()}${word()}`,
  'idempotency key': `once-${word()}`,
};

describe('confidential data', () => {
  let service: TestService;
  let source: Awaited<ReturnType<typeof startSource>>;
  let folder: string;
  const media: Record<string, Buffer> = {};
  const jobs: string[] = [];

  const bytesOf = (words: Record<string, string>) =>
    Object.fromEntries(Object.entries(words).map(([name, text]) => [name, Buffer.from(text)]));
  const create = async (body: object, headers?: Record<string, string>) => {
    const response = await service.call('POST', '/v1/transcodes', body, headers);
    expect(response.status).toBe(201);
    jobs.push(response.json.id);
    return response.json.id as string;
  };
  const ended = (id: string) => service.call('GET', `/v1/transcodes/${id}?wait=60`).then((response) => response.json);

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'airlock-leaks-'));
    const tags = ['-metadata', `title=${NAMES['tag of the input']}`, '-vf', 'noise=alls=40:allf=t'];
    const clip = await readFile(await makeClip(join(folder, 'clip.mp4'), { size: '160x90', args: tags }));
    Object.assign(media, windowsOf('input', clip));
    const captions = `1\n00:00:00,000 --> 00:00:01,000\n${NAMES['words of the subtitles']}\n`;
    source = await startSource((request, response) => {
      if (request.url?.includes('.srt')) return void response.writeHead(200).end(captions);
      if (request.url?.includes('.gone')) return void response.writeHead(404).end(captions);
      const complete = !request.url?.includes('cut');
      response.writeHead(200, { 'content-type': 'video/mp4', 'content-length': clip.length });
      if (complete) response.end(clip);
      else response.write(clip.subarray(0, 20_000), () => response.destroy());
    });
    service = await startService(
      {
        AIRLOCK_RETENTION: `${RETENTION_SECONDS}s`,
        AIRLOCK_FETCH_ALLOW: '127.0.0.1/32',
        AIRLOCK_LOG_LEVEL: 'debug',
      },
      // The database must be on disk, because the test searches its files.
      { onDisk: true },
    );
    SECRETS['API key'] = service.key;
    SECRETS['random part of the API key'] = service.key.slice('al_live_'.length);
    const firstKey = join(service.dataDir, 'first-key');
    SECRETS['first key'] = (await readFile(firstKey, 'utf8')).trim();
    // The documentation asks the operator to delete this file.
    await rm(firstKey);
  });
  afterAll(async () => {
    source?.close();
    await service?.remove();
    await rm(folder, { recursive: true, force: true });
  });

  const output = () => Buffer.from(service.output());

  it('is not readable in any log, table or file while it is in use', async () => {
    const clip = join(folder, 'clip.mp4');
    const sent = await upload(service, clip, 'video/mp4', `${NAMES['upload name']}.mp4`);
    SECRETS['signature of the upload'] = new URL(sent.uploadUrl).searchParams.get('X-Amz-Signature')!;
    const spare = await upload(service, clip, 'video/mp4', `${NAMES['upload name']}.mp4`);
    const url = `${source.url}/${NAMES['name in the source’s path']}.mp4?token=${SECRETS['query of the source']}`;
    const metadata = { original_filename: NAMES.original_filename, note: NAMES['metadata value'] };

    const completed = await create(
      {
        inputs: [{ url: sent.fileUrl }],
        outputFormat: 'mp4',
        options: [{ option: '-metadata', argument: `title=${NAMES['tag asked for in an option']}` }],
        metadata,
      },
      { 'idempotency-key': SECRETS['idempotency key']! },
    );
    const fetched = await create({ inputs: [{ url }], outputFormat: 'webm', preset: { quality: 'low' }, metadata });
    const failed = await create({
      inputs: [{ url: sent.fileUrl }],
      outputFormat: 'mp4',
      options: [
        { option: '-map', argument: '0:a:5' },
        { option: '-metadata', argument: `title=${NAMES['tag asked for in an option']}` },
      ],
      metadata,
    });
    // Names, URLs and words in filters occur in a job that completes, in a job that fails, and in rejected requests.
    const captions = (extension: string) =>
      `subtitles='${source.url}/${NAMES['name of the subtitles']}.${extension}?k=${SECRETS['query of the subtitles']}'`;
    const burned = await create({
      inputs: [{ url: sent.fileUrl }],
      outputFormat: 'mp4',
      options: [
        { option: '-vf', argument: captions('srt') },
        {
          option: '@text-overlay',
          argument: {
            text: NAMES['text of an overlay'],
            style: { font: NAMES['name of a font'], [NAMES['key of a style']!]: 1 },
          },
        },
      ],
      [NAMES['name of an unknown field']!]: 1,
      [`https://h.example/x?k=${SECRETS['query in the name of a field']}`]: 1,
    });
    const missing = await create({
      inputs: [{ url: sent.fileUrl }],
      outputFormat: 'mp4',
      filters: [{ filter: `[0:v]${captions('gone')}[v]` }],
    });
    const rejectedFilter = {
      inputs: [{ url: sent.fileUrl }],
      outputFormat: 'mp4',
      filters: [{ filter: `[0:v]nosuch='https://h.example/x?k=${SECRETS['query in a rejected filter']}'[v]` }],
    };
    for (const path of ['/v1/transcodes', '/v1/transcodes/validate']) {
      const response = await service.call('POST', path, rejectedFilter);
      expect(response.text).not.toContain(SECRETS['query in a rejected filter']);
      expect(response.text).toContain('nosuch');
    }
    const cut = await create({ inputs: [{ url: `${url}&cut` }], outputFormat: 'mp3', metadata });
    const canceled = await create({
      inputs: [{ url }],
      outputFormat: 'mp4',
      options: [{ option: '-preset', argument: 'veryslow' }],
    });
    await service.call('PATCH', `/v1/transcodes/${canceled}/cancel`);
    const erased = await create({ inputs: [{ url: spare.fileUrl }], outputFormat: 'gif', metadata });
    expect((await service.call('DELETE', `/v1/transcodes/${erased}`)).status).toBe(200);

    const done = await ended(completed);
    expect(done).toMatchObject({ status: 'completed', metadata: { user: metadata } });
    expect(done.inputs[0].url).toContain(NAMES['upload name']);
    expect(await ended(fetched)).toMatchObject({ status: 'completed' });
    expect((await ended(failed)).status).toBe('failed');
    const burnt = await ended(burned);
    expect(burnt).toMatchObject({ status: 'completed' });
    expect(JSON.stringify(burnt)).not.toContain(SECRETS['query of the subtitles']);
    for (const warned of [
      'name of the subtitles',
      'name of an unknown field',
      'key of a style',
      'name of a font',
    ] as const)
      expect(JSON.stringify(burnt)).toContain(NAMES[warned]);
    expect(JSON.stringify(burnt)).not.toContain(SECRETS['query in the name of a field']);
    const missed = await ended(missing);
    expect(missed).toMatchObject({ status: 'failed', error_code: 'source_not_found' });
    expect(JSON.stringify(missed)).not.toContain(SECRETS['query of the subtitles']);
    const link = (await service.call('GET', `/v1/transcodes/${completed}/download`)).json.url;
    SECRETS['signature of the download'] = new URL(link).searchParams.get('X-Amz-Signature')!;
    const result = Buffer.from(await (await fetch(link)).arrayBuffer());
    Object.assign(media, windowsOf('output', result));
    // Common mistakes of clients: a key in a query, an unknown key, and an altered link.
    for (const name of ['key', 'api_key']) {
      await call(`${service.api}/v1/transcodes?${name}=${SECRETS['key in a query']}`, 'GET', null);
      await call(`${service.api}/v1/transcodes?${name}=${service.key}`, 'GET', null);
    }
    await call(`${service.api}/v1/transcodes`, 'GET', SECRETS['key in a query']!);
    await fetch(link.replace(/response-content-type=[^&]+/, 'response-content-type=text%2Fhtml'));
    await fetch(sent.uploadUrl, { method: 'PUT', body: 'other bytes' });

    // The bytes exist during the retention, which shows that the search works.
    expect(await findIn(join(service.dataDir, 'storage'), media)).toHaveLength(Object.keys(media).length);
    const found = await findIn(service.dataDir, bytesOf({ ...SECRETS, ...NAMES }));
    // A tag may occur only in the media that contains it.
    expect(found.filter((location) => !/^tag .* in storage\//.test(location))).toEqual([]);
    expect(findInText(output(), bytesOf({ ...SECRETS, ...NAMES }))).toEqual([]);
    // This failure is retried, so the job ends last.
    await skipDelays(service, cut);
    expect(await ended(cut)).toMatchObject({ status: 'failed', error_code: 'source_incomplete', attempts: 3 });
  });

  it('is deleted after its retention: names, media, cells, work folders', async () => {
    await endRetention(service);
    await until(
      async () => {
        const { json } = await service.call('GET', '/v1/transcodes?limit=100');
        const names = JSON.stringify(json.items);
        const files = await filesIn(join(service.dataDir, 'storage', 'objects'));
        return files.length === 0 && !Object.values(NAMES).some((name) => names.includes(name));
      },
      { what: 'the end of the retention', everyMs: 100 },
    );
    for (const id of jobs) {
      const { json } = await service.call('GET', `/v1/transcodes/${id}`);
      expect(json).toMatchObject({ id, output_url: null, metadata: { user: null } });
      expect(json.inputs.map((input: { url: string | null }) => input.url)).toEqual([null]);
    }
    expect((await service.call('GET', `/v1/transcodes/${jobs[0]}/download`)).status).toBe(410);
    await service.stop();
    expect(await findIn(service.dataDir, { ...media, ...bytesOf({ ...SECRETS, ...NAMES }) })).toEqual([]);
    expect(findInText(output(), { ...media, ...bytesOf({ ...SECRETS, ...NAMES }) })).toEqual([]);
    for (const name of ['storage/objects', 'storage/tmp', 'work', 'cells'])
      expect(await filesIn(join(service.dataDir, name))).toEqual([]);
    expect((await stat(join(service.dataDir, 'postgres'))).isDirectory()).toBe(true);
  });
});

/** Makes each retry of a job due at once, until the job has ended. */
async function skipDelays(service: TestService, id: string): Promise<void> {
  const db = await openServiceDatabase(service);
  const isFinal = async () => {
    await db.query(`UPDATE jobs SET available_at = now() WHERE id = $1 AND status = 'pending'`, [id]);
    return (await service.call('GET', `/v1/transcodes/${id}`)).json.completed_at !== null;
  };
  await until(isFinal, { what: 'the last retry' });
  await db.end();
}

/** Checks that jobs expire after the configured retention, and makes them expire now. */
async function endRetention(service: TestService): Promise<void> {
  const db = await openServiceDatabase(service);
  const { rows } = await db.query(
    `SELECT DISTINCT extract(epoch FROM expires_at - completed_at)::int AS kept FROM jobs WHERE kind = 'transcode' AND status IN ('completed', 'failed')`,
  );
  expect(rows).toEqual([{ kept: RETENTION_SECONDS }]);
  await db.query('UPDATE jobs SET expires_at = now() WHERE expires_at > now()');
  await db.query(`UPDATE objects SET delete_after = now() WHERE state = 'live'`);
  await db.end();
}
