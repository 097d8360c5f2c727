import type { RgbProfile } from '../../ffmpeg/index.ts';

/** Bytes of the header, and offsets of its fields (ICC.1:2022, 7.2). */
const HEADER = 128;
const SPACE = 16;
const CONNECTION = 20;
const SIGNATURE = 36;
const MAX_TAGS = 100;
/** Maximum bytes of a profile. Profiles with a matrix have less than 20 kB. */
export const MAX_PROFILE = 2 ** 20;

/** From XYZ with the white D50, on which profiles are based, to linear sRGB. */
const XYZ_TO_SRGB = [3.1339, -1.6169, -0.4906, -0.9788, 1.9161, 0.0335, 0.0719, -0.229, 1.4052];
/** Maximum difference from the identity matrix at which a profile counts as sRGB. */
const SRGB_TOLERANCE = 0.01;
/** Values of the transfer functions at one half, and FFmpeg's names of the functions. */
const CURVES = [
  { half: 0.214, name: 'iec61966-2-1' },
  { half: 0.2177, name: 'bt470m' },
] as const;
const CURVE_TOLERANCE = 0.002;

/**
 * Reads an ICC profile that describes RGB by a matrix and a curve, such as Display P3 or Adobe RGB. Returns null for sRGB, and for profiles
 * of other kinds, whose colors stay unconverted.
 */
export function readRgbProfile(bytes: Buffer): RgbProfile | null {
  if (bytes.length < HEADER + 4 || bytes.length > MAX_PROFILE) return null;
  const name = (at: number) => bytes.toString('latin1', at, at + 4);
  if (name(SPACE) !== 'RGB ' || name(CONNECTION) !== 'XYZ ' || name(SIGNATURE) !== 'acsp') return null;
  const tags = readTags(bytes);
  const columns = ['rXYZ', 'gXYZ', 'bXYZ'].map((tag) => readXyz(tags.get(tag)));
  const curve = tags.get('rTRC');
  const same = ['gTRC', 'bTRC'].every((tag) => curve && tags.get(tag)?.equals(curve));
  const transfer = same && curve ? nearestCurve(halfOf(curve)) : null;
  const [red, green, blue] = columns;
  if (!red || !green || !blue || !transfer || tags.has('A2B0')) return null;
  return rgbProfile([red, green, blue], transfer);
}

/** Returns the profile with these primaries, in XYZ with the white D50; null if it is sRGB. */
export function rgbProfile(
  columns: readonly (readonly number[])[],
  transfer: RgbProfile['transfer'],
): RgbProfile | null {
  const toSrgb = [0, 3, 6].flatMap((row) =>
    columns.map((column) => column.reduce((sum, value, at) => sum + XYZ_TO_SRGB[row + at]! * value, 0)),
  );
  const isSrgb = toSrgb.every((value, at) => Math.abs(value - (at % 4 === 0 ? 1 : 0)) < SRGB_TOLERANCE);
  // FFmpeg's filter supports no larger coefficients.
  const isExtreme = toSrgb.some((value) => Math.abs(value) > 2);
  return isExtreme || (isSrgb && transfer === 'iec61966-2-1') ? null : { toSrgb, transfer };
}

function readTags(bytes: Buffer): Map<string, Buffer> {
  const count = Math.min(bytes.readUInt32BE(HEADER), MAX_TAGS);
  const tags = new Map<string, Buffer>();
  for (let at = HEADER + 4; at + 12 <= bytes.length && tags.size < count; at += 12) {
    const offset = bytes.readUInt32BE(at + 4);
    const length = bytes.readUInt32BE(at + 8);
    if (offset + length <= bytes.length)
      tags.set(bytes.toString('latin1', at, at + 4), bytes.subarray(offset, offset + length));
    else return new Map();
  }
  return tags;
}

function readXyz(tag: Buffer | undefined): number[] | null {
  if (!tag || tag.length < 20 || tag.toString('latin1', 0, 4) !== 'XYZ ') return null;
  return [8, 12, 16].map((at) => tag.readInt32BE(at) / 65_536);
}

/** Returns the value of a curve at one half; null = the curve has another form. */
function halfOf(tag: Buffer): number | null {
  const type = tag.toString('latin1', 0, 4);
  if (type === 'curv' && tag.length >= 12) {
    const count = tag.readUInt32BE(8);
    if (count === 1 && tag.length >= 14) return 0.5 ** (tag.readUInt16BE(12) / 256);
    if (count < 2 || tag.length < 12 + 2 * count) return null;
    const middle = (count - 1) / 2;
    const value = (index: number) => tag.readUInt16BE(12 + 2 * index) / 65_535;
    return (value(Math.floor(middle)) + value(Math.ceil(middle))) / 2;
  }
  if (type !== 'para' || tag.length < 16) return null;
  const kind = tag.readUInt16BE(8);
  const value = (index: number) => tag.readInt32BE(12 + 4 * index) / 65_536;
  if (kind === 0) return 0.5 ** value(0);
  return kind === 3 && tag.length >= 32 && value(4) < 0.5 ? (value(1) / 2 + value(2)) ** value(0) : null;
}

function nearestCurve(half: number | null): RgbProfile['transfer'] | null {
  return CURVES.find((curve) => half !== null && Math.abs(half - curve.half) < CURVE_TOLERANCE)?.name ?? null;
}
