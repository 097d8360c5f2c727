import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Airlock } from '../../sdk/src/index.ts';
import { combedShare } from '../../testkit/audit/checks/shapes.ts';
import { ffprobe, transcode, upload, waitUntilFinal } from '../../testkit/media.ts';
import { makeMedia } from '../../testkit/media-cache.ts';
import { shareService, type TestService } from '../../testkit/service.ts';
import { startSource } from '../../testkit/source-server.ts';
import { until } from '../../testkit/until.ts';

const lavfi = (graph: string) => ['-f', 'lavfi', '-i', graph];
const pan = (rate: string, height: number) => `testsrc2=s=320x${height}:r=${rate}:d=4,scroll=h=0.008:v=0.001`;
const X264 = ['-c:v', 'libx264', '-preset', 'ultrafast', '-crf', '14', '-pix_fmt', 'yuv420p', '-g', '25'];
const MPEG2 = ['-c:v', 'mpeg2video', '-q:v', '3', '-g', '12'];
const WOVEN = 'tinterlace=interleave_top,setfield=prog';
const TELECINE = `${pan('24000/1001', 480)},telecine=pattern=23`;
const UNMARKED = /^Input 1 has interlaced frames that are not marked/;
const FILM = /^Input 1 is telecined film/;

const SOURCES: Readonly<Record<string, readonly string[]>> = {
  'woven.mp4': [...lavfi(`${pan('50', 576)},${WOVEN}`), ...X264],
  // Streamed sources have at least 4 MB.
  'noisy.mkv': [...lavfi(`${pan('50', 576)},noise=alls=10:allf=t:all_seed=1,${WOVEN}`), ...X264, '-qp', '20'],
  'progressive.mp4': [...lavfi(pan('25', 576)), ...X264],
  'woven.mpg': [...lavfi(`${pan('60000/1001', 480)},${WOVEN}`), ...MPEG2],
  'marked-film.mpg': [...lavfi(TELECINE), ...MPEG2, '-flags', '+ildct+ilme'],
  'film.mp4': [...lavfi(`${TELECINE},setfield=prog`), ...lavfi('sine=d=4'), ...X264, '-c:a', 'aac'],
};
const TYPES: Readonly<Record<string, string>> = { mp4: 'video/mp4', mpg: 'video/mpeg' };

let service: TestService;
let airlock: Airlock;
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'airlock-fields-'));
  service = await shareService();
  airlock = new Airlock({ url: service.api, key: service.key });
});
afterAll(async () => {
  await service?.remove();
  await rm(folder, { recursive: true, force: true });
});

async function make(name: string): Promise<string> {
  const path = join(folder, name);
  await makeMedia(path, SOURCES[name]!);
  return path;
}

async function uploaded(name: string): Promise<string> {
  const path = await make(name);
  return (await upload(service, path, TYPES[name.split('.')[1]!]!, name)).fileUrl;
}

/** Runs a job. Returns its warnings, the arguments of its command, and a function that saves an output. */
const runJob = async (url: string, request: object) =>
  resultOf(await transcode(service, { inputs: [{ url }], ...request }));

// biome-ignore lint/suspicious/noExplicitAny: looked at field by field
async function resultOf(job: any) {
  expect(job.status, JSON.stringify(job.error)).toBe('completed');
  const { json } = await service.call('GET', `/v1/transcodes/${job.id}/manifest`);
  const save = async (output?: string) => {
    const path = join(folder, `${job.id}-${output ?? 'out'}`);
    await airlock.resultOf(job).save(path, output ? { output } : {});
    return path;
  };
  const warnings = (job.warnings as { field: string; message: string }[]).filter(({ field }) => field === 'inputs');
  return { job, warnings, save, command: (json.manifest.command.argv ?? []).join(' ') as string };
}

