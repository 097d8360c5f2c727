import { join } from 'node:path';
// @ts-expect-error It has no types.
import { parse as parseMpd } from 'mpd-parser';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { run } from '../../testkit/run.ts';
import { makeUnlikeSources, UNLIKE_RUNGS, UNLIKE_SOURCES } from '../../testkit/unlike-sources.ts';
import { openWorkshop, type Workshop } from './helpers.ts';
import { decode, type LadderWorkshop, ladderWorkshop, readPlaylist, text } from './ladders.ts';

let shop: Workshop;
let ladders: LadderWorkshop;
let sources: Record<string, string>;
beforeAll(async () => {
  shop = await openWorkshop();
  ladders = ladderWorkshop(shop);
  sources = await makeUnlikeSources(shop.dir);
}, 120_000);
afterAll(() => shop?.remove());

/** Returns the times of the key frames in seconds. */
async function keyFramesOf(directory: string, name: string): Promise<number[]> {
  const fields = ['-select_streams', 'v', '-show_entries', 'packet=pts_time,flags', '-of', 'csv=p=0'];
  const { stdout } = await run('ffprobe', ['-v', 'error', ...fields, join(directory, name, 'index.m3u8')]);
  return stdout.split('\n').flatMap((line) => (line.includes(',K') ? [Number(line.split(',')[0])] : []));
}

/** Returns the times in seconds at which the segments of a playlist begin. */
async function startsOf(directory: string, name: string): Promise<number[]> {
  const { segments } = await readPlaylist(directory, `${name}/index.m3u8`);
  const starts = [0];
  for (const { duration } of segments as { duration: number }[]) starts.push(starts.at(-1)! + duration);
  return starts.slice(0, -1);
}

describe('a ladder of an unusual source', () => {
  it.each(Object.entries(UNLIKE_SOURCES))(
    'a ladder of an unusual source with %s has segments that begin with key frames at the same times in all renditions',
    async (name, { size: [width, height], frameRate, hasAudio }) => {
      const { directory, renditions } = await ladders.cut(sources[name]!, { rungs: UNLIKE_RUNGS });
      const master = await readPlaylist(directory, 'master.m3u8');
      const [small, large] = master.playlists;
      expect(large.attributes).toMatchObject({ RESOLUTION: { width, height }, 'FRAME-RATE': frameRate });
      const codecs = hasAudio ? /^avc1\.6400[0-9a-f]{2},mp4a\.40\.2$/ : /^avc1\.6400[0-9a-f]{2}$/;
      for (const { attributes } of [small, large]) expect(attributes.CODECS).toMatch(codecs);
      expect(Object.keys(master.mediaGroups.AUDIO)).toEqual(hasAudio ? ['audio'] : []);

      const names = renditions.map(({ width: w, height: h }) => `${Math.min(w, h)}p`);
      const starts = await startsOf(directory, names[0]!);
      expect(starts).toEqual([0, expect.closeTo(2, 1), expect.closeTo(4, 1)]);
      expect(await startsOf(directory, names[1]!)).toEqual(starts);
      const keys = await keyFramesOf(directory, names[0]!);
      expect(await keyFramesOf(directory, names[1]!)).toEqual(keys);
      const first = keys[0]!;
      for (const start of starts) expect(keys.some((key) => Math.abs(key - first - start) < 0.001)).toBe(true);

      const mpd = parseMpd(await text(directory, 'manifest.mpd'), { manifestUri: 'https://example.com/' });
      expect(mpd.playlists.map(({ segments }: { segments: unknown[] }) => segments.length)).toEqual([3, 3]);
      expect(mpd.playlists[0].attributes).toMatchObject({ RESOLUTION: { width, height } });
      expect(await decode(join(directory, 'master.m3u8'))).toBe('');
    },
    30_000,
  );
});
