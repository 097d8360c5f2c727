import { basename, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  constantRate,
  cutLadder,
  type FrameList,
  type LadderPiece,
  splitLadder,
  withThreads,
} from '../../src/ffmpeg/index.ts';
import { packageLadder } from '../../src/sanitizer/ladder/package-ladder.ts';
import type { LadderRequest as PackageRequest } from '../../src/sanitizer/ladder/types.ts';
import { sanitizeFile } from '../../src/sanitizer/sanitize-file.ts';
import { run } from '../../testkit/run.ts';
import { openWorkshop, type Workshop } from './helpers.ts';
import { decode, type LadderWorkshop, ladderWorkshop, readPlaylist } from './ladders.ts';

let shop: Workshop;
let ladders: LadderWorkshop;
beforeAll(async () => {
  shop = await openWorkshop();
  ladders = ladderWorkshop(shop);
});
afterAll(() => shop?.remove());

/** Sources with their frame rate and options of the encoder. No key frame is at the start of a segment. */
const SOURCES: [string, string, string[]][] = [
  ['29.97 frames per second', '30000/1001', ['-g', '37']],
  ['25 frames per second with closed groups of pictures', '25', ['-g', '40', '-bf', '3']],
  ['few key frames', '24', ['-g', '150', '-keyint_min', '150']],
];
const RUNGS = [{ height: 144 }, { height: 72, bitrate: '100k' }];

async function framesOf(file: string): Promise<FrameList> {
  const read = { path: file, demuxer: 'mov', target: null, mediaBytes: null, frames: true };
  const { frames } = await sanitizeFile(read);
  if (!frames) throw new Error('the frames are not listed');
  return frames;
}

/** Encodes a ladder in three pieces. Returns the pieces, and the request that packages them. */
async function encodePieces(file: string): Promise<{ request: PackageRequest; pieces: LadderPiece[] }> {
  const { plan, recipe } = await ladders.plan([file], { rungs: RUNGS });
  const frames = await framesOf(file);
  const rate = constantRate(frames)!;
  const command = splitLadder(plan, recipe, { frames, rate });
  if (typeof command === 'string') throw new Error(command);
  const pieces = cutLadder(frames, { rate, segmentSeconds: 2, slots: 3, least: 4 });
  if (!pieces) throw new Error('not cut');
  const folders: string[] = [];
  for (const piece of pieces) folders.push(await ladders.ffmpeg(withThreads(command.piece(piece), 1), [file]));
  const audio = await ladders.ffmpeg(withThreads(command.audio!, 1), [file]);
  const request = {
    renditions: recipe.renditions.map((part) => ({
      ...part,
      paths: folders.map((folder) => join(folder, basename(part.path))),
    })),
    audio: { ...recipe.audio!, paths: [join(audio, 'output.mp4')] },
    pieces: { rate, frames: pieces.map(({ frames: count }) => count) },
    subtitles: null,
    ...{ segmentSeconds: 2, manifests: recipe.manifests, key: null, directory: join(audio, 'tree'), maxFiles: 1000 },
  };
  return { request, pieces };
}

async function shape(directory: string, name: string) {
  const { segments, targetDuration } = await readPlaylist(directory, `${name}/index.m3u8`);
  return { targetDuration, durations: segments.map(({ duration }: { duration: number }) => duration) };
}

/** Returns the key frames and the number of decoded frames of a rendition. One ffprobe process reads both. */
async function readFrames(directory: string, name: string): Promise<{ keys: string[]; count: number }> {
  const fields = ['-show_entries', 'packet=pts_time,flags:stream=nb_read_frames', '-of', 'csv=p=0'];
  const args = ['-v', 'error', '-select_streams', 'v', '-count_frames', ...fields];
  const { stdout } = await run('ffprobe', [...args, join(directory, name, 'index.m3u8')]);
  const lines = stdout.split('\n');
  const count = lines.find((line) => /^\d+,?$/.test(line));
  return { keys: lines.filter((line) => line.includes(',K')), count: Number.parseInt(count!, 10) };
}

