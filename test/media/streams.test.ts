import { readFile, writeFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { OutputFormat } from '../../src/contract/formats.ts';
import { colourAt, loudness, openWorkshop, type Workshop } from './helpers.ts';

const SMALL = ['-f', 'lavfi', '-i', 'color=red:s=160x90:r=1:d=2'];
const LARGE = ['-f', 'lavfi', '-i', 'color=lime:s=640x360:r=25:d=2'];
const SILENCE = ['-f', 'lavfi', '-t', '2', '-i', 'anullsrc=r=48000:cl=mono'];
const TONE = ['-f', 'lavfi', '-i', 'sine=440:r=48000:d=2'];
const ENCODED = ['-c:v', 'libx264', '-preset', 'ultrafast', '-g', '12', '-pix_fmt', 'yuv420p', '-c:a', 'aac'];
const MAPS = ['0', '2', '1', '3'].flatMap((input) => ['-map', input]);
const TRACKS = [...SMALL, ...LARGE, ...SILENCE, ...TONE, ...MAPS, ...ENCODED];
const SECOND_IS_DEFAULT = [
  '-disposition:v:0',
  '0',
  '-disposition:a:0',
  '0',
  '-disposition:v:1',
  'default',
  '-disposition:a:1',
  'default',
];
const PROGRAMS = ['-program', 'title=A:st=0:st=1', '-program', 'title=B:st=2:st=3'];

let shop: Workshop;
beforeAll(async () => {
  shop = await openWorkshop();
});
afterAll(() => shop.remove());

const isGreen = async (path: string) => {
  const [red, green] = await colourAt(path, { x: 0.5, y: 0.5 });
  return green > 180 && red < 80;
};

describe('a file with several video and audio streams', () => {
  it.each([
    ['enabled tracks of an MP4', 'tracks.mp4', SECOND_IS_DEFAULT],
    ['default tracks of a Matroska file', 'tracks.mkv', SECOND_IS_DEFAULT],
    ['the program of a transport stream with the larger picture', 'programs.ts', PROGRAMS],
  ])('is shown and heard by %s', async (_, name, flags) => {
    const source = await shop.make(name, [...TRACKS, ...flags]);
    const formats: OutputFormat[] = ['mp4', 'webm', 'gif', 'jpg'];
    for (const outputFormat of formats) {
      const { path, info } = await shop.transcode([source], { outputFormat });
      expect([outputFormat, await isGreen(path)]).toEqual([outputFormat, true]);
      expect(info.video[0]).toMatchObject({ width: 640, height: 360 });
      if (info.audio.length > 0) expect(await loudness(path, 0.5, 1)).toBeGreaterThan(-40);
    }
    const { path } = await shop.transcode([source], { outputFormat: 'mp3' });
    expect(await loudness(path, 0.5, 1)).toBeGreaterThan(-40);
    const still = await shop.transcode([source], { outputFormat: 'jpg', still: { at: 1 } });
    expect(await isGreen(still.path)).toBe(true);
    const joined = await shop.transcode([source, source], { outputFormat: 'mp4' });
    expect([await isGreen(joined.path), joined.info.video[0]!.width]).toEqual([true, 640]);
    expect(await loudness(joined.path, 2.5, 1)).toBeGreaterThan(-40);
  });

  it('shows its enabled Matroska track, even if the disabled track is larger', async () => {
    const maps = ['-map', '1', '-map', '0', '-disposition:v:0', '0', '-disposition:v:1', 'default'];
    const source = await shop.make('disabled.mkv', [...SMALL, ...LARGE, ...maps, ...ENCODED]);
    const bytes = await readFile(source);
    const isDefault = Buffer.from('888100', 'hex');
    const isEnabled = Buffer.from('b98100', 'hex');
    // Only the first track becomes disabled. Without a default flag, it counts as a default track.
    const disabled = `${source}.disabled.mkv`;
    bytes.set(isEnabled, bytes.indexOf(isDefault));
    await writeFile(disabled, bytes);
    const { info } = await shop.transcode([disabled], { outputFormat: 'mp4' });
    expect(info.video[0]).toMatchObject({ width: 160, height: 90 });
  });

  it('has the same main streams in a filter graph as in a plain output', async () => {
    const source = await shop.make('programs.ts', [...TRACKS, ...PROGRAMS]);
    const request = { outputFormat: 'mp4' as const, filters: [{ filter: '[0:v]hflip[v];[0:a]volume=1[a]' }] };
    const { path, info } = await shop.transcode([source], request);
    expect([await isGreen(path), info.video[0]!.width]).toEqual([true, 640]);
    expect(await loudness(path, 0.5, 1)).toBeGreaterThan(-40);
  });

  it('keeps the streams that -map chooses', async () => {
    const source = await shop.make('programs.ts', [...TRACKS, ...PROGRAMS]);
    const options = [
      { option: '-map', argument: '0:v:0' },
      { option: '-map', argument: '0:a:0' },
    ];
    const { path, info } = await shop.transcode([source], { outputFormat: 'mp4', options });
    expect([await isGreen(path), info.video[0]!.width]).toEqual([false, 160]);
    expect(await loudness(path, 0.5, 1)).toBeLessThan(-60);
  });
});
