import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import type { RequestListener } from 'node:http';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { freePort } from '../../../testkit/free-port.ts';
import { makeClip } from '../../../testkit/media.ts';
import type { TestService } from '../../../testkit/service.ts';
import { openServiceDatabase } from '../../../testkit/service-database.ts';
import { startSource } from '../../../testkit/source-server.ts';
import { until } from '../../../testkit/until.ts';
import { entriesBelow } from '../../helpers/files.ts';
import { stopFfmpegs } from '../../helpers/processes.ts';

const SECRET = `sig${randomBytes(12).toString('hex')}`;

export const sources = (given: () => TestService) => () => {
  let service: TestService;
  let folder: string;
  let source: Awaited<ReturnType<typeof startSource>>;
  let clip: Buffer;
  const routes: Record<string, RequestListener> = {
    '/clip.mp4': (_request, response) => void response.writeHead(200, { 'content-type': 'video/mp4' }).end(clip),
    '/moved': (_request, response) => void response.writeHead(302, { location: `/clip.mp4?token=${SECRET}` }).end(),
    '/inward': (_request, response) =>
      void response.writeHead(302, { location: 'http://169.254.169.254/latest/meta-data/' }).end(),
    '/round': (_request, response) => void response.writeHead(302, { location: '/round' }).end(),
    '/page.mp4': (_request, response) =>
      void response.writeHead(200, { 'content-type': 'video/mp4' }).end(`<html>${'x'.repeat(5000)}</html>`),
    '/empty.mp4': (_request, response) => void response.writeHead(200).end(),
    '/teapot': (_request, response) => void response.writeHead(418).end('short and stout'),
    '/forbidden': (_request, response) => void response.writeHead(403).end('secret page'),
    '/broken': (_request, response) => void response.writeHead(503).end(),
    '/short': (_request, response) => {
      response.writeHead(200, { 'content-length': clip.length + 1000 });
      response.write(clip, () => response.destroy());
    },
    '/huge': (_request, response) => void response.writeHead(200, { 'content-length': 3_000_000_000 }).write('x'),
    '/zipped': (_request, response) => void response.writeHead(200, { 'content-encoding': 'gzip' }).end(clip),
    '/truncated.mp4': (_request, response) => void response.writeHead(200).end(clip.subarray(0, clip.length / 2)),
    '/playlist.mp4': (_request, response) =>
      void response.writeHead(200).end('#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n'),
    '/slow': (_request, response) => void response.writeHead(200).write('x'),
  };
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'airlock-sources-'));
    await makeClip(join(folder, 'clip.mp4'));
    clip = await readFile(join(folder, 'clip.mp4'));
    source = await startSource((request, response) => {
      const route = routes[request.url!.split('?')[0]!];
      if (route) route(request, response);
      else response.writeHead(404).end();
    });
    service = given();
  });
  afterAll(async () => {
    source?.close();
    await rm(folder, { recursive: true, force: true });
  });

  const create = (url: string, query = '?wait=30') =>
    service.call('POST', `/v1/transcodes${query}`, { inputs: [{ url }], outputFormat: 'mp3' });

  it('are fetched, also through a redirect, and are shown without their queries', async () => {
    for (const path of ['/clip.mp4', '/moved']) {
      const { json, status } = await create(`${source.url}${path}?token=${SECRET}#part`);
      expect([status, json.status]).toEqual([201, 'completed']);
      expect(json.inputs).toEqual([
        {
          url: `${source.url}${path}`,
          duration: expect.closeTo(1, 1),
          format: expect.any(String),
          size: clip.length,
          container: 'rewritten',
          fetched: 'whole',
          upload: null,
        },
      ]);
      expect(json).toMatchObject({ billable_minutes: 1, video_metadata: { size_bytes: clip.length } });
    }
  });

  it('leave neither a query nor bytes in the log, the database or the work folder', async () => {
    const { json } = await create(`${source.url}/clip.mp4?token=${SECRET}`);
    expect(json.status).toBe('completed');
    expect(service.output()).not.toContain(SECRET);
    const database = await openServiceDatabase(service);
    const { rows } = await database.query(
      'SELECT count(*)::int AS kept FROM job_sources WHERE source_sealed IS NOT NULL',
    );
    await database.end();
    expect(rows[0].kept).toBe(0);
    expect(await entriesBelow(join(service.dataDir, 'work'))).toEqual([]);
  });

  it('need their space only once: if FFmpeg reads a remuxed container, the original is hashed and deleted', async () => {
    const { json: job } = await service.call('POST', '/v1/transcodes', {
      inputs: [{ url: `${source.url}/clip.mp4` }],
      outputFormat: 'webm',
    });
    // FFmpeg is stopped, so the files of the job stay until the test has seen them.
    const proceed = await stopFfmpegs(service);
    const names = async () => (await entriesBelow(join(service.dataDir, 'work'))).map((path) => basename(path));
    await until(
      async () => {
        const there = await names();
        return there.includes('input-0.container') && !there.includes('source-0');
      },
      { what: 'only the remuxed container' },
    );
    proceed();
    const ended = await until(
      async () => {
        const { json } = await service.call('GET', `/v1/transcodes/${job.id}?wait=30`);
        return json.completed_at && json;
      },
      { what: 'its end' },
    );
    expect(ended).toMatchObject({ status: 'completed', inputs: [{ container: 'rewritten', size: clip.length }] });
    const { json } = await service.call('GET', `/v1/transcodes/${job.id}/manifest`);
    expect(json.manifest.inputs[0]).toMatchObject({
      size: clip.length,
      sha256: createHash('sha256').update(clip).digest('hex'),
    });
  });

  it.each([
    ['/nothing', 'source_not_found', 1],
    ['/teapot', 'source_error', 1],
    ['/forbidden', 'source_error', 1],
    ['/inward', 'source_refused', 1],
    ['/round', 'source_error', 1],
    ['/page.mp4', 'unsupported_media', 1],
    ['/empty.mp4', 'invalid_media', 1],
    ['/huge', 'source_too_large', 1],
    ['/truncated.mp4', 'invalid_media', 1],
    ['/playlist.mp4', 'unsupported_media', 1],
  ])('fail immediately with a reason: %s results in %s', async (path, code, attempts) => {
    const { json } = await create(`${source.url}${path}?token=${SECRET}`);
    expect([json.status, json.error_code, json.attempts]).toEqual(['failed', code, attempts]);
    // The message is one sentence for people, without text from the source, a URL or a path.
    expect(json.error_message).toMatch(/^Input 1.*\.$/);
    expect(json.error_message).not.toMatch(/https?:|\/tmp|secret page|stout|x{20}|\/in\/|127\.0\.0\.1/);
    expect(json).toMatchObject({ output_url: null, outputs: [] });
  });

  it('are fetched up to three times if a retry can help, and then fail', async () => {
    const port = await freePort();
    const cases = [
      [`http://127.0.0.1:${port}/a.mp4`, 'source_unreachable'],
      [`${source.url}/broken`, 'source_error'],
      [`${source.url}/short`, 'source_incomplete'],
    ] as const;
    await Promise.all(
      cases.map(async ([url, code]) => {
        const { json } = await create(url);
        expect([json.status, json.error_code, json.attempts]).toEqual(['failed', code, 3]);
        expect(json.error_message).toMatch(/^Input 1.*\.$/);
      }),
    );
  });

  it('succeed when their source recovers after a failure', async () => {
    let asked = 0;
    routes['/flaky'] = (_request, response) => {
      asked += 1;
      if (asked === 1) response.writeHead(500).end();
      else response.writeHead(200).end(clip);
    };
    const { json } = await create(`${source.url}/flaky`);
    expect([json.status, json.attempts, json.error_code, asked]).toEqual(['completed', 2, null, 2]);
  });

  it('inputs from the web that never end are closed by a cancel', async () => {
    let closed = false;
    let isRequested = false;
    routes['/endless'] = (_request, response) => {
      isRequested = true;
      const timer = setInterval(() => response.write(randomBytes(65_536)), 5);
      response.once('close', () => {
        clearInterval(timer);
        closed = true;
      });
      response.writeHead(200);
    };
    for (const path of ['/endless', '/slow']) {
      const { json: job } = await create(`${source.url}${path}`, '');
      await until(async () => (await service.call('GET', `/v1/transcodes/${job.id}`)).json.status === 'processing', {
        what: 'the start of the job',
      });
      if (path === '/endless') await until(() => isRequested, { what: 'the fetch' });
      expect((await service.call('PATCH', `/v1/transcodes/${job.id}/cancel`)).status).toBe(200);
      const work = () => entriesBelow(join(service.dataDir, 'work'));
      await until(async () => (await work()).length === 0, { what: 'the work folder to be empty' });
    }
    await until(() => closed, { what: 'the connection to the source to close' });
  });

  it.each([
    'http://10.0.0.1/a.mp4',
    'http://192.168.1.1/a.mp4',
    'http://172.16.0.1/a.mp4',
    'http://169.254.169.254/latest/meta-data/',
    'http://[::1]/a.mp4',
    'http://[::ffff:10.0.0.1]/a.mp4',
    'http://[fd00:ec2::254]/a.mp4',
    'http://0.0.0.0/a.mp4',
    'http://127.0.0.2/a.mp4',
    'http://2130706434/a.mp4',
    'http://0x7f000002/a.mp4',
    'http://0177.0.0.2/a.mp4',
    'http://100.64.0.1/a.mp4',
    'http://168.63.129.16/a.mp4',
    'http://user:pass@media.example.com/a.mp4',
    'https://media.example.com@10.0.0.1/',
    'ftp://media.example.com/a.mp4',
    'file:///etc/passwd',
    'data:video/mp4;base64,AAAA',
    'concat:/etc/passwd',
    'rtmp://media.example.com/live',
    '/etc/passwd',
    'media.example.com/a.mp4',
    'https://',
    ' https://media.example.com/a.mp4',
    'https://media.example.com/a\n.mp4',
    'https:\\\\media.example.com\\a.mp4',
  ])('are rejected with 422 before any request is sent: %j', async (url) => {
    const response = await service.call('POST', '/v1/transcodes', {
      inputs: [{ url: `${source.url}/clip.mp4` }, { url }],
      outputFormat: 'mp4',
    });
    expect([response.status, response.json.error, response.json.code]).toEqual([
      422,
      'Input URL is not allowed',
      'source_refused',
    ]);
    expect(response.json.details).toEqual({
      field: 'inputs[1].url',
      reason: expect.any(String),
      remedy: expect.any(String),
    });
    expect(response.text).not.toContain('pass@');
  });

  it('inputs from the web whose sealed URL was swapped in the database fail the job in its first attempt, and reads of the job return 500', async () => {
    const database = await openServiceDatabase(service);
    try {
      await database.query(`
        CREATE FUNCTION exchange() RETURNS trigger LANGUAGE plpgsql AS
          $$ BEGIN NEW.source_sealed := NEW.url_sealed; RETURN NEW; END $$;
        CREATE TRIGGER exchange BEFORE INSERT ON job_sources FOR EACH ROW EXECUTE FUNCTION exchange()`);
      const { json } = await create(`${source.url}/clip.mp4`);
      expect(json).toMatchObject({ status: 'failed', error_code: 'internal', attempts: 1 });
      // The supervisor forwards the log lines of a role after a short delay.
      await until(() => service.output().includes('job_sources.source_sealed in row'), { what: 'the line in the log' });

      await database.query('UPDATE jobs SET metadata_sealed = request_sealed WHERE id = $1', [json.id]);
      const read = await service.call('GET', `/v1/transcodes/${json.id}`);
      expect([read.status, read.json.code, read.json.details]).toEqual([500, 'internal', null]);
      expect((await service.call('DELETE', `/v1/transcodes/${json.id}`)).status).toBe(200);
      expect((await service.call('GET', `/v1/transcodes/${json.id}`)).json).toMatchObject({ status: 'failed' });
    } finally {
      await database.query('DROP FUNCTION IF EXISTS exchange CASCADE');
      await database.end();
    }
    expect((await create(`${source.url}/clip.mp4`)).json.status).toBe('completed');
  });
};