describe('a ladder that is encoded in pieces', () => {
  it.each(SOURCES)(
    'has the same segments and key frames as a ladder that is encoded as a whole: %s',
    async (_, rate, gop) => {
      const clip = await shop.make(`clip-${rate.replace('/', '-')}.mp4`, [
        ...['-f', 'lavfi', '-i', `testsrc2=s=256x144:r=${rate}:d=14.3`, '-f', 'lavfi', '-i', 'sine=d=14.3'],
        ...['-c:v', 'libx264', '-preset', 'ultrafast', '-sc_threshold', '0', ...gop, '-c:a', 'aac'],
      ]);
      const one = await ladders.cut(clip, { rungs: RUNGS });
      const { request, pieces } = await encodePieces(clip);
      expect(pieces).toHaveLength(3);
      expect(pieces.some(({ first, key }) => first > key)).toBe(true);
      const made = packageLadder(request);
      if ('reason' in made) throw new Error(made.reason);
      expect(made.durationSeconds).toBe(one.durationSeconds);
      const ofEach = (facts: typeof made) =>
        facts.renditions.map(({ bandwidth: _b, averageBandwidth: _a, ...rest }) => rest);
      expect(ofEach(made)).toEqual(ofEach(one));
      for (const name of ['144p', '72p', 'audio'])
        expect(await shape(request.directory, name)).toEqual(await shape(one.directory, name));
      for (const name of ['144p', '72p']) {
        const read = await readFrames(request.directory, name);
        expect(read).toEqual(await readFrames(one.directory, name));
        expect([read.keys.length > 3, read.count > 300]).toEqual([true, true]);
      }
      expect(await decode(join(request.directory, 'master.m3u8'))).toBe('');
    },
  );

  describe('a ladder with pieces that a hostile cell has written', () => {
    let request: PackageRequest;
    beforeAll(async () => {
      const clip = await shop.make('short.mp4', [
        ...['-f', 'lavfi', '-i', 'testsrc2=s=256x144:r=10:d=12.1', '-f', 'lavfi', '-i', 'sine=d=12.1'],
        ...['-c:v', 'libx264', '-preset', 'ultrafast', '-g', '13', '-c:a', 'aac'],
      ]);
      request = (await encodePieces(clip)).request;
    }, 60_000);

    const { rate } = { rate: { num: 10, den: 1 } };
    /** Returns the request with another file as the second piece of the first rendition. */
    const withPiece = (path: string): Partial<PackageRequest> => {
      const [first, ...others] = request.renditions as [
        PackageRequest['renditions'][0],
        ...PackageRequest['renditions'],
      ];
      return { renditions: [{ ...first, paths: first.paths.with(1, path) }, ...others] };
    };
    const remade =
      (...args: string[]) =>
      async () => {
        const [{ paths }] = request.renditions as [PackageRequest['renditions'][0]];
        const folder = await ladders.ffmpeg(['-v', 'error', '-i', paths[1]!, ...args, '/out/piece.mp4'], []);
        return withPiece(join(folder, 'piece.mp4'));
      };

    it.each<[string, () => Promise<Partial<PackageRequest>> | Partial<PackageRequest>, RegExp]>([
      [
        'a frame less',
        () => ({ pieces: { rate, frames: [40, 41, 41] } }),
        /piece \(2\) that has 40 frames instead of 41/,
      ],
      ['a piece less', () => ({ pieces: { rate, frames: [40, 40] } }), /another number of pieces/],
      ['the piece of another rendition', () => withPiece(request.renditions[1]!.paths[1]!), /another size/],
      ['another frame rate', remade('-r', '20', '-c:v', 'libx264', '-frames:v', '40'), /piece \(2\)/],
      ['other parameters', remade('-c:v', 'libx264', '-profile:v', 'main', '-bf', '3'), /other parameters/],
    ])('is rejected for %s', async (_, changes, reason) => {
      const result = packageLadder({ ...request, ...(await changes()), directory: join(shop.dir, `tree-${++trees}`) });
      expect('reason' in result && result.reason).toMatch(reason);
    });
  });
});

let trees = 0;
