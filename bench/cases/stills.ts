import { mkdir, mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { copyMedia } from '../../src/attempt/sources/fetch-ranges.ts';
import type { TilesRequest } from '../../src/contract/transcode-request.ts';
import { type Plan, planJob } from '../../src/ffmpeg/index.ts';
import { readPartial } from '../../src/sanitizer/ranged/read-partial.ts';
import { sanitizeFile } from '../../src/sanitizer/sanitize-file.ts';
import { inspect } from '../../testkit/inspect-media.ts';
import { source1080, sourceHour } from '../lib/media.ts';
import { bounded, type CaseOptions, type CaseResult } from '../lib/result.ts';
import { runWell } from '../lib/run.ts';
import { spread } from '../lib/statistics.ts';

const CORES = 2;
const BOUND_HOUR = 0.05;
const BOUND_MINUTE = 0.15;

/**
 * Measures the processor time of a sprite of an hour of 720p with a picture every ten seconds, and of a sprite of a minute of 1080p with a
 * picture every two seconds. They are compared with plain `ffmpeg`, which decodes all frames. The processor time of a sprite includes
 * writing the container of key frames.
 */
export async function stills({ pairs, progress }: CaseOptions): Promise<CaseResult> {
  const [hour, minute] = [await sourceHour(progress), await source1080(progress)];
  const folder = await mkdtemp(join(tmpdir(), 'airlock-bench-'));
  try {
    const measure = async (file: string, everySeconds: number, rounds: number) => {
      const ratios: number[] = [];
      for (let index = 0; index < rounds; index += 1) {
        progress(`every ${everySeconds} s: round ${index + 1} of ${rounds}`);
        const ours = await makeSprite(
          file,
          { format: 'sprite', everySeconds, width: 160 },
          join(folder, `${ratios.length}`),
        );
        const filter = `fps=1/${everySeconds},scale=160:90,tile=10x10`;
        const plain = ['-nostdin', '-v', 'error', '-y', '-i', file, '-an', '-vf', filter, join(folder, 'plain-%d.jpg')];
        ratios.push(ours / (await runWell('ffmpeg', plain)).cpuSeconds);
        await rm(join(folder, `${ratios.length - 1}`), { recursive: true, force: true });
      }
      const { median, ...range } = spread(ratios);
      return { value: median, ...range };
    };
    const row = (what: string) => ({ case: 'stills', what: `${what}: processor time / plain ffmpeg` });
    return {
      rows: [
        bounded(row('sprite of an hour of 720p, every 10 s'), await measure(hour.path, 10, 1), BOUND_HOUR, '', 3),
        bounded(
          row('sprite of a minute of 1080p, every 2 s'),
          await measure(minute.path, 2, pairs),
          BOUND_MINUTE,
          '',
          3,
        ),
      ],
      raw: {},
      notes: [...hour.synthetic, ...minute.synthetic].map((clip) => `test pattern instead of ${clip}: not installed`),
    };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Makes a sprite as a worker does, without its cell. Returns CPU seconds. */
async function makeSprite(file: string, tiles: TilesRequest, folder: string): Promise<number> {
  await mkdir(join(folder, tiles.format), { recursive: true });
  const { packets } = await sanitizeFile({
    path: file,
    demuxer: 'mov',
    target: null,
    mediaBytes: null,
    packets: 'listed',
  });
  const input = { ...(await inspect(file)), path: '/in/0', packets };
  const request = { inputs: [{ url: 'gs://bench/source' }], outputFormat: 'jpg' as const, tiles };
  const { commands } = planJob(request, [input], { resourceClass: 'light', cores: CORES });
  const before = process.cpuUsage();
  const source = await keyFramesOf(file, commands[0]!, join(folder, 'keys'));
  const { user, system } = process.cpuUsage(before);
  const args = commands[0]!.args.map((arg) => (arg === '/in/0' ? source : arg.replace(/^\/out\//, `${folder}/`)));
  return (user + system) / 1e6 + (await runWell('ffmpeg', args)).cpuSeconds;
}

async function keyFramesOf(file: string, { keyTimes }: Plan, target: string): Promise<string> {
  if (!keyTimes) throw new Error('the sprite does not use key frames');
  const pictures = keyTimes.map((seconds) => ({ seconds, isKey: true }));
  const present = [{ start: 0, end: (await stat(file)).size }];
  const made = readPartial({ part: 'pictures', pictures, isSought: false, path: file, present, target });
  if (!('media' in made)) throw new Error('the key frames cannot be read');
  await copyMedia(file, made.media, target, made.mediaAt);
  return target;
}
