import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { transcode, upload } from '../../testkit/media.ts';
import { run } from '../../testkit/run.ts';
import { shareService, type TestService } from '../../testkit/service.ts';

/* Files whose video is much shorter than their sound or their subtitles. */

const TYPES: Record<string, string> = { mkv: 'video/x-matroska', mp4: 'video/mp4' };
const LATE = '1\n00:00:01,000 --> 00:00:02,000\nA\n\n2\n00:10:03,000 --> 00:10:04,000\nB\n';

let service: TestService;
let folder: string;
const sources: Record<string, string> = {};

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'airlock-short-'));
  service = await shareService();
  const [subtitles, mkv] = [join(folder, 'late.srt'), join(folder, 'sound.mkv')];
  await writeFile(subtitles, LATE);
  const halves = (seconds: number) =>
    ['red', 'blue'].flatMap((color) => ['-f', 'lavfi', '-i', `color=${color}:s=64x48:r=25:d=${seconds / 2}`]);
  const make = async (name: string, seconds: number, sound: number, ...more: string[]) => {
    const path = join(folder, name);
    const joined = ['-filter_complex', '[0][1]concat[v]', '-map', '[v]', '-map', '2'];
    const inputs = [...halves(seconds), '-f', 'lavfi', '-i', `sine=d=${sound}`];
    const files = more.length > 0 ? ['-i', subtitles] : [];
    const codecs = ['-c:v', 'libx264', '-preset', 'ultrafast', '-pix_fmt', 'yuv420p', '-g', '25', '-c:a', 'aac'];
    await run('ffmpeg', ['-nostdin', '-v', 'error', '-y', ...inputs, ...files, ...joined, ...more, ...codecs, path]);
    sources[name] = path;
  };
  await make('subtitles.mkv', 6, 6, '-map', '3', '-c:s', 'srt');
  await make('sound.mkv', 6, 180);
  await make('moment.mkv', 0.8, 60);
  await run('ffmpeg', ['-nostdin', '-v', 'error', '-y', '-i', mkv, '-c', 'copy', join(folder, 'sound.mp4')]);
  sources['sound.mp4'] = join(folder, 'sound.mp4');
  const moment = join(folder, 'moment.mp4');
  await run('ffmpeg', ['-nostdin', '-v', 'error', '-y', '-i', sources['moment.mkv']!, '-c', 'copy', moment]);
  sources['moment.mp4'] = moment;
}, 60_000);
afterAll(async () => {
  await service?.remove();
  await rm(folder, { recursive: true, force: true });
});

async function convert(name: string, request: object) {
  const { fileUrl: url } = await upload(service, sources[name]!, TYPES[name.split('.')[1]!]!, name);
  return transcode(service, { inputs: [{ url }], ...request });
}

/** Returns the color of the picture of an output. */
async function colorOf(id: string, output: string): Promise<string> {
  const { json } = await service.call('GET', `/v1/transcodes/${id}/download?output=${output}`);
  const path = join(folder, `${id}-${output}`);
  await writeFile(path, Buffer.from(await (await fetch(json.url)).arrayBuffer()));
  const raw = ['-v', 'error', '-i', path, '-frames:v', '1', '-vf', 'scale=1:1', '-pix_fmt', 'rgb24', '-f', 'rawvideo'];
  await run('ffmpeg', ['-nostdin', '-y', ...raw, `${path}.rgb`]);
  const [red = 0, , blue = 0] = await readFile(`${path}.rgb`);
  return red > blue ? 'red' : 'blue';
}

describe('a video that ends long before its file', () => {
  it.each(['subtitles.mkv', 'sound.mkv', 'sound.mp4'])('has pictures at shares of the video: %s', async (name) => {
    const job = await convert(name, {
      outputs: [
        { name: 'first', outputFormat: 'jpg', still: { at: '25%' } },
        { name: 'second', outputFormat: 'webp', still: { at: '75%' } },
        { name: 'last', outputFormat: 'png', still: { at: '100%' } },
        { name: 'best', outputFormat: 'jpg', still: {} },
        { name: 'thumbnails', outputFormat: 'thumbnails', every_seconds: 2 },
        { name: 'sprite', outputFormat: 'sprite', every_seconds: 2 },
        { name: 'preview', outputFormat: 'mp4', preview: { seconds: 2, segments: 2 } },
      ],
    });
    expect(job.outputs.map(({ error_message }: { error_message: string }) => error_message)).toEqual(
      Array(7).fill(null),
    );
    expect(await Promise.all(['first', 'second', 'last'].map((output) => colorOf(job.id, output)))).toEqual([
      ...['red', 'blue', 'blue'],
    ]);
    expect(job.outputs[4].files).toBe(3);
    expect(job.outputs[6].duration_seconds).toBeCloseTo(2, 1);
  });

  it.each(['moment.mkv', 'moment.mp4', 'subtitles.mkv'])(
    'has a picture if the request chooses no time: %s',
    async (name) => {
      const job = await convert(name, { outputFormat: 'jpg' });
      expect([job.status, job.error_message]).toEqual(['completed', null]);
    },
  );

  it.each(['mp4', 'avi'])('is complete in %s even if its subtitles are longer', async (to) => {
    const job = await convert('subtitles.mkv', { outputFormat: to });
    expect([job.status, job.error_message]).toEqual(['completed', null]);
    expect(job.warnings.map(({ message }: { message: string }) => message)).toEqual(
      to === 'avi' ? ["Input 1 has 1 subtitle track, which avi can't contain."] : [],
    );
  });
});
