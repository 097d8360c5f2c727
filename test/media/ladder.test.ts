import { readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
// @ts-expect-error It has no types.
import { parse as parseMpd } from 'mpd-parser';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { packageLadder } from '../../src/sanitizer/ladder/package-ladder.ts';
import type { LadderRequest as PackageRequest } from '../../src/sanitizer/ladder/types.ts';
import { run } from '../../testkit/run.ts';
import { openWorkshop, type Workshop } from './helpers.ts';
import { type CutLadder, decode, type LadderWorkshop, ladderWorkshop, readPlaylist, text } from './ladders.ts';

let shop: Workshop;
let cut: LadderWorkshop['cut'];
let encode: LadderWorkshop['encode'];
/** A clip of 5.2 seconds at 29.97 frames per second, with sound. */
let clip: string;
beforeAll(async () => {
  shop = await openWorkshop();
  ({ cut, encode } = ladderWorkshop(shop));
  const sources = ['testsrc2=s=640x360:r=30000/1001:d=5.2', 'sine=d=5.2'].flatMap((source) => [
    '-f',
    'lavfi',
    '-i',
    source,
  ]);
  clip = await shop.make('clip.mp4', [...sources, '-c:v', 'libx264', '-preset', 'ultrafast', '-c:a', 'aac']);
});
afterAll(() => shop?.remove());

let count = 0;

const RUNGS = [{ height: 360 }, { height: 180, bitrate: '200k' }];

describe('a ladder of two rungs', () => {
  let made: CutLadder;
  beforeAll(async () => {
    made = await cut(clip, { rungs: RUNGS });
  });

  it('has a master playlist with codecs, sizes, rates and one group of audio', async () => {
    const master = await readPlaylist(made.directory, 'master.m3u8');
    expect(master.independentSegments).toBe(true);
    expect(Object.keys(master.mediaGroups.AUDIO)).toEqual(['audio']);
    const variants = master.playlists.map(({ attributes, uri }: { attributes: object; uri: string }) => ({
      ...attributes,
      uri,
    }));
    expect(variants).toEqual([
      expect.objectContaining({ uri: '180p/index.m3u8', RESOLUTION: { width: 320, height: 180 }, AUDIO: 'audio' }),
      expect.objectContaining({ uri: '360p/index.m3u8', RESOLUTION: { width: 640, height: 360 }, 'FRAME-RATE': 29.97 }),
    ]);
    expect(made.renditions.map(({ width, frameRate }) => [width, Math.round(frameRate * 1000)])).toEqual([
      [640, 29970],
      [320, 29970],
    ]);
    for (const { codecs } of made.renditions) expect(codecs).toMatch(/^avc1\.6400[0-9a-f]{2},mp4a\.40\.2$/);
    expect(await text(made.directory, 'master.m3u8')).toContain('#EXT-X-I-FRAME-STREAM-INF');
  });

  it('states the codec of its decoder configuration', async () => {
    for (const [index, height] of [360, 180].entries()) {
      const path = join(made.directory, `${height}p`, 'index.m3u8');
      const { stdout } = await run('ffprobe', ['-v', 'error', '-show_streams', '-of', 'json', path]);
      const [stream] = JSON.parse(stdout).streams;
      expect(stream.profile).toBe('High');
      const level = Number.parseInt(made.renditions[index]!.codecs.slice(9, 11), 16);
      expect(level).toBe(stream.level);
    }
  });

  it('begins every segment of every rung with a key frame at the same time', async () => {
    const starts = await Promise.all(
      ['360p', '180p'].map(async (name) => {
        const init = await readFile(join(made.directory, name, 'init.mp4'));
        const times: string[] = [];
        for (const number of [1, 2, 3]) {
          const segment = await readFile(join(made.directory, name, `segment-0000${number}.m4s`));
          const path = join(shop.dir, `${name}-${number}.mp4`);
          await writeFile(path, Buffer.concat([init, segment]));
          const fields = ['-show_entries', 'packet=pts_time,flags', '-select_streams', 'v', '-of', 'csv=p=0'];
          const { stdout } = await run('ffprobe', ['-v', 'error', ...fields, path]);
          const [time, flags] = stdout.split('\n')[0]!.split(',');
          expect(flags).toMatch(/^K/);
          times.push(time!);
        }
        return times;
      }),
    );
    expect(starts[0]).toEqual(starts[1]);
    expect(starts[0]!.map(Number)).toEqual([0, expect.closeTo(2.002, 3), expect.closeTo(4.004, 3)]);
  });

  it('is decoded completely and without an error, from every manifest and every list of key frames', async () => {
    for (const path of ['master.m3u8', 'manifest.mpd', '360p/iframes.m3u8']) {
      expect(await decode(join(made.directory, path))).toBe('');
    }
    const frames = ['-count_frames', '-show_entries', 'stream=nb_read_frames', '-of', 'csv=p=0'];
    const { stdout } = await run('ffprobe', ['-v', 'error', ...frames, join(made.directory, '360p/index.m3u8')]);
    expect(Number.parseInt(stdout, 10)).toBe(156);
  });

  it('states a bandwidth that no sequence of segments exceeds', async () => {
    const audio = await bitRateOf(made.directory, 'audio');
    for (const [index, name] of ['360p', '180p'].entries()) {
      const video = await bitRateOf(made.directory, name);
      const { bandwidth, averageBandwidth } = made.renditions[index]!;
      expect(bandwidth).toBeGreaterThanOrEqual(Math.floor(video.peak + audio.peak));
      expect(averageBandwidth).toBeLessThanOrEqual(bandwidth);
      expect(averageBandwidth).toBeCloseTo(video.average + audio.average, -2);
    }
  });

  it('has a DASH manifest that lists the same segments as the HLS playlists', async () => {
    const manifest = parseMpd(await text(made.directory, 'manifest.mpd'), { manifestUri: 'https://example.com/' });
    expect(manifest.duration).toBeCloseTo(5.2, 1);
    expect(manifest.playlists.map(({ attributes }: { attributes: { NAME: string } }) => attributes.NAME)).toEqual([
      '360p',
      '180p',
    ]);
    for (const { segments, attributes } of manifest.playlists) {
      expect(segments.map(({ resolvedUri }: { resolvedUri: string }) => resolvedUri)).toEqual(
        [1, 2, 3].map((number) => `https://example.com/${attributes.NAME}/segment-0000${number}.m4s`),
      );
    }
    expect(manifest.mediaGroups.AUDIO.audio.main.playlists[0].segments).toHaveLength(3);
  });
});

/** Returns the average bit rate, and the highest bit rate of a segment that has at least half of the target duration. */
async function bitRateOf(directory: string, name: string): Promise<{ peak: number; average: number }> {
  const { segments, targetDuration } = await readPlaylist(directory, `${name}/index.m3u8`);
  let [peak, bytes, seconds] = [0, 0, 0];
  for (const { uri, duration } of segments) {
    const { size } = await stat(join(directory, name, uri));
    if (duration >= targetDuration / 2) peak = Math.max(peak, (8 * size) / duration);
    bytes += size;
    seconds += duration;
  }
  return { peak, average: (8 * bytes) / seconds };
}

describe('a ladder', () => {
  it('a ladder of every codec has segments that begin at the same times', async () => {
    const rungs = (['h264', 'hevc', 'av1', 'vp9'] as const).map((codec) => ({ height: 180, codec }));
    const { directory, renditions } = await cut(clip, { rungs });
    expect(renditions.map(({ codecs }) => codecs.split('.')[0])).toEqual(['avc1', 'hvc1', 'av01', 'vp09']);
    expect(await decode(join(directory, 'master.m3u8'))).toBe('');
  }, 60_000);

  it.each<[string, string[], string]>([
    ['one frame', ['-f', 'lavfi', '-i', 'testsrc2=s=128x72:r=25:d=0.04', '-c:v', 'mpeg4'], '72p/index.m3u8'],
    ['no sound and an odd size', ['-f', 'lavfi', '-i', 'testsrc2=s=129x73:r=10:d=1', '-c:v', 'png'], '72p/index.m3u8'],
  ])('a ladder of a video of %s is decoded without an error', async (_, args, playlist) => {
    const file = await shop.make(`small-${++count}.mov`, args);
    const { directory } = await cut(file, {});
    expect(await decode(join(directory, playlist))).toBe('');
    expect(await text(directory, 'master.m3u8')).not.toContain('AUDIO');
  });

  it('a ladder of several inputs shows one after the other in the frame of the first, with silence for an input without sound', async () => {
    const silent = await shop.make('silent.mp4', [
      ...['-f', 'lavfi', '-i', 'testsrc2=s=160x120:r=25:d=2.2', '-c:v', 'libx264', '-preset', 'ultrafast'],
    ]);
    const { directory, renditions, durationSeconds } = await cut([clip, silent], { rungs: RUNGS });
    expect(renditions.map(({ width, height }) => `${width}x${height}`)).toEqual(['640x360', '320x180']);
    expect(durationSeconds).toBeCloseTo(7.4, 0);
    for (const name of ['360p', '180p', 'audio']) {
      const { segments } = await readPlaylist(directory, `${name}/index.m3u8`);
      const seconds = segments.reduce((sum: number, { duration }: { duration: number }) => sum + duration, 0);
      expect([segments.length, seconds]).toEqual([4, expect.closeTo(7.4, 0)]);
    }
    expect(await decode(join(directory, 'master.m3u8'))).toBe('');
  });

  it('a ladder of a video without key frames is empty, because no frame can be decoded', async () => {
    const file = join(shop.dir, 'keyless.mkv');
    const packets = ['-c', 'copy', '-an', '-bsf:v', "noise=drop='eq(n,0)'"];
    await run('ffmpeg', ['-v', 'error', '-i', clip, ...packets, file]);
    expect(packageLadder(await encode(file, { rungs: [{ height: 180 }] }))).toMatchObject({ isEmpty: true });
  });

  it('a ladder with subtitles names them in both manifests, and players read their texts', async () => {
    const path = join(shop.dir, 'subtitles.srt');
    await writeFile(path, '1\n00:00:01,000 --> 00:00:02,500\n<i>Hello</i> & goodbye\n');
    const subtitles = { path, name: 'subtitles' };
    const { directory } = await cut(clip, { rungs: [{ height: 180 }] }, { subtitles });
    const master = await readPlaylist(directory, 'master.m3u8');
    expect(master.mediaGroups.SUBTITLES.subtitles.Subtitles).toMatchObject({ uri: 'subtitles/index.m3u8' });
    expect(master.playlists[0].attributes.SUBTITLES).toBe('subtitles');
    const { segments } = await readPlaylist(directory, 'subtitles/index.m3u8');
    expect(segments).toMatchObject([{ uri: 'segment-00001.vtt', duration: expect.closeTo(5.2, 1) }]);
    const mpd = parseMpd(await text(directory, 'manifest.mpd'), { manifestUri: 'https://example.com/' });
    const [dash] = Object.values(mpd.mediaGroups.SUBTITLES.subs) as { playlists: { resolvedUri: string }[] }[];
    expect(dash!.playlists[0]!.resolvedUri).toBe('https://example.com/subtitles/segment-00001.vtt');
    const { stdout } = await run('ffmpeg', [
      ...['-v', 'error', '-allowed_extensions', 'ALL', '-i', join(directory, 'subtitles/index.m3u8')],
      ...['-f', 'srt', '-'],
    ]);
    expect(stdout).toContain('00:00:01,000 --> 00:00:02,500\n<i>Hello</i> & goodbye');
  });

  it('a ladder that is encrypted plays with its key, and has no list of key frames', async () => {
    const key = Buffer.from('00112233445566778899aabbccddeeff', 'hex');
    const { directory } = await cut(clip, { format: 'hls', rungs: [{ height: 180 }] }, { key });
    expect(await text(directory, '180p/index.m3u8')).toContain('#EXT-X-KEY:METHOD=AES-128,URI="../key.bin"');
    expect(await text(directory, 'master.m3u8')).not.toContain('I-FRAME');
    await writeFile(join(directory, 'key.bin'), key);
    expect(await decode(join(directory, 'master.m3u8'))).toBe('');
    await rm(join(directory, 'key.bin'));
    await expect(decode(join(directory, '180p/index.m3u8'))).rejects.toThrow();
  });
});

describe('a file that a hostile cell has written instead of a rendition', () => {
  let request: PackageRequest;
  beforeAll(async () => {
    request = await encode(clip, { rungs: [{ height: 180 }] });
  });

  async function reasonFor(args: readonly string[] | null, changes: Partial<PackageRequest> = {}): Promise<string> {
    const path = join(shop.dir, `hostile-${++count}.mp4`);
    if (args === null) await writeFile(path, 'nothing that is a movie');
    else await run('ffmpeg', ['-v', 'error', '-i', clip, ...args, path]);
    const [first] = request.renditions;
    const directory = join(shop.dir, `hostile-${count}`);
    const result = packageLadder({
      ...request,
      renditions: [first!, { ...first!, paths: [path], name: 'other' }],
      directory,
      maxFiles: 100,
      ...changes,
    });
    return 'reason' in result ? result.reason : 'accepted';
  }
  const SMALL = ['-vf', 'scale=320:180', '-an'];

  it.each<[string, string[] | null, RegExp]>([
    ['text', null, /index/],
    ['two streams', ['-vf', 'scale=320:180'], /not one stream/],
    ['another codec', [...SMALL, '-c:v', 'mpeg4'], /not one stream of h264/],
    ['another size', ['-an', '-c:v', 'libx264', '-preset', 'ultrafast'], /another size/],
    ['key frames at other times', [...SMALL, '-c:v', 'libx264', '-g', '25', '-preset', 'ultrafast'], /different times/],
    ['a shorter video', [...SMALL, '-c:v', 'libx264', '-t', '1', '-preset', 'ultrafast'], /different times/],
  ])('is rejected: %s', async (_, args, reason) => {
    expect(await reasonFor(args)).toMatch(reason);
  });

  it('is rejected if it would be split into more files than the plan allows', async () => {
    const copy = ['-i', request.renditions[0]!.paths[0]!, '-map', '1', '-c', 'copy'];
    expect(await reasonFor(copy)).toBe('accepted');
    expect(await reasonFor(copy, { maxFiles: 10 })).toContain('more than 10 files');
  });
});