describe('interlaced video whose frames are not marked', () => {
  it.each(['woven.mp4', 'woven.mpg'])('becomes progressive, with a warning: %s', async (name) => {
    const url = await uploaded(name);
    expect(await combedShare(join(folder, name))).toBeGreaterThan(0.9);
    const { save, warnings, command } = await runJob(url, { outputFormat: 'mp4' });
    expect(await combedShare(await save())).toBeLessThan(0.1);
    expect(warnings).toEqual([{ field: 'inputs', message: expect.stringMatching(UNMARKED) }]);
    expect(command).toContain('bwdif=mode=send_frame:parity=tff:deint=all');
  });

  it('becomes progressive before the filters of the request, and in a picture of the same job', async () => {
    const outputs = [
      { outputFormat: 'mp4', options: [{ option: '-vf', argument: 'hflip' }] },
      { outputFormat: 'jpg', name: 'picture', still: { at: 2 } },
    ];
    const { save, job } = await runJob(await uploaded('woven.mp4'), { outputs });
    expect(await combedShare(await save('mp4'))).toBeLessThan(0.1);
    expect(job.outputs).toMatchObject([{ status: 'completed' }, { status: 'completed' }]);
    const { json } = await service.call('GET', `/v1/transcodes/${job.id}/manifest`);
    expect(JSON.stringify(json.manifest.command).match(/deint=all/g)).toHaveLength(2);
  });

  it.each([
    ['is copied', [{ option: '-c', argument: 'copy' }]],
    ['is deinterlaced only by the filter', [{ option: '-vf', argument: 'yadif' }]],
  ])('%s if the request says so', async (_, options) => {
    const { warnings, command } = await runJob(await uploaded('woven.mp4'), { outputFormat: 'mkv', options });
    expect(warnings).toEqual([]);
    expect(command).not.toContain('bwdif');
  });

  it('becomes progressive if its source is streamed', async () => {
    const bytes = await readFile(await make('noisy.mkv'));
    const half = Math.floor(bytes.length / 2);
    let sendRest = () => {};
    const origin = await startSource((_, response) => {
      response.writeHead(200, { 'content-length': bytes.length });
      response.write(bytes.subarray(0, half));
      sendRest = () => response.end(bytes.subarray(half));
    });
    try {
      const body = { inputs: [{ url: `${origin.url}/noisy.mkv` }], outputFormat: 'mp4' };
      const created = (await service.call('POST', '/v1/transcodes', body)).json;
      const read = async () => (await service.call('GET', `/v1/transcodes/${created.id}`)).json;
      const isStreamed = async () => (await read()).inputs[0].fetched === 'streamed';
      await until(isStreamed, { what: 'the job to read its source' });
      sendRest();
      const { job, save, warnings } = await resultOf(await waitUntilFinal(service, '/v1/transcodes', created));
      expect(job.inputs[0].fetched).toBe('streamed');
      expect(await combedShare(await save())).toBeLessThan(0.1);
      expect(warnings).toHaveLength(1);
    } finally {
      origin.close();
    }
  });
});

describe('telecined film', () => {
  it.each(['film.mp4', 'marked-film.mpg'])('is restored with its own frame rate: %s', async (name) => {
    const { save, warnings } = await runJob(await uploaded(name), { outputFormat: 'mp4' });
    const path = await save();
    expect(warnings).toEqual([{ field: 'inputs', message: expect.stringMatching(FILM) }]);
    expect(await combedShare(path)).toBeLessThan(0.1);
    const [video] = (await ffprobe(path)).streams;
    expect(video).toMatchObject({ avg_frame_rate: '24000/1001' });
    expect(Number(video.nb_frames)).toBeGreaterThan(93);
  });
});

describe('progressive video of a usual size of interlaced video', () => {
  it('is encoded as if it had not been sampled', async () => {
    const { command, warnings } = await runJob(await uploaded('progressive.mp4'), {
      outputFormat: 'mp4',
      preset: { quality: 'low' },
    });
    expect(warnings).toEqual([]);
    expect(command).not.toMatch(/bwdif|fieldmatch/);
  });
});
