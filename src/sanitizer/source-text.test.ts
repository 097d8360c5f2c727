import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { openBytes } from './file-bytes.ts';
import { boxBudget, boxesIn, makeBox } from './isobmff/boxes.ts';
import { chapterData, readMovieText } from './isobmff/movie-text.ts';
import { chaptersElement, readChapters } from './matroska/chapters.ts';
import { elementReader, makeElement, unsigned } from './matroska/ebml.ts';
import { type Chapter, readTitle } from './source-text.ts';

const folder = mkdtempSync(join(tmpdir(), 'airlock-chapters-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function withFile<T>(bytes: Buffer, read: (file: ReturnType<typeof openBytes>) => T): T {
  const path = join(folder, 'file');
  writeFileSync(path, bytes);
  const file = openBytes(path);
  try {
    return read(file);
  } finally {
    file.close();
  }
}

const readMatroska = (list: Buffer) =>
  withFile(list, (file) => {
    const reader = elementReader(file);
    return readChapters(reader, reader.at(0, list.length)!);
  });
const readMovie = (userData: Buffer) =>
  withFile(userData, (file) => {
    const [box] = boxesIn(file, 0, userData.length, boxBudget());
    return readMovieText(file, { traks: [], userData: box, tracks: [] }, boxBudget()).text;
  });

const CHAPTERS: Chapter[] = [
  { start: 0, title: 'Début' },
  { start: 2_500_000_000, title: '' },
  { start: 3_600_000_000_000, title: 'x'.repeat(255) },
];

describe('chapters', () => {
  it('are the same after writing and reading them', () => {
    expect(readMatroska(chaptersElement(CHAPTERS))).toEqual(CHAPTERS);
    expect(readMovie(chapterData(CHAPTERS))).toEqual({
      subtitles: 0,
      tracks: [],
      chapters: CHAPTERS,
      hasTooMany: false,
    });
  });

  it('are not kept if there are a million of them', () => {
    const atom = makeElement(0xb6, makeElement(0x91, unsigned(1n)));
    const atoms = Buffer.concat(Array.from({ length: 1_000_000 }, () => atom));
    const start = performance.now();
    expect(readMatroska(makeElement(0x1043a770, makeElement(0x45b9, atoms)))).toBeNull();
    expect(performance.now() - start).toBeLessThan(2000);
  });

  it.each([256, 5000])('are not kept if there are %i of them', (count) => {
    const atoms = Array.from({ length: count }, () => makeElement(0xb6, makeElement(0x91, unsigned(1n))));
    expect(readMatroska(makeElement(0x1043a770, makeElement(0x45b9, ...atoms)))).toBeNull();
  });

  it('are ignored if the file declares but does not contain them', () => {
    const cut = makeBox('udta', makeBox('chpl', Buffer.from([1, 0, 0, 0, 0, 0, 0, 0, 200, 0, 0])));
    expect(readMovie(cut).chapters).toEqual([]);
    const huge = makeBox('udta', makeBox('chpl', Buffer.alloc(200_000, 1)));
    expect(readMovie(huge).chapters).toEqual([]);
  });

  it('have titles without control characters, of at most 255 bytes', () => {
    expect(readTitle(Buffer.from('a\u0000b\u001b[31m\u202ec\n'))).toBe('ab[31mc');
    expect(readTitle(Buffer.from([0x61, 0xff, 0x62]))).toBe('ab');
    expect(Buffer.byteLength(readTitle(Buffer.from('ä'.repeat(300))))).toBe(254);
  });
});
