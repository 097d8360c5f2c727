import type { RequestListener } from 'node:http';
import { damaged, restructured } from '../../bytes.ts';
import { randomOf } from '../../random.ts';
import { absurdTable, box, FTYP, matroskaNest, matroskaTracks, movie, track, words } from './boxes.ts';
import { bombGif, bombPng, hollowJpeg, swellingPng } from './pictures.ts';
import { withHole } from './seeds.ts';
import { drip, endless, SOURCES } from './sources.ts';
import { heavyAss, playlists } from './texts.ts';

export interface Hostile {
  name: string;
  /** Bytes that the source serves, or a handler with another response. */
  serves: Buffer | RequestListener;
  /** Fields of the request in addition to the input. */
  request: { outputFormat: string; [field: string]: unknown };
}

export interface FloodSize {
  /** Total number of files. */
  files: number;
  /** Duration in seconds that a stream claims with an allowed gap. */
  holeSeconds: number;
  /** Duration in seconds of a video with blurred subtitles. */
  burnSeconds: number;
  /** Side of the large animation, in pixels. */
  gifSide: number;
  /** Height of the single-color picture, which is 8192 pixels wide. */
  stillRows: number;
  /** Height of the picture that is 16,000 pixels wide. */
  wideRows: number;
  /** Number of MiB to which each text of a picture decompresses. */
  swellMib: number;
  /** Number of sources that drip. */
  drips: number;
  /** Number of requests to a source that drips before it returns 404. Each request keeps its job until the minimum rate ends the fetch. */
  dripTries: number;
  /** Number of sources that send bytes endlessly. */
  endless: number;
  seed: number;
}

/**
 * Returns hostile files of every known kind. The rest, up to `files`, are damaged ordinary files. `at` returns the URL that serves the file
 * with a name.
 */
export async function hostileFiles(
  folder: string,
  seeds: Record<string, Buffer>,
  size: FloodSize,
  at: (name: string) => string,
): Promise<Hostile[]> {
  const known = [
    ...hostileLists(at),
    ...hostileSources(size),
    ...hostileMovies(),
    ...(await hostileMatroska(folder, size)),
    ...hostilePictures(size),
    ...hostileSubtitles(seeds['clip.mp4']!, size, at),
    ...mixedFiles(seeds),
  ];
  return [...known, ...damagedFiles(seeds, size.files - known.length, size.seed)].slice(0, size.files);
}

const video = (name: string, serves: Hostile['serves']): Hostile => ({
  name,
  serves,
  request: { outputFormat: 'mp4' },
});
const still = (name: string, serves: Hostile['serves']): Hostile => ({
  name,
  serves,
  request: { outputFormat: 'jpg' },
});

function hostileLists(at: (name: string) => string): Hostile[] {
  return Object.entries(playlists(at('a playlist of itself'))).flatMap(([name, list]) => [
    video(name, list),
    video(`${name}, as an MP4`, Buffer.concat([FTYP, list])),
  ]);
}

function hostileSources({ drips, dripTries, endless: endlessSources }: FloodSize): Hostile[] {
  return [
    ...Object.entries(SOURCES).map(([name, listener]) => video(`a source that ${name}`, listener)),
    ...Array.from({ length: drips }, (_, index) => video(`a source that drips ${index}`, drip(dripTries))),
    ...Array.from({ length: endlessSources }, (_, index) => video(`a source without end ${index}`, endless)),
  ];
}

function hostileMovies(): Hostile[] {
  const streams = Array.from({ length: 10_000 }, (_, id) => track(id + 1, absurdTable('stco')));
  const empty = Array.from({ length: 200_000 }, () => box('free'));
  const immense = [words(1), Buffer.from('moov'), words(0xffffffff, 0xffffffff)];
  return [
    ...(['stsz', 'stts', 'stco', 'stsc'] as const).map((kind) =>
      video(`an MP4 with two thousand million entries in ${kind}`, movie(track(1, absurdTable(kind)))),
    ),
    video('an MP4 of 10,000 streams', movie(...streams)),
    video('an MP4 of boxes in boxes', movie(nested(2000))),
    video('an MP4 of empty boxes', Buffer.concat([FTYP, ...empty])),
    video('an MP4 with a box of 16 EiB', Buffer.concat([FTYP, ...immense])),
  ];
}

