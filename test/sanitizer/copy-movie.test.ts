import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { OutputFormat } from '../../src/contract/formats.ts';
import { COPIED_TAGS } from '../../src/ffmpeg/planned-output.ts';
import { openBytes } from '../../src/sanitizer/file-bytes.ts';
import { openSanitizer } from '../../src/sanitizer/index.ts';
import { type CopyRequest, type CopyResult, copyMovie } from '../../src/sanitizer/isobmff/copy-movie.ts';
import { readMovie } from '../../src/sanitizer/isobmff/read-movie.ts';
import { makeMedia } from '../../testkit/media-cache.ts';
import { run } from '../../testkit/run.ts';
import { CORPUS } from './corpus.ts';
import { makeFiles, type Origin } from './remuxing.ts';

interface Copied extends Origin {
  name: string;
  /** Start and length in seconds. */
  trim?: { start?: number; length?: number };
  tags?: CopyRequest['tags'];
  videoType?: string;
  /** Indexes of the streams to copy. By default, all streams are copied. */
  streams?: readonly number[];
  to?: OutputFormat;
  /** Pattern of the reason why FFmpeg has to copy the file. If absent, the sanitizer copies the file. */
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
  {
    name: 'an index that points past the end',
    ...{
      file: 'mp4',
      streams: [0],
      args: BOTH,
      altered: (bytes) => withOffset(bytes, () => 0x7fff0000),
      left: /cut off/,
    },
  },
  {
    name: 'an index that uses data twice',
    ...{ file: 'mp4', streams: [0], args: BOTH, left: /several times/ },
    altered: (bytes) => withOffset(bytes, (table) => table.readUInt32BE(4)),
  },
  {
    name: 'an index that is cut off',
    ...{ file: 'mp4', streams: [0], args: BOTH, altered: (bytes) => bytes.subarray(0, -100), left: /cut off/ },
  },
  {
    name: 'an index that declares more samples than it has',
    ...{ file: 'mp4', streams: [0], args: BOTH, left: /more samples/ },
    altered: (bytes) => Buffer.from(bytes).fill(0x7f, bytes.indexOf('stsz') + 12, bytes.indexOf('stsz') + 13),
  },
  { name: 'a stream that does not exist', file: 'mp4', args: BOTH, streams: [0, 2], left: /the streams/ },
];

const CLIP = [
  ...['-f', 'lavfi', '-i', 'testsrc2=s=96x64:r=30000/1001:d=3', '-f', 'lavfi', '-i', 'sine=f=440:r=44100:d=3'],
  ...['-c:v', 'libx264', '-preset', 'veryfast', '-bf', '3', '-g', '20', '-pix_fmt', 'yuv420p', '-c:a', 'aac'],
];
const VP9 = ['-c:v', 'libvpx-vp9', '-deadline', 'realtime', '-cpu-used', '8', '-g', '10', '-c:a', 'libopus'];
const HEVC = [
  '-c:v',
  'libx265',
  '-preset',
  'ultrafast',
  '-x265-params',
  'log-level=none:pools=none:keyint=10:open-gop=0',
];
const MP3 = ['-c:v', 'mpeg4', '-g', '10', '-c:a', 'libmp3lame'];

/** A clip with a pause before each key frame. The key frame is decoded before the pause and shown after it. */
const PAUSES = [
  ...['-f', 'lavfi', '-i', 'testsrc2=s=96x64:r=25:d=3', '-vf', 'setpts=PTS+floor(N/20)*0.3/TB'],
  ...['-fps_mode', 'passthrough', '-c:v', 'libx264', '-preset', 'veryfast', '-bf', '3', '-g', '20'],
  ...['-pix_fmt', 'yuv420p'],
];

