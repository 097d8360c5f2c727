import { mkdir, mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { OutputFormat } from '../../src/contract/formats.ts';
import { type CopyResult, copyMovie } from '../../src/sanitizer/isobmff/copy-movie.ts';
import { run } from '../../testkit/run.ts';
import { CORPUS } from './corpus.ts';
import { makeFiles, type Origin } from './remuxing.ts';

interface Copied extends Origin {
  name: string;
  /** Streams of the copy; all of them by default. */
  streams?: readonly number[];
  to?: OutputFormat;
  /** Why FFmpeg has to copy the file; absent = the sanitizer copies it. */
  left?: RegExp;
}

const V = ['-f', 'lavfi', '-i', 'testsrc2=s=96x64:r=25:d=1'];
const A = ['-f', 'lavfi', '-i', 'sine=f=440:r=48000:d=1'];
const BOTH = [...V, ...A, '-c:v', 'libx264', '-preset', 'veryfast', '-bf', '3', '-pix_fmt', 'yuv420p', '-c:a', 'aac'];
const UNLIKE = [...V, ...V, '-map', '0', '-map', '1', '-c:v:0', 'libx264', '-pix_fmt', 'yuv420p', '-c:v:1', 'mpeg4'];

const MORE: readonly Copied[] = [
  { name: 'without its audio', file: 'mp4', args: BOTH, streams: [0] },
  { name: 'without its video, to M4A', file: 'mp4', args: BOTH, streams: [1], to: 'm4a' },
  { name: 'its streams in another order', file: 'mp4', args: BOTH, streams: [1, 0] },
  { name: 'two video streams of unlike codecs', file: 'mp4', args: UNLIKE },
  { name: 'fragments', file: 'mp4', args: [...BOTH, '-movflags', '+frag_keyframe+empty_moov'], left: /fragments/ },
  { name: 'QuickTime to MP4', file: 'mov', args: BOTH, to: 'mp4', left: /another format/ },
  { name: 'a stream that does not exist', file: 'mp4', args: BOTH, streams: [0, 2], left: /the streams/ },
];

/** Of the corpus, what the sanitizer leaves to FFmpeg. */
const LEFT: Readonly<Record<string, RegExp>> = {
  'unequal frame intervals': /last packet without a duration/,
  'an edit list that cuts the start': /hides a part/,
  'audio that starts later': /start at zero/,
};
const MOVIES = CORPUS.filter(({ file, stays }) => ['mp4', 'mov', 'm4a'].includes(file) && !stays);
const CASES: readonly Copied[] = [
  ...MOVIES.map((entry) => ({ ...entry, args: [...entry.args, '-shortest'], left: LEFT[entry.name]! })),
  ...MORE,
];

describe('a container that is copied without FFmpeg', () => {
  let folder: string;
  let made: { result: CopyResult; ours: string; theirs: string }[];
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'airlock-copy-movie-'));
    made = await copyAll(folder);
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it.each(CASES.map((entry, index) => ({ ...entry, index })))(
    'has the packets of FFmpeg, or is left to it: $file with $name',
    async ({ index, left }) => {
      const { result, ours, theirs } = made[index]!;
      if (left) {
        expect(result).toEqual({ reason: expect.stringMatching(left) });
        await expect(stat(ours)).rejects.toMatchObject({ code: 'ENOENT' });
        return;
      }
      expect(result).toEqual({ size: (await stat(ours)).size });
      const [own, other] = await Promise.all([packetsOf(ours), packetsOf(theirs)]);
      expect(own.length).toBeGreaterThan(0);
      expect(own).toEqual(other);
    },
  );
});

/** Makes the files, and copies each with the sanitizer and all of them with one FFmpeg. */
async function copyAll(folder: string) {
  const paths = await makeFiles(folder, CASES);
  await mkdir(join(folder, 'made'));
  const copies = [];
  for (const [index, { file, to = file as OutputFormat, streams }] of CASES.entries()) {
    const path = paths[index]!;
    const [ours, theirs] = ['ours', 'theirs'].map((name) => join(folder, 'made', `${index}-${name}.${to}`));
    const all = streams ?? (await streamsOf(path));
    const result = copyMovie({ path, copied: ours!, streams: all, format: to });
    copies.push({ path, streams: all, result, ours: ours!, theirs: theirs! });
  }
  const copied = copies.filter(({ result }) => 'size' in result);
  await run('ffmpeg', [
    ...['-nostdin', '-v', 'error', '-y'],
    ...copied.flatMap(({ path }) => ['-i', path]),
    ...copied.flatMap(({ streams, theirs }, index) => [
      ...streams.flatMap((stream) => ['-map', `${index}:${stream}`]),
      ...['-c', 'copy', '-movflags', '+faststart', '-map_metadata', '-1', '-map_chapters', '-1', theirs],
    ]),
  ]);
  return copies;
}

/** Indexes of video and audio. */
async function streamsOf(path: string): Promise<number[]> {
  const shown = ['-v', 'error', '-show_entries', 'stream=index,codec_type', '-of', 'csv=p=0', path];
  const lines = String((await run('ffprobe', shown)).stdout).split('\n');
  return lines.flatMap((line) => (/^\d+,(video|audio)/.test(line) ? [Number.parseInt(line, 10)] : []));
}

/** Stream, times, size, flags and hash of every packet, stream by stream: FFmpeg may interleave them in another way. */
async function packetsOf(path: string): Promise<string[]> {
  const entries = 'packet=stream_index,pts_time,dts_time,duration_time,size,flags,data_hash:packet_side_data';
  const shown = ['-v', 'error', '-show_entries', entries, '-show_data_hash', 'md5', '-of', 'csv=p=0', path];
  const lines = String((await run('ffprobe', shown, { maxBuffer: 2 ** 26 })).stdout).split('\n');
  const streamOf = (line: string) => Number.parseInt(line, 10);
  return lines.filter((line) => line !== '').sort((a, b) => streamOf(a) - streamOf(b));
}
