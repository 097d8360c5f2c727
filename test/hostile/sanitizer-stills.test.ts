import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { detectMedia } from '../../src/ffmpeg/index.ts';
import { makeBox, makeFullBox, u32 } from '../../src/sanitizer/isobmff/boxes.ts';
import { damaged } from '../../testkit/bytes.ts';
import { randomOf } from '../../testkit/random.ts';
import { type Coded, codedItem, gridData, type Item, ispe, makeStill, type StillFile } from '../helpers/heif.ts';
import { openSanitizerBench, type SanitizerBench } from './sanitizer-bench.ts';

const SEED = 20261125;
const MUTANTS = Number(process.env.AIRLOCK_FUZZ_RUNS ?? 200);

/** Returns a coded picture of any bytes, because the reader never decodes pictures. */
const coded = (width = 64, height = 64): Coded => ({
  ...{
    type: 'av01',
    width,
    height,
    config: makeBox('av1C', Buffer.from([0x81, 0, 0x0c, 0])),
    data: Buffer.alloc(500, 7),
  },
});
const picture = (more: Partial<StillFile> = {}) => makeStill({ items: [codedItem(1, coded())], ...more });
const withProperty = (box: Buffer) => makeStill({ items: [codedItem(1, coded(), [box, true])] });

function grid(tiles: readonly Item[], { columns = 2, rows = 2, width = 128, height = 128, to = [1, 2, 3, 4] } = {}) {
  const properties = [ispe(width, height)];
  const item: Item = { id: 9, type: 'grid', data: gridData(columns, rows, width, height), properties, inIndex: true };
  return makeStill({ items: [item, ...tiles], primary: 9, references: [{ type: 'dimg', from: 9, to }] });
}
const fourTiles = () => [1, 2, 3, 4].map((id) => codedItem(id, coded()));
const many = (count: number) =>
  Array.from({ length: count }, (_, index) => codedItem(index + 1, { ...coded(), data: Buffer.alloc(1) }));

