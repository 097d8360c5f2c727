import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ffprobe, makeClip } from '../../testkit/media.ts';
import { shareService, type TestService } from '../../testkit/service.ts';
import { startSource } from '../../testkit/source-server.ts';
import { runWorkflow, type Workflow } from '../helpers/n8n.ts';

describe('an n8n recipe of docs/clients.md', () => {
  let service: TestService;
  let folder: string;
  let source: Awaited<ReturnType<typeof startSource>>;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'airlock-clients-'));
    [service] = await Promise.all([shareService(), makeClip(join(folder, 'clip.mp4'))]);
    const clip = await readFile(join(folder, 'clip.mp4'));
    source = await startSource((_request, response) => {
      response.writeHead(200, { 'content-type': 'video/mp4', 'content-length': clip.length }).end(clip);
    });
  });
  afterAll(async () => {
    source?.close();
    await rm(folder, { recursive: true, force: true });
  });

  const runWith = (...settings: Record<string, string>[]) => runRecipe('n8n-workflow.json', settings);
  const runRecipe = async (name: string, settings: readonly Record<string, string>[]) => {
    const text = await readFile(join(import.meta.dirname, '../../docs', name), 'utf8');
    const { key } = await service.makeKey('--scopes', 'transcode,read');
    return runWorkflow(JSON.parse(text) as Workflow, {
      settings: settings.map((one) => ({ server: service.api, source: `${source.url}/talk.mov`, ...one })),
      credential: { name: 'Authorization', value: `Bearer ${key}` },
    });
  };

  it('transcodes, downloads and erases every item, including equal items, with only the requests of its workflow', async () => {
    const { requests, files } = await runWith({ format: 'webm' }, { format: 'mp3' }, { format: 'webm' });
    expect(files).toHaveLength(3);
    const jobs = requests.filter(({ node }) => node === 'Erase the job').map(({ url }) => url);
    expect(new Set(jobs).size).toBe(3);
    const once = requests.filter(({ node }, index) => requests.findIndex((one) => one.node === node) === index);
    expect(once.map(({ node, method, status }) => [node, method, status])).toEqual([
      ['Create the job', 'POST', 201],
      ['Wait for the job', 'GET', 200],
      ['Get the link', 'GET', 200],
      ['Download the file', 'GET', 200],
      ['Erase the job', 'DELETE', 200],
    ]);
    const output = join(folder, 'out.webm');
    await writeFile(output, files[0]!);
    expect((await ffprobe(output)).streams.map((stream: { codec_name: string }) => stream.codec_name)).toEqual([
      'vp9',
      'opus',
    ]);
    const id = new URL(requests.at(-1)!.url).pathname.split('/').at(-1);
    expect((await service.call('GET', `/v1/transcodes/${id}/download`)).status).toBe(410);
  });

  it('creates a stream with a poster and scrub previews, and returns its playback URLs', async () => {
    const { requests, files, results } = await runRecipe('n8n-streaming.json', [{}]);
    expect(requests.map(({ node }) => node).filter((node) => !node.startsWith('Wait'))).toEqual([
      'Create the job',
      'Get the link of the poster',
      'Download the poster',
      'Create the playback URLs',
    ]);
    expect(files.map((file) => file.subarray(0, 2).toString('hex'))).toEqual(['ffd8']);
    const [playback] = results as { hls_url: string; page_url: string; thumbnails_track: string }[];
    for (const [url, text] of [
      [playback!.hls_url, '#EXT-X-STREAM-INF'],
      [playback!.thumbnails_track, 'WEBVTT'],
      [playback!.page_url, '<video'],
    ])
      expect(await (await fetch(url!)).text()).toContain(text);
  });

  it("fails with the API's message for people if a job is rejected or fails", async () => {
    await expect(runWith({ format: 'webm', source: 'https://127.0.0.2/talk.mov' })).rejects.toThrow(
      /127\.0\.0\.2|private|address/i,
    );
    await expect(runWith({ format: 'exe' })).rejects.toThrow(/outputFormat/);
    await expect(runWith({ format: 'webm', source: `${service.storage}/gone.mp4` })).rejects.toThrow(
      /source|input|URL/i,
    );
  });
});
