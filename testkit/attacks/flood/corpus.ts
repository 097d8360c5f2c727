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
  /** What the source serves: bytes, or a custom response. */
  serves: Buffer | RequestListener;
  /** Fields of the request in addition to the input. */
  request: { outputFormat: string; [field: string]: unknown };
}

export interface FloodSize {
  /** Total number of files. */
  files: number;
  /** Duration that a stream claims with an allowed gap. */
  holeSeconds: number;
  /** Seconds of video with blurred subtitles. */
  burnSeconds: number;
  /** Side of the large animation, in pixels. */
  gifSide: number;
  /** Height of the single-color picture, which is 8192 pixels wide. */
  stillRows: number;
  /** Number of sources that drip. */
  drips: number;
  /** Requests to such a source before it returns 404. Each one keeps its job until the minimum rate ends it. */
  dripTries: number;
  /** Number of sources that send endlessly. */
  endless: number;
  seed: number;
}

/**
 * Hostile files of every known kind; the rest, up to `files`, are damaged ordinary files. `at` returns the URL that
 * serves the file of that name.
 */
export async function hostileFiles(
  folder: string,
  seeds: Record<string, Buffer>,
  size: FloodSize,
  at: (name: string) => string,
): Promise<Hostile[]> {
  const clip = seeds['clip.mp4']!;
  const files: Hostile[] = [];
  const add = (name: string, serves: Hostile['serves'], request: Hostile['request']) =>
    files.push({ name, serves, request });
  const video = (name: string, serves: Hostile['serves']) => add(name, serves, { outputFormat: 'mp4' });
  const still = (name: string, serves: Hostile['serves']) => add(name, serves, { outputFormat: 'jpg' });

  for (const [name, list] of Object.entries(playlists(at('a playlist of itself')))) {
    video(name, list);
    video(`${name}, as an MP4`, Buffer.concat([FTYP, list]));
  }
  for (const [name, answer] of Object.entries(SOURCES)) video(`a source that ${name}`, answer);
  for (let index = 0; index < size.drips; index += 1) video(`a source that drips ${index}`, drip(size.dripTries));
  for (let index = 0; index < size.endless; index += 1) video(`a source without end ${index}`, endless);

  for (const kind of ['stsz', 'stts', 'stco', 'stsc'] as const) {
    video(`an MP4 with two thousand million entries in ${kind}`, movie(track(1, absurdTable(kind))));
  }
  video(
    'an MP4 of 10,000 streams',
    movie(...Array.from({ length: 10_000 }, (_, id) => track(id + 1, absurdTable('stco')))),
  );
  video('an MP4 of boxes in boxes', movie(nested(2000)));
  video(
    'an MP4 of empty boxes',
    Buffer.concat([FTYP, Buffer.concat(Array.from({ length: 200_000 }, () => box('free')))]),
  );
  video(
    'an MP4 with a box of 16 EiB',
    Buffer.concat([FTYP, words(1), Buffer.from('moov'), words(0xffffffff, 0xffffffff)]),
  );
  video('a Matroska file of 10,000 streams', matroskaTracks(10_000));
  video('a Matroska file that claims 70 PB', matroskaTracks(1, 2 ** 56 - 2));
  video('a Matroska file of elements in elements', matroskaNest(3000));
  video('a Matroska file with a hole of 27 hours', await withHole(folder, 27 * 3600, 'hole-27.mkv'));
  video('a Matroska file with an allowed hole', await withHole(folder, size.holeSeconds, 'hole.mkv'));

  still(`a PNG of 8192 by ${size.stillRows} pixels`, bombPng(8192, size.stillRows));
  still('a PNG of 16,000 a side', bombPng(16_000, 2000, 100));
  still('a PNG of 4,000 million pixels', bombPng(65_000, 65_000, 1));
  still('a PNG of swelling texts', swellingPng(32 * 2 ** 20));
  still('a JPEG of 65,535 a side', hollowJpeg(65_535, 65_535));
  still('a JPEG without its picture', hollowJpeg(8000, 4000));
  add('a GIF of 1,000 large frames', bombGif(size.gifSide, size.gifSide, 1000), {
    outputFormat: 'mp4',
    options: [seconds(0.5)],
  });
  still('a GIF beyond every size', bombGif(65_535, 65_535, 3));

  const ass = heavyAss(2000);
  video('subtitles as a video', ass);
  add('2,000 blurred subtitles', clip, {
    outputFormat: 'mp4',
    options: [{ option: '-vf', argument: `subtitles='${at('heavy.ass')}'` }, seconds(size.burnSeconds)],
  });
  add('subtitles that are a video', clip, {
    outputFormat: 'mp4',
    options: [{ option: '-vf', argument: `subtitles='${at('clip.mp4')}'` }],
  });

  for (const name of ['clip.mp4', 'clip.mkv', 'clip.ts', 'tone.flac', 'still.png', 'still.jpg']) {
    const file = seeds[name]!;
    add(`half of ${name}`, file.subarray(0, file.length / 2), { outputFormat: /^still/.test(name) ? 'jpg' : 'mp3' });
  }
  const program = Buffer.concat([Buffer.from('\x7fELF\x02\x01\x01'), Buffer.alloc(4096)]);
  for (const [name, head] of Object.entries({ 'an archive': Buffer.from('PK\x03\x04'), 'a program': program })) {
    video(name, Buffer.concat([head, clip]));
    video(`${name} behind a picture`, Buffer.concat([seeds['still.jpg']!, head, clip]));
  }

  const random = randomOf(size.seed);
  const damage = Object.entries(seeds).filter(([name]) => !name.startsWith('moving'));
  for (let index = 0; files.length < size.files; index += 1) {
    const [name, file] = damage[index % damage.length]!;
    const change = /mp4|wav/.test(name) && random.chance(0.5) ? restructured : damaged;
    const outputFormat = /^still/.test(name) ? 'jpg' : random.chance(0.5) ? 'mp3' : 'mp4';
    add(`damaged ${name} ${index}`, change(random, file), { outputFormat });
  }
  return files.slice(0, size.files);
}

/** Files that hostile jobs name besides their input. */
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