describe('hostile HEIC and AVIF files', () => {
  let bench: SanitizerBench;
  beforeAll(async () => {
    bench = await openSanitizerBench({ threads: 2 });
  });
  afterAll(() => bench?.close());
  const sanitize = async (bytes: Buffer) => {
    expect((await detectMedia(bytes))?.demuxer).toBe('heif');
    const { verdict, reason } = await bench.sanitize(bytes, 'heif');
    return `${verdict}: ${reason}`;
  };

  it.each([
    ['one picture', () => picture()],
    ['four tiles', () => grid(fourTiles())],
    [
      'a profile and a thumbnail next to it',
      () =>
        makeStill({
          items: [
            codedItem(1, coded(), makeBox('colr', Buffer.from('prof'), Buffer.alloc(9000))),
            codedItem(2, coded(8, 8)),
          ],
          references: [{ type: 'thmb', from: 2, to: [1] }],
        }),
    ],
  ])('are distinguished from valid files: %s is rewritten', async (_, make) => {
    expect(await sanitize(make())).toBe('rewritten: null');
  });

  it.each<[string, () => Buffer, RegExp]>([
    [
      'a size of absurd width',
      () => makeStill({ items: [codedItem(1, coded(4_000_000_000, 2))] }),
      /^too_many_pixels: .*4000000000x2/,
    ],
    [
      'more pixels than any input',
      () => makeStill({ items: [codedItem(1, coded(10_000, 10_000))] }),
      /^too_many_pixels/,
    ],
    ['tiles of an absurd picture', () => grid(fourTiles(), { width: 65_535, height: 65_535 }), /^too_many_pixels/],
    [
      'no size',
      () => makeStill({ items: [{ ...codedItem(1, coded()), properties: [coded().config] }] }),
      /^invalid_media: .*size/,
    ],
    ['a size of zero', () => makeStill({ items: [codedItem(1, coded(0, 0))] }), /^invalid_media: .*size/],
    ['5,000 items', () => makeStill({ items: many(5000) }), /^invalid_media: .*more items/],
    [
      'a movie next to it, as sequences have',
      () => picture({ brand: 'avis', more: [makeBox('moov')] }),
      /^unsupported_media: .*sequence/,
    ],
    ['data in another file', () => picture({ location: { dataReference: 1 } }), /^unsupported_media: .*another file/],
    ['data inside another item', () => picture({ location: { method: 2 } }), /^unsupported_media: .*another item/],
    ['data beyond its index', () => picture({ location: { method: 1 } }), /^invalid_media: .*ends before/],
    [
      'data beyond the file',
      () => picture({ location: { from: 2 ** 31 } }),
      /^invalid_media: .*cut off inside its picture/,
    ],
    ['data of absurd size', () => picture({ location: { bytes: 2 ** 32 - 1 } }), /^invalid_media: .*cut off/],
    ['data of no bytes', () => picture({ location: { bytes: 0 } }), /^invalid_media: .*no bytes/],
    ['data in 60,000 pieces', () => picture({ location: { pieces: 60_000 } }), /^unsupported_media: .*extents/],
    ['data in no pieces', () => picture({ location: { pieces: 0 } }), /^invalid_media/],
    ['a missing primary picture', () => picture({ primary: 7 }), /^invalid_media: .*does not contain/],
    [
      'a picture that is encrypted or of another codec',
      () => makeStill({ items: [{ ...codedItem(1, coded()), type: 'jpeg' }] }),
      /^unsupported_media: .*"jpeg"/,
    ],
    [
      'the configuration of another decoder',
      () => makeStill({ items: [{ ...codedItem(1, coded()), type: 'hvc1' }] }),
      /^invalid_media: .*how to decode/,
    ],
    ['an unknown essential property', () => withProperty(makeBox('zzzz')), /^unsupported_media: .*"zzzz"/],
    [
      'a crop outside the picture',
      () => withProperty(makeBox('clap', u32(900, 1, 64, 1, 0, 1, 0, 1))),
      /^invalid_media: .*beyond its edges/,
    ],
    [
      'a crop with zero denominators',
      () => withProperty(makeBox('clap', u32(64, 0, 64, 0, 0, 0, 0, 0))),
      /^invalid_media: .*beyond its edges/,
    ],
    ['pixels that are not square', () => withProperty(makeBox('pasp', u32(4, 3))), /^unsupported_media: .*square/],
    ['fewer tiles than it declares', () => grid(fourTiles(), { to: [1, 2, 3] }), /^invalid_media: .*tiles/],
    [
      '256 times 256 references to one tile',
      () => grid(fourTiles(), { columns: 256, rows: 256, to: Array(65_535).fill(1) }),
      /^invalid_media/,
    ],
    [
      'one tile in every position',
      () => grid(fourTiles(), { to: [1, 1, 1, 1] }),
      /^unsupported_media: .*several times/,
    ],
    [
      'a tile of another size',
      () => grid([...fourTiles().slice(1), codedItem(1, coded(32, 32))]),
      /^unsupported_media: .*different kinds/,
    ],
    ['a tile that is its own picture', () => grid(fourTiles(), { to: [9, 9, 9, 9] }), /^unsupported_media: .*"grid"/],
    [
      'its transparency in another size',
      () => {
        const alpha = codedItem(
          2,
          coded(32, 32),
          makeFullBox('auxC', 0, 0, Buffer.from('urn:mpeg:hevc:2015:auxid:1\0')),
        );
        return makeStill({ items: [codedItem(1, coded()), alpha], references: [{ type: 'auxl', from: 2, to: [1] }] });
      },
      /^unsupported_media: .*alpha channel/,
    ],
  ])('hostile HEIC and AVIF files with %s are rejected', async (_, make, expected) => {
    expect(await sanitize(make())).toMatch(expected);
  });

  it('are rejected when truncated anywhere', async () => {
    for (const complete of [picture(), grid(fourTiles())]) {
      for (let length = 40; length < complete.length; length += 37) {
        expect(await sanitize(complete.subarray(0, length))).toMatch(/^invalid_media/);
      }
    }
  });

  it('are rewritten or rejected if they are mutated from valid files', async () => {
    const random = randomOf(SEED);
    for (let mutant = 0; mutant < MUTANTS; mutant++) {
      const bytes = damaged(random, mutant % 2 ? picture() : grid(fourTiles()));
      const { verdict } = await bench.sanitize(bytes, 'heif');
      expect(['rewritten', 'invalid_media', 'unsupported_media', 'too_many_pixels']).toContain(verdict);
    }
  });
});