const TRIMS: readonly Copied[] = [
  {
    name: 'a start before a key frame that is decoded earlier',
    ...{ file: 'mp4', args: PAUSES, altered: (bytes) => withLastDuration(bytes), trim: { start: 0.95 } },
  },
  {
    name: 'a longer last frame',
    ...{ file: 'mp4', args: PAUSES, altered: (bytes) => withLastDuration(bytes, 2048), left: /last frame/ },
  },
  {
    name: 'an end before a pause',
    ...{ file: 'mp4', args: PAUSES, altered: (bytes) => withLastDuration(bytes), trim: { start: 0.95, length: 1.2 } },
    left: /end of that part/,
  },
  { name: 'a start between key frames', file: 'mp4', args: CLIP, trim: { start: 1 } },
  { name: 'a start and an end', file: 'mp4', args: CLIP, trim: { start: 1.5, length: 0.7 } },
  { name: 'a start at a key frame', file: 'mp4', args: CLIP, trim: { start: 0.667333, length: 1 } },
  { name: 'a start a microsecond before a key frame', file: 'mp4', args: CLIP, trim: { start: 0.667332, length: 1 } },
  { name: 'a start in the first frames', file: 'mp4', args: CLIP, trim: { start: 0.01 } },
  { name: 'only an end', file: 'mp4', args: CLIP, trim: { length: 1.234 } },
  { name: 'a trim without its audio', file: 'mp4', args: CLIP, trim: { start: 1, length: 1 }, streams: [0] },
  { name: 'a trim without its video', file: 'mp4', args: CLIP, trim: { start: 1, length: 1 }, streams: [1], to: 'm4a' },
  { name: 'a trim of audio alone', file: 'm4a', args: [...A, '-c:a', 'aac'], trim: { start: 0.4, length: 0.3 } },
  { name: 'a trim of VP9 and Opus', file: 'mp4', args: [...V, ...A, ...VP9], trim: { start: 0.5, length: 0.3 } },
  { name: 'a trim of HEVC', file: 'mp4', args: [...V, ...HEVC], trim: { start: 0.5, length: 0.3 } },
  { name: 'a trim of B-frames and Opus', file: 'mp4', args: [...BOTH, '-c:a', 'libopus'], trim: { start: 0.6 } },
  { name: 'a coarse time scale', file: 'mov', args: [...CLIP, '-video_track_timescale', '600'], left: /time scale/ },
  { name: 'a trim of MPEG-4 and MP3', file: 'mp4', args: [...V, ...A, ...MP3], trim: { start: 0.5, length: 0.3 } },
  { name: 'a trim of two video streams', file: 'mp4', args: UNLIKE, trim: { start: 0.5, length: 0.3 } },
  { name: 'a trim to QuickTime', file: 'mov', args: CLIP, trim: { start: 1, length: 1 } },
  { name: 'a trim after the end', file: 'mp4', args: CLIP, trim: { start: 60 }, left: /shown|packets/ },
];
const TAGS: readonly Copied[] = [
  { name: 'tags', file: 'mp4', args: BOTH, tags: COPIED_TAGS.map((tag) => [tag, `${tag} in Zürich, ½`]) },
  { name: 'HEVC of another type', file: 'mp4', args: [...V, ...HEVC], videoType: 'hvc1', left: /-tag/ },
  { name: 'HEVC with its own type', file: 'mp4', args: [...V, ...HEVC, '-tag:v', 'hvc1'], videoType: 'hvc1' },
  { name: 'H.264 with its own type', file: 'mp4', args: CLIP, videoType: 'avc1', trim: { length: 1 } },
  { name: 'a tag of audio', file: 'm4a', args: [...A, '-c:a', 'aac'], tags: [['artist', 'Somebody']] },
];