async function hostileMatroska(folder: string, { holeSeconds }: FloodSize): Promise<Hostile[]> {
  return [
    video('a Matroska file of 10,000 streams', matroskaTracks(10_000)),
    video('a Matroska file that claims 70 PB', matroskaTracks(1, 2 ** 56 - 2)),
    video('a Matroska file of elements in elements', matroskaNest(3000)),
    video('a Matroska file with a hole of 27 hours', await withHole(folder, 27 * 3600, 'hole-27.mkv')),
    video('a Matroska file with an allowed hole', await withHole(folder, holeSeconds, 'hole.mkv')),
  ];
}

function hostilePictures({ stillRows, wideRows, swellMib, gifSide }: FloodSize): Hostile[] {
  return [
    still(`a PNG of 8192 by ${stillRows} pixels`, bombPng(8192, stillRows)),
    still(`a PNG of 16,000 by ${wideRows} pixels`, bombPng(16_000, wideRows, 100)),
    still('a PNG of 4,000 million pixels', bombPng(65_000, 65_000, 1)),
    still('a PNG of swelling texts', swellingPng(swellMib * 2 ** 20)),
    still('a JPEG of 65,535 a side', hollowJpeg(65_535, 65_535)),
    still('a JPEG without its picture', hollowJpeg(8000, 4000)),
    {
      name: 'a GIF of 1,000 large frames',
      serves: bombGif(gifSide, gifSide, 1000),
      request: { outputFormat: 'mp4', options: [seconds(0.5)] },
    },
    still('a GIF beyond every size', bombGif(65_535, 65_535, 3)),
  ];
}

function hostileSubtitles(clip: Buffer, { burnSeconds }: FloodSize, at: (name: string) => string): Hostile[] {
  const burn = (name: string) => ({ option: '-vf', argument: `subtitles='${at(name)}'` });
  const request = (...options: object[]) => ({ outputFormat: 'mp4', options });
  return [
    video('subtitles as a video', heavyAss(2000)),
    {
      name: '2,000 blurred subtitles',
      serves: clip,
      request: request(burn('heavy.ass'), seconds(burnSeconds)),
    },
    { name: 'subtitles that are a video', serves: clip, request: request(burn('clip.mp4')) },
  ];
}

/** Returns halves of good files, and files that combine two kinds. */
function mixedFiles(seeds: Record<string, Buffer>): Hostile[] {
  const halves = ['clip.mp4', 'clip.mkv', 'clip.ts', 'tone.flac', 'still.png', 'still.jpg'].map((name): Hostile => {
    const file = seeds[name]!;
    const outputFormat = /^still/.test(name) ? 'jpg' : 'mp3';
    return { name: `half of ${name}`, serves: file.subarray(0, file.length / 2), request: { outputFormat } };
  });
  const program = Buffer.concat([Buffer.from('\x7fELF\x02\x01\x01'), Buffer.alloc(4096)]);
  const heads = { 'an archive': Buffer.from('PK\x03\x04'), 'a program': program };
  const behind = Object.entries(heads).flatMap(([name, head]) => [
    video(name, Buffer.concat([head, seeds['clip.mp4']!])),
    video(`${name} behind a picture`, Buffer.concat([seeds['still.jpg']!, head, seeds['clip.mp4']!])),
  ]);
  return [...halves, ...behind];
}

function damagedFiles(seeds: Record<string, Buffer>, count: number, seed: number): Hostile[] {
  const random = randomOf(seed);
  const ordinary = Object.entries(seeds).filter(([name]) => !name.startsWith('moving'));
  return Array.from({ length: Math.max(count, 0) }, (_, index): Hostile => {
    const [name, file] = ordinary[index % ordinary.length]!;
    const change = /mp4|wav/.test(name) && random.chance(0.5) ? restructured : damaged;
    const outputFormat = /^still/.test(name) ? 'jpg' : random.chance(0.5) ? 'mp3' : 'mp4';
    return { name: `damaged ${name} ${index}`, serves: change(random, file), request: { outputFormat } };
  });
}

/** Returns files that hostile jobs name in addition to their input. */
export const helpers = (seeds: Record<string, Buffer>): Record<string, Buffer> => ({
  'heavy.ass': heavyAss(2000),
  'clip.mp4': seeds['clip.mp4']!,
});

const seconds = (count: number) => ({ option: '-t', argument: String(count) });

function nested(depth: number): Buffer {
  let inner = box('trak');
  for (let level = 0; level < depth; level += 1) inner = box('trak', inner);
  return inner;
}
