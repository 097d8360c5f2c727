import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, open, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { FORMAT_DEFAULTS } from '../../src/ffmpeg/policy/encoders/encoders.ts';
import { withIndexLast } from '../../src/kinds/transcode/outgoing/early-output.ts';
import { makeMedia } from '../../testkit/media-cache.ts';
import { until } from '../../testkit/until.ts';

/*
 * An output is uploaded while FFmpeg writes it, except for its first part. This relies on what muxers do at their end: they append data,
 * and change only the header at the start. The test stops FFmpeg in the middle of its input.
 */

/** Number of bytes at the start that muxers may change. The first part is much larger. */
const HEADER_BYTES = 16 * 1024;
/** Number of bytes after which the muxer has written its header. */
const SEEN_BYTES = 96 * 1024;

let folder: string;
let source: Buffer;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'airlock-once-'));
  const path = join(folder, 'source.mkv');
  // The source contains noise, because noise does not compress.
  await makeMedia(path, [
    ...['-f', 'lavfi', '-i', 'testsrc2=s=192x108:r=25:d=24,noise=alls=60:allf=t:all_seed=1'],
    ...['-f', 'lavfi', '-i', 'anoisesrc=d=24:r=48000:seed=1', '-c:v', 'mpeg4', '-q:v', '4', '-g', '25'],
    ...['-c:a', 'pcm_s16le', '-ac', '2', '-map', '0:v', '-map', '1:a'],
  ]);
  source = await readFile(path);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const COPY = ['-c:v', 'copy', '-c:a', 'aac'];
const formats: [format: keyof typeof FORMAT_DEFAULTS, args: string[]][] = [
  ['mp4', [...COPY, '-movflags', '+faststart']],
  ['mov', ['-c', 'copy', '-movflags', '+faststart']],
  ['m4a', ['-vn', '-c:a', 'aac', '-b:a', '256k', '-movflags', '+faststart']],
  ['mkv', ['-c:v', 'copy', '-c:a', 'flac']],
  ['webm', ['-r', '5', '-c:v', 'libvpx', '-deadline', 'realtime', '-cpu-used', '16', '-b:v', '4M', '-c:a', 'libopus']],
  ['avi', ['-c:v', 'copy', '-c:a', 'libmp3lame']],
  ['mp3', ['-vn', '-c:a', 'libmp3lame', '-b:a', '256k']],
  ['aac', ['-vn', '-c:a', 'aac', '-b:a', '256k']],
  ['wav', ['-vn', '-c:a', 'pcm_s16le']],
  ['ogg', ['-vn', '-c:a', 'libvorbis', '-b:a', '256k']],
  ['opus', ['-vn', '-c:a', 'libopus', '-b:a', '256k']],
  ['flac', ['-vn', '-c:a', 'flac']],
];

it.each(formats)('FFmpeg changes only the header of %s after it has written the bytes', async (format, args) => {
  const path = join(folder, `output.${format}`);
  const given = ['-nostdin', '-v', 'error', '-y', '-f', 'matroska', '-i', 'pipe:0', '-map_metadata', '-1', ...args];
  const ffmpeg = spawn('ffmpeg', [...withIndexLast(given)!, '-f', FORMAT_DEFAULTS[format].muxer, path], {
    stdio: ['pipe', 'ignore', 'inherit'],
  });
  const ended = once(ffmpeg, 'exit');
  ffmpeg.stdin.write(source.subarray(0, Math.floor(source.length * 0.8)));
  const sizeNow = async () => (await stat(path).catch(() => null))?.size ?? 0;
  await until(async () => (await sizeNow()) >= SEEN_BYTES, { what: 'an output that grows', everyMs: 10 });
  const size = await sizeNow();
  const file = await open(path);
  const early = Buffer.alloc(size - HEADER_BYTES);
  await file.read(early, 0, early.length, HEADER_BYTES);
  await file.close();
  ffmpeg.stdin.end(source.subarray(Math.floor(source.length * 0.8)));
  expect(await ended).toEqual([0, null]);
  const complete = await readFile(path);
  expect(complete.length).toBeGreaterThan(size);
  expect(complete.subarray(HEADER_BYTES, size).equals(early)).toBe(true);
});

it('an output whose muxer moves the entire file at its end is not uploaded while FFmpeg writes it', () => {
  expect(withIndexLast(['-f', 'mp4', '-movflags', '+faststart', 'x'])).toEqual(['-f', 'mp4', 'x']);
  expect(withIndexLast(['-f', 'avi', 'x'])).toEqual(['-f', 'avi', 'x']);
  expect(withIndexLast(['-movflags', '+faststart+global_sidx', 'x'])).toBeNull();
  expect(withIndexLast(['-movflags', '+frag_keyframe', 'x'])).toBeNull();
  expect(withIndexLast(['-cues_to_front', '1', 'x'])).toBeNull();
});