/** Files of the corpus that the sanitizer leaves to FFmpeg, with a pattern of the reason. */
const LEFT: Readonly<Record<string, RegExp>> = {
  'unequal frame intervals': /last packet without a duration/,
  'an edit list that cuts the start': /hides a part/,
  'audio that starts later': /start at zero/,
  'AC-3': /AC-3/,
};
const MOVIES = CORPUS.filter(({ file, stays }) => ['mp4', 'mov', 'm4a'].includes(file) && !stays);
const CASES: readonly Copied[] = [
  ...MOVIES.map((entry) => ({ ...entry, args: [...entry.args, '-shortest'], left: LEFT[entry.name]! })),
  ...MORE,
  ...TRIMS,
  ...TAGS,
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
    'has the packets and descriptions of FFmpeg’s copy, or is left to FFmpeg: $file with $name',
    async ({ index, left, trim }) => {
      const { result, ours, theirs } = made[index]!;
      if (left) {
        expect(result).toEqual({ reason: expect.stringMatching(left) });
        await expect(stat(ours)).rejects.toMatchObject({ code: 'ENOENT' });
        return;
      }
      expect(result).toEqual({ size: (await stat(ours)).size });
      const [own, other] = await Promise.all([readAll(ours), readAll(theirs)]);
      expect(own.packets.length).toBeGreaterThan(0);
      expect(own).toEqual(other);
      if (trim) expect(timesOf(ours)).toEqual(timesOf(theirs));
    },
  );

  it('is left to FFmpeg if the source has 100,000 fragments, which the sanitizer joins within its limits', async () => {
    const path = join(folder, 'fragments.mp4');
    await writeFile(path, await manyFragments(folder, 100_000));
    const sanitizer = openSanitizer({ threads: 1 });
    const request = { path, copied: `${path}.copied`, streams: [0], format: 'mp4' } as const;
    const made = await sanitizer.copyMovie(request, (await stat(path)).size, new AbortController().signal);
    expect(made).toEqual({ reason: 'has fragments' });
    const target = `${path}.container`;
    await sanitizer.sanitize({ path, demuxer: 'mov', target, mediaBytes: null }, { subject: 'It' });
    await sanitizer.close();
    const file = openBytes(target);
    expect(readMovie(file).tracks[0]!.samples.count).toBe(100_000);
    file.close();
  });
});

/** Returns a video that repeats a fragment of one frame. Each fragment begins at the end of the previous fragment. */
async function manyFragments(folder: string, count: number): Promise<Buffer> {
  const path = join(folder, 'fragment.mp4');
  const frame = ['-f', 'lavfi', '-i', 'color=s=16x16:r=100:d=0.01', '-c:v', 'mpeg4', '-video_track_timescale', '12800'];
  await makeMedia(path, [...frame, '-movflags', '+frag_keyframe+empty_moov+default_base_moof+skip_trailer']);
  const bytes = await readFile(path);
  const from = bytes.indexOf('moof') - 4;
  const fragment = bytes.subarray(from);
  const timeAt = fragment.indexOf('tfdt') + 8;
  const all = Buffer.alloc(from + fragment.length * count, bytes.subarray(0, from));
  for (let index = 0; index < count; index++) {
    const at = from + index * fragment.length;
    fragment.copy(all, at);
    all.writeBigUInt64BE(BigInt(index * 128), at + timeAt);
  }
  return all;
}

/** Sets the duration of the last frame, for which FFmpeg writes no duration. The time scales are 12,800 and 1,000 units per second. */
function withLastDuration(bytes: Buffer, units = 512): Buffer {
  const changed = Buffer.from(bytes);
  const rows = changed.indexOf('stts') + 8;
  const edit = changed.indexOf('elst') + 12;
  changed.writeUInt32BE(units, rows + 8 * changed.readUInt32BE(rows));
  changed.writeUInt32BE(changed.readUInt32BE(edit) + units / 12.8, edit);
  return changed;
}

/** Moves the first chunk in the index of a file. `offset` receives the rows of the table, and returns the new offset. */
function withOffset(bytes: Buffer, offset: (rows: Buffer) => number): Buffer {
  const changed = Buffer.from(bytes);
  const at = changed.indexOf('stco') + 12;
  changed.writeUInt32BE(offset(changed.subarray(at)), at);
  return changed;
}

