import { inflateSync } from 'node:zlib';
import type { RgbProfile } from '../../ffmpeg/index.ts';
import { mustBe } from '../codecs/bits.ts';
import { type Color, colorNames, NO_COLOR } from '../codecs/color.ts';
import type { Picture } from '../codecs/types.ts';
import type { FileBytes } from '../file-bytes.ts';
import { MAX_PROFILE, readRgbProfile } from './icc.ts';

const SIGNATURE = Buffer.from('\x89PNG\r\n\x1a\n', 'latin1');
/** Number of bytes of a chunk's length and type before the content, and of its checksum after the content. */
const AROUND = 12;
const MAX_CHUNKS = 100_000;
const MAX_LENGTH = 2 ** 31 - 1;

/** FFmpeg's pixel formats by color type and bits per sample. */
const FORMATS: Readonly<Record<string, string>> = {
  ...{ '0 1': 'monob', '0 2': 'gray', '0 4': 'gray', '0 8': 'gray', '0 16': 'gray16be' },
  ...{ '2 8': 'rgb24', '2 16': 'rgb48be', '3 1': 'pal8', '3 2': 'pal8', '3 4': 'pal8', '3 8': 'pal8' },
  ...{ '4 8': 'ya8', '4 16': 'ya16be', '6 8': 'rgba', '6 16': 'rgba64be' },
};
/** The formats to which a transparent color changes other formats, and the number of bytes of that color. */
const TRANSPARENT: Readonly<Record<string, { format: string; bytes: number }>> = {
  ...{ gray: { format: 'ya8', bytes: 2 }, gray16be: { format: 'ya16be', bytes: 2 } },
  ...{ rgb24: { format: 'rgba', bytes: 6 }, rgb48be: { format: 'rgba64be', bytes: 6 } },
};
const PALETTE = 'pal8';
const PROFILE = 'iCCP';
/** Types of the chunks of animations. */
const ANIMATION: ReadonlySet<string> = new Set(['acTL', 'fcTL', 'fdAT']);
/** Lengths in bytes of chunks of a fixed length whose content is read. */
const LENGTHS: Readonly<Record<string, number>> = { IHDR: 13, pHYs: 9, sRGB: 1, cHRM: 32, gAMA: 4, cICP: 4, IEND: 0 };

/** Called for the chunks of an animation in the order of the file, with the offset of the content. `hasPixels` = after the first pixels. */
export type ReadAnimation = (chunk: { name: string; at: number; length: number; hasPixels: boolean }) => void;

/** Reads a PNG (ISO/IEC 15948) up to its end, which must be the end of the file. Throws `Unclear`. */
export function readPng(file: FileBytes, readAnimation: ReadAnimation = () => mustBe(false)): Picture {
  const chunks = readChunks(file, readAnimation);
  const header = chunks.get('IHDR')!;
  const [type, depth] = [header[9]!, header[8]!];
  const format = FORMATS[`${type} ${depth}`];
  mustBe(format !== undefined && header[10] === 0 && header[11] === 0 && header[12]! <= 1);
  return {
    ...{ codec: 'png', profile: null, width: header.readUInt32BE(0), height: header.readUInt32BE(4) },
    rgbProfile: profileOf(chunks.get(PROFILE)),
    ...{ pixelFormat: pixelFormat(format, chunks.get('tRNS')), color: colorOf(chunks), aspect: aspectOf(chunks) },
  };
}

/** Returns the contents of the chunks that are read, by type. */
function readChunks(file: FileBytes, readAnimation: ReadAnimation): Map<string, Buffer> {
  const chunks = new Map<string, Buffer>();
  mustBe(file.size > 8 && file.read(0, 8).equals(SIGNATURE));
  let at = SIGNATURE.length;
  let hasPixels = false;
  for (let count = 0; count < MAX_CHUNKS && at + AROUND <= file.size; count++) {
    const head = file.read(at, 8);
    const [length, name] = [head.readUInt32BE(0), head.toString('latin1', 4)];
    mustBe(length <= MAX_LENGTH && at + AROUND + length <= file.size);
    mustBe((name === 'IHDR') === (count === 0) && length === (LENGTHS[name] ?? length));
    if (name === 'IEND') {
      mustBe(hasPixels && at + AROUND === file.size);
      return chunks;
    }
    if (ANIMATION.has(name)) readAnimation({ name, at: at + 8, length, hasPixels });
    if (name === 'IDAT') hasPixels = true;
    if (name in LENGTHS || name === 'tRNS' || name === PROFILE) {
      mustBe(!hasPixels && !chunks.has(name) && length <= (name === PROFILE ? MAX_PROFILE : 1024));
      chunks.set(name, Buffer.from(file.read(at + 8, length)));
    }
    at += AROUND + length;
  }
  mustBe(false);
  return chunks;
}

/** Returns the ICC profile, which is compressed behind its name and the number of the compression. */
function profileOf(chunk: Buffer | undefined): RgbProfile | null {
  if (!chunk) return null;
  try {
    return readRgbProfile(inflateSync(chunk.subarray(chunk.indexOf(0) + 2), { maxOutputLength: MAX_PROFILE }));
  } catch {
    // FFmpeg ignores damaged profiles, too.
    return null;
  }
}

function pixelFormat(format: string, transparent: Buffer | undefined): string {
  if (!transparent || format === PALETTE) return format;
  const found = TRANSPARENT[format];
  mustBe(found !== undefined && transparent.length === found.bytes);
  return found.format;
}

function aspectOf(chunks: ReadonlyMap<string, Buffer>): number | null {
  const pixels = chunks.get('pHYs');
  if (!pixels) return null;
  const [wide, tall] = [pixels.readUInt32BE(0), pixels.readUInt32BE(4)];
  // FFmpeg reduces larger terms, and reads some as negative.
  mustBe(wide < 1e9 && tall < 1e9);
  return wide > 0 && tall > 0 ? wide / tall : null;
}

/** White point and primaries of sRGB, in units of 0.00001. */
const SRGB_PRIMARIES = [31_270, 32_900, 64_000, 33_000, 30_000, 60_000, 15_000, 6000];
/** FFmpeg's names of transfer functions by their exponent, in units of 0.00001, with a tolerance of 100. */
const GAMMAS: readonly (readonly [number, string])[] = [
  ...([
    [45_455, 'bt470m'],
    [35_714, 'bt470bg'],
    [38_462, 'smpte428'],
    [100_000, 'linear'],
  ] as const),
];
const GAMMA_TOLERANCE = 100;

function colorOf(chunks: ReadonlyMap<string, Buffer>): Color {
  const color = { ...NO_COLOR, colorSpace: 'gbr', colorRange: 'pc' } as const;
  const coded = chunks.get('cICP');
  if (coded) {
    mustBe(coded[2] === 0 && coded[3] === 1);
    return { ...colorNames(coded[0]!, coded[1]!, 0), colorRange: 'pc' };
  }
  if (chunks.has('sRGB')) return { ...color, colorPrimaries: 'bt709', colorTransfer: 'iec61966-2-1' };
  const primaries = chunks.get('cHRM');
  mustBe(!primaries || SRGB_PRIMARIES.every((value, index) => primaries.readUInt32BE(index * 4) === value));
  const gamma = chunks.get('gAMA')?.readUInt32BE(0) ?? 0;
  const [, colorTransfer = null] = GAMMAS.find(([value]) => Math.abs(gamma - value) < GAMMA_TOLERANCE) ?? [];
  return { ...color, colorPrimaries: primaries ? 'bt709' : null, colorTransfer };
}
