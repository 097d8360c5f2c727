import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeClip, upload } from '../../testkit/media.ts';
import { run } from '../../testkit/run.ts';
import { shareService, type TestService } from '../../testkit/service.ts';
import { openServiceDatabase } from '../../testkit/service-database.ts';
import { startSource } from '../../testkit/source-server.ts';

const SECRET = `sig${randomBytes(12).toString('hex')}`;
const SRT = '1\n00:00:00,000 --> 00:00:05,000\nHELLO WORLD\n';
const WIDTH = 320;
const HEIGHT = 180;

describe('filters and overlays', () => {
  let service: TestService;
  let folder: string;
  let source: Awaited<ReturnType<typeof startSource>>;
  let black: string;
  let captions: string;
  const files: Record<string, Buffer> = {};

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'airlock-filters-'));
    const make = (name: string, ...args: string[]) => run('ffmpeg', ['-v', 'error', '-y', ...args, join(folder, name)]);
    const video = ['-c:v', 'libx264', '-preset', 'ultrafast', '-pix_fmt', 'yuv420p'];
    await make('black.mp4', '-f', 'lavfi', '-i', `color=black:s=${WIDTH}x${HEIGHT}:d=1:r=10`, ...video);
    await make('logo.png', '-f', 'lavfi', '-i', 'color=white:s=40x40', '-frames:v', '1');
    await makeClip(join(folder, 'clip.mp4'), { size: `${WIDTH}x${HEIGHT}`, rate: 10 });
    await writeFile(join(folder, 'captions.srt'), SRT);
    for (const name of ['black.mp4', 'logo.png', 'clip.mp4', 'captions.srt']) {
      files[`/${name}`] = await readFile(join(folder, name));
    }
    files['/font.ttf'] = await readFile('/usr/share/fonts/truetype/dejavu/DejaVuSans-Bold.ttf');
    // A LUT that turns every color white.
    files['/white.cube'] = Buffer.from(`LUT_3D_SIZE 2\n${'1 1 1\n'.repeat(8)}`);
    files['/page.srt'] = Buffer.from('<html>not found</html>');
    source = await startSource((request, response) => {
      const bytes = files[request.url!.split('?')[0]!];
      if (bytes) response.writeHead(200).end(bytes);
      else response.writeHead(404).end();
    });
    service = await shareService();
    black = (await upload(service, join(folder, 'black.mp4'))).fileUrl;
    captions = (await upload(service, join(folder, 'captions.srt'), 'application/x-subrip', 'captions.srt')).fileUrl;
  });
  afterAll(async () => {
    source?.close();
    await rm(folder, { recursive: true, force: true });
  });

  const create = (body: object, path = '/v1/transcodes?wait=60') => service.call('POST', path, body);
  const secret = (name: string) => `${source.url}/${name}?token=${SECRET}`;

  /** Creates a job that must complete. Returns the job, and the middle frame of its output with one byte of luma per pixel. */
  async function made(body: object, path?: string) {
    const { status, json, text } = await create(body, path);
    expect([status, json?.status, json?.error_message, status === 201 ? '' : text]).toEqual([
      201,
      'completed',
      null,
      '',
    ]);
    const link = (await service.call('GET', `/v1/transcodes/${json.id}/download`)).json.url;
    const file = join(folder, `${json.id}.${json.output_format}`);
    await writeFile(file, Buffer.from(await (await fetch(link)).arrayBuffer()));
    const { stdout } = await run(
      'ffmpeg',
      ['-v', 'error', '-ss', '0.5', '-i', file, '-frames:v', '1', '-f', 'rawvideo', '-pix_fmt', 'gray', '-'],
      { encoding: 'buffer', maxBuffer: 2 ** 26 },
    );
    await rm(file);
    const width = json.outputs[0].width as number;
    const brightest = (left: number, top: number, right: number, bottom: number) => {
      let most = 0;
      for (let y = top; y < bottom; y++) most = Math.max(most, ...stdout.subarray(y * width + left, y * width + right));
      return most;
    };
    return { job: json, brightest };
  }

  it('draw text over the picture at the requested position', async () => {
    const { brightest, job } = await made({
      inputs: [{ url: black }],
      outputFormat: 'mp4',
      options: [
        {
          option: '@text-overlay',
          argument: { text: "100% 'real': %{pts}\nمرحبا 👋", style: { position: 'top', fontSize: 20, boxBorderW: 0 } },
        },
      ],
    });
    expect(brightest(60, 0, 260, 100)).toBeGreaterThan(200);
    expect(brightest(0, 160, WIDTH, HEIGHT)).toBeLessThan(40);
    expect(job.warnings).toEqual([]);
  });

  it('cause a warning if a font is missing, and draw with another font', async () => {
    const drawn = (option: string, argument: unknown) =>
      made({ inputs: [{ url: black }], outputFormat: 'mp4', options: [{ option, argument }] });
    const text = await drawn('-vf', 'drawtext=text=Hello:font=NoSuchFont:fontcolor=white:fontsize=40');
    const overlay = await drawn('@text-overlay', {
      text: 'Hello',
      style: { font: 'NoSuchFont', position: 'top-left' },
    });
    for (const { job, brightest } of [text, overlay]) {
      expect(job.warnings).toEqual([
        {
          field: expect.stringMatching(/^options/),
          message: expect.stringMatching(/^There is no font "NoSuchFont" on/),
        },
      ]);
      expect(brightest(0, 0, WIDTH, HEIGHT)).toBeGreaterThan(150);
    }
    const known = await drawn('-vf', 'drawtext=text=Hello:font=DejaVu Sans:fontcolor=white');
    expect(known.job.warnings).toEqual([]);
  });

  it('burn in subtitles from an upload, from a URL and from an input of the job', async () => {
    const forms = [
      { options: [{ option: '-vf', argument: `subtitles='${captions}'` }] },
      { options: [{ option: '-vf', argument: `subtitles='${secret('captions.srt')}':force_style='Fontsize=30'` }] },
      { options: [{ option: '-vf', argument: `subtitles='${secret('captions.srt').replace(':', '\\:')}'` }] },
      { filters: [{ filter: `[0:v]subtitles='${captions}',format=yuv420p[out]` }] },
    ];
    for (const form of forms) {
      const { job, brightest } = await made({ inputs: [{ url: black }], outputFormat: 'mp4', ...form });
      expect([JSON.stringify(form), brightest(0, 120, WIDTH, HEIGHT) > 150]).toEqual([JSON.stringify(form), true]);
      expect(brightest(0, 0, WIDTH, 60)).toBeLessThan(40);
      expect(job.inputs).toHaveLength(1);
      expect(job.billable_minutes).toBe(1);
    }
    const asInput = await made({
      inputs: [{ url: black }, { url: captions }],
      outputFormat: 'mp4',
      options: [{ option: '-vf', argument: 'subtitles=input:1' }],
    });
    expect(asInput.brightest(0, 120, WIDTH, HEIGHT)).toBeGreaterThan(150);
  });

  it('overlay a watermark from a URL', async () => {
    const { brightest } = await made({
      inputs: [{ url: black }],
      outputFormat: 'mp4',
      filters: [{ filter: `movie='${secret('logo.png')}'[logo]` }, { filter: '[0:v][logo]overlay=10:20[out]' }],
    });
    expect(brightest(12, 22, 48, 58)).toBeGreaterThan(200);
    expect(brightest(60, 0, WIDTH, HEIGHT)).toBeLessThan(40);
  });

  it('read a color table and a font from URLs', async () => {
    const white = await made({
      inputs: [{ url: black }],
      outputFormat: 'mp4',
      options: [{ option: '-vf', argument: `lut3d='${secret('white.cube')}'` }],
    });
    expect(white.brightest(0, 0, WIDTH, HEIGHT)).toBeGreaterThan(200);
    const text = await made({
      inputs: [{ url: black }],
      outputFormat: 'mp4',
      options: [
        {
          option: '-vf',
          argument: `drawtext=fontfile='${secret('font.ttf')}':text=Hi:fontcolor=white:fontsize=40:x=5:y=5`,
        },
      ],
    });
    expect(text.brightest(0, 0, 100, 60)).toBeGreaterThan(200);
    expect(text.brightest(0, 90, WIDTH, HEIGHT)).toBeLessThan(40);
  });

  it('overlay a card with a photo', async () => {
    const card = { quote: 'Only a test.', name: 'Somebody', photo_url: secret('logo.png') };
    const { job, brightest } = await made({
      inputs: [{ url: black }],
      outputFormat: 'mp4',
      options: [{ option: '@quote-card', argument: card }],
    });
    expect(brightest(0, 0, WIDTH, HEIGHT)).toBeGreaterThan(200);
    expect(job.ffmpeg_options.options[0].argument.photo_url).toBe(`${source.url}/logo.png`);
  });

  it('compose two inputs', async () => {
    const { job } = await made({
      inputs: [{ url: black }, { url: `${source.url}/clip.mp4` }],
      outputFormat: 'mp4',
      filters: [{ filter: '[0:v][1:v]hstack=inputs=2[v]' }],
    });
    expect(job.outputs[0]).toMatchObject({ width: 2 * WIDTH, height: HEIGHT });
  });

  it('are shown without the queries of URLs, and no query is stored after the job is done', async () => {
    const { json } = await create({
      inputs: [{ url: black }],
      outputFormat: 'mp4',
      options: [{ option: '-vf', argument: `subtitles='${secret('captions.srt')}':force_style='Bold=1',hflip` }],
    });
    expect(json.status).toBe('completed');
    expect(json.ffmpeg_options.options).toEqual([
      { option: '-vf', argument: `subtitles='${source.url}/captions.srt':force_style='Bold=1',hflip` },
    ]);
    expect(service.output()).not.toContain(SECRET);
    const database = await openServiceDatabase(service);
    const { rows } = await database.query(
      `SELECT count(*)::int AS kept FROM jobs LEFT JOIN job_sources ON job_id = id
       WHERE status IN ('completed', 'failed') AND (source_sealed IS NOT NULL OR request_source_sealed IS NOT NULL)`,
    );
    await database.end();
    expect(rows[0].kept).toBe(0);
  });

  it.each([
    ['missing.srt', 'source_not_found', /^The subtitle file of options\[0\]: .*404/],
    ['page.srt', 'asset_invalid', /^The subtitle file of options\[0\] is neither SRT nor WebVTT nor ASS\.$/],
    ['logo.png', 'asset_invalid', /^The subtitle file of options\[0\]/],
  ])('fail with the position of an invalid file: %s', async (name, code, message) => {
    const { json } = await create({
      inputs: [{ url: black }],
      outputFormat: 'mp4',
      options: [{ option: '-vf', argument: `subtitles='${secret(name)}'` }],
    });
    expect([json.status, json.error_code]).toEqual(['failed', code]);
    expect(json.error_message).toMatch(message);
    expect(json.error_message).not.toContain(SECRET);
    expect(json.error_advice).toEqual(expect.any(String));
  });

  it('fail with the name of the filter that fails', async () => {
    const { json } = await create({
      inputs: [{ url: black }],
      outputFormat: 'mp4',
      options: [{ option: '-vf', argument: 'crop=1000:1000' }],
    });
    expect([json.status, json.error_code]).toEqual(['failed', 'filter_failed']);
    expect(json.error_message).toMatch(/^Filter crop: /);
  });

  it('are rejected with the position of each fault, also in the files that they name', async () => {
    const rejected = await create({
      inputs: [{ url: black }],
      outputFormat: 'mp4',
      options: [
        { option: '-vf', argument: 'hflip,scael=640:-2' },
        { option: '-crf', argument: 23 },
        { option: '-report' },
      ],
    });
    expect([rejected.status, rejected.json.code]).toEqual([422, 'option_refused']);
    const { details } = rejected.json;
    expect(details).toMatchObject({ field: 'options[0]', position: { pointer: '/options/0/argument', offset: 6 } });
    expect(details.suggestion).toContain('scale');
    expect(details.all.map((each: { position: { pointer: string } }) => each.position.pointer)).toEqual([
      '/options/0/argument',
      '/options/2',
    ]);
    const inward = await create({
      inputs: [{ url: black }],
      outputFormat: 'mp4',
      filters: [{ filter: `[0:v]subtitles='http://169.254.169.254/x.srt?${SECRET}'[v]` }],
    });
    expect([inward.status, inward.json.code]).toEqual([422, 'source_refused']);
    expect(inward.json.details.field).toBe('filters[0]');
    expect(inward.text).not.toContain(SECRET);
    const foreign = await create({
      inputs: [{ url: black }],
      outputFormat: 'mp4',
      filters: [{ filter: `[0:v]subtitles='${captions.replace(/\d{6}-captions/, '000000-never')}'[v]` }],
    });
    expect([foreign.status, foreign.json.code, foreign.json.details.field]).toEqual([
      422,
      'source_not_owned',
      'filters[0]',
    ]);
  });

  it('accept null for absent fields', async () => {
    const nothing = { preset: null, options: null, filters: null, metadata: null, retention_seconds: null };
    const { json } = await create({ inputs: [{ url: black, options: null }], outputFormat: 'mp4', ...nothing });
    expect(json).toMatchObject({ status: 'completed', ffmpeg_options: { source: 'defaults' }, warnings: [] });
    const empty = await create({ inputs: [{ url: black }], outputFormat: 'mp4', options: [] });
    expect(empty.json.status).toBe('completed');
  });

  it('are rejected if a graph is longer than 10,000 characters', async () => {
    const long = `[0:v]${'hflip,'.repeat(2000)}hflip[v]`;
    const { status, json } = await create({
      inputs: [{ url: black }],
      outputFormat: 'mp4',
      filters: [{ filter: long }],
    });
    expect([status, json.details.field]).toEqual([400, 'filters[0].filter']);
    expect(json.details.reason).toContain('10000 characters');
  });

  it('are erased with the job, together with their files', async () => {
    const own = (await upload(service, join(folder, 'captions.srt'), 'application/x-subrip', 'own.srt')).fileUrl;
    const body = {
      inputs: [{ url: `${source.url}/clip.mp4` }],
      outputFormat: 'mp4',
      options: [{ option: '-vf', argument: `subtitles='${own}'` }],
    };
    const { json } = await create(body);
    expect(json.status).toBe('completed');
    expect((await service.call('DELETE', `/v1/transcodes/${json.id}`)).status).toBe(200);
    const again = await create(body);
    expect([again.status, again.json.code, again.json.details.field]).toEqual([422, 'source_deleted', 'options[0]']);
  });
});
