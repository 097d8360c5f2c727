import { makeBox, makeFullBox, u32 } from '../../../src/sanitizer/isobmff/boxes.ts';
import type { AuditCase } from '../audit-case.ts';
import { checkPictures, PICTURES } from '../checks/colors.ts';
import { PATCHES, p3ToSrgb } from '../sources/colors.ts';
import { withJpegProfile, withPngProfile, withWebpProfile } from '../sources/exif.ts';
import { displayP3 } from '../sources/icc.ts';
import { patchVideo, rawInput, rgbPlane } from '../sources/patches.ts';
import { edited, encoded, type Source } from '../sources/source.ts';

const SIZE = { width: 640, height: 360 } as const;
const raw = { raw: rgbPlane(SIZE.width, SIZE.height) };
const input = rawInput('rgb24', SIZE.width, SIZE.height);

const PNG = encoded('png', [...input, '-c:v', 'png'], raw);
const WEBP = encoded('webp', [...input, '-c:v', 'libwebp', '-lossless', '1'], raw);
const JPEG = patchVideo(
  'jpg',
  { ...SIZE, matrix: 'bt601', range: 'full' },
  ['-c:v', 'mjpeg', '-q:v', '1', '-qmin', '1'],
  1,
);

/** One frame with the samples of BT.601 in full range, as phones write them. */
const coded = (args: readonly string[]) => patchVideo('mp4', { ...SIZE, matrix: 'bt601', range: 'full' }, args, 1);

const HEVC = coded([
  '-c:v',
  'libx265',
  '-x265-params',
  'lossless=1:log-level=none',
  '-tag:v',
  'hvc1',
  '-frames:v',
  '1',
]);
const AV1 = coded(['-c:v', 'libaom-av1', '-cpu-used', '8', '-crf', '1', '-frames:v', '1']);

const u16 = (...values: number[]) => {
  const bytes = Buffer.alloc(values.length * 2);
  for (const [index, value] of values.entries()) bytes.writeUInt16BE(value, index * 2);
  return bytes;
};

/** Writes the frame of a movie as a still with one item (ISO/IEC 23008-12). `color` is its box `colr`. */
function stillOf(movie: Buffer, type: 'hvc1' | 'av01', color: Buffer): Buffer {
  const entry = movie.indexOf(type, movie.indexOf('stsd'));
  const at = movie.indexOf(type === 'hvc1' ? 'hvcC' : 'av1C', entry) - 4;
  const config = movie.subarray(at, at + movie.readUInt32BE(at));
  const mdat = movie.indexOf('mdat') - 4;
  const data = movie.subarray(mdat + 8, mdat + movie.readUInt32BE(mdat));
  const brand = Buffer.from(type === 'hvc1' ? 'heic' : 'avif');
  const ftyp = makeBox('ftyp', brand, u32(0), Buffer.from('mif1'), brand);
  const properties = makeBox('ipco', makeFullBox('ispe', 0, 0, u32(SIZE.width, SIZE.height)), config, color);
  const used = Buffer.concat([u16(1), Buffer.from([3, 1, 0x82, 3])]);
  const meta = (dataAt: number) =>
    makeFullBox(
      'meta',
      0,
      0,
      makeFullBox('hdlr', 0, 0, u32(0), Buffer.from('pict'), Buffer.alloc(13)),
      makeFullBox('pitm', 0, 0, u16(1)),
      makeFullBox('iloc', 0, 0, Buffer.from([0x44, 0]), u16(1, 1, 0, 1), u32(dataAt, data.length)),
      makeFullBox('iinf', 0, 0, u16(1), makeFullBox('infe', 2, 0, u16(1, 0), Buffer.from(type), Buffer.from([0]))),
      makeBox('iprp', properties, makeFullBox('ipma', 0, 0, u32(1), used)),
    );
  const dataAt = ftyp.length + meta(0).length + 8;
  return Buffer.concat([ftyp, meta(dataAt), makeBox('mdat', data)]);
}

const withProfile = () => makeBox('colr', Buffer.from('prof'), displayP3());
/** Numbers of Display P3 with the curve of sRGB and the matrix of BT.601, in full range. */
const withNumbers = () => makeBox('colr', Buffer.from('nclx'), u16(12, 13, 6), Buffer.from([0x80]));

/** The sources are movies, so the extension of the still is stated. */
const still = (name: string, extension: string, movie: Source, edit: (movie: Buffer) => Buffer): Source => ({
  ...edited(name, [movie], edit),
  extension,
});

const SOURCES: Readonly<Record<string, Source>> = {
  'heic-p3-profile': still('heic, profile', 'heic', HEVC, (movie) => stillOf(movie, 'hvc1', withProfile())),
  'heic-p3-numbers': still('heic, numbers', 'heic', HEVC, (movie) => stillOf(movie, 'hvc1', withNumbers())),
  'avif-p3-profile': still('avif, profile', 'avif', AV1, (movie) => stillOf(movie, 'av01', withProfile())),
  'avif-p3-numbers': still('avif, numbers', 'avif', AV1, (movie) => stillOf(movie, 'av01', withNumbers())),
  'jpeg-p3': edited('jpeg, profile', [JPEG], (bytes) => withJpegProfile(bytes, displayP3())),
  'png-p3': edited('png, profile', [PNG], (bytes) => withPngProfile(bytes, displayP3())),
  'webp-p3': edited('webp, profile', [WEBP], (bytes) => withWebpProfile(bytes, SIZE, displayP3())),
};

export const profileCases: readonly AuditCase[] = Object.entries(SOURCES).map(
  ([name, source]): AuditCase => ({
    name: `color/${name}`,
    run: (world) => checkPictures(world, source, PATCHES.map(p3ToSrgb), PICTURES),
  }),
);