/** Makes the files. Copies each with the sanitizer, and all of them with one FFmpeg. */
async function copyAll(folder: string) {
  const paths = await makeFiles(folder, CASES);
  await mkdir(join(folder, 'made'));
  const copies = [];
  for (const [index, { file, to = file as OutputFormat, streams, trim, tags = [], videoType }] of CASES.entries()) {
    const path = paths[index]!;
    const [ours, theirs] = ['ours', 'theirs'].map((name) => join(folder, 'made', `${index}-${name}.${to}`));
    const all = streams ?? (await streamsOf(path));
    const part = trim && { trim: partOf(trim) };
    const result = copyMovie({
      path,
      copied: ours!,
      streams: all,
      format: to,
      tags,
      ...part,
      ...(videoType && { videoType }),
    });
    copies.push({ path, streams: all, result, ours: ours!, theirs: theirs!, trim, tags, videoType });
  }
  const copied = copies.filter(({ result }) => 'size' in result);
  await run('ffmpeg', [
    ...['-nostdin', '-v', 'error', '-y'],
    ...copied.flatMap(({ path, trim }) => [...(trim?.start ? ['-ss', String(trim.start)] : []), '-i', path]),
    ...copied.flatMap(({ streams, theirs, trim, tags, videoType }, index) => [
      ...streams.flatMap((stream) => ['-map', `${index}:${stream}`]),
      ...['-c', 'copy', '-movflags', '+faststart', '-map_metadata', '-1', '-map_chapters', '-1'],
      ...tags.flatMap(([name, text]) => ['-metadata', `${name}=${text}`]),
      ...(videoType ? ['-tag:v', videoType] : []),
      ...(trim?.length ? ['-t', String(trim.length)] : []),
      theirs,
    ]),
  ]);
  return copies;
}

function partOf({ start = 0, length }: NonNullable<Copied['trim']>): NonNullable<CopyRequest['trim']> {
  return { start: Math.round(start * 1e6), length: length === undefined ? null : Math.round(length * 1e6) };
}

/** Indexes of the video stream and the audio stream. */
async function streamsOf(path: string): Promise<number[]> {
  const shown = ['-v', 'error', '-show_entries', 'stream=index,codec_type', '-of', 'csv=p=0', path];
  const lines = String((await run('ffprobe', shown)).stdout).split('\n');
  return lines.flatMap((line) => (/^\d+,(video|audio)/.test(line) ? [Number.parseInt(line, 10)] : []));
}

/**
 * Returns the times, size, flags and hash of every packet, and the descriptions of the streams and the file. The packets are sorted by
 * stream, because FFmpeg may interleave them differently.
 */
async function readAll(path: string) {
  const packet = 'packet=stream_index,pts_time,dts_time,duration_time,size,flags,data_hash:packet_side_data';
  const shown = ['-show_entries', packet, '-show_data_hash', 'md5', '-show_streams', '-show_format'];
  const { stdout } = await run('ffprobe', ['-v', 'error', ...shown, '-of', 'json', path], { maxBuffer: 2 ** 26 });
  const { packets, streams, format } = JSON.parse(String(stdout));
  const sorted = packets.sort((a: Packet, b: Packet) => a.stream_index - b.stream_index);
  // The name and size of the file, and the program that wrote it, may differ.
  const { filename: _, size: _s, bit_rate: _r, tags, ...described } = format;
  delete tags.encoder;
  return { packets: sorted, streams, format: { ...described, tags } };
}

/** Returns the times in the index. ffprobe shows only values that it derives from them. */
function timesOf(path: string) {
  const file = openBytes(path);
  try {
    const { timescale, duration, tracks } = readMovie(file);
    const times = tracks.map(({ duration, media, edits, samples }) => ({
      ...{ duration, edits, timescale: media.timescale, units: media.duration, hasOffsets: samples.offsets !== null },
    }));
    return { timescale, duration, tracks: times };
  } finally {
    file.close();
  }
}

interface Packet {
  stream_index: number;
}
