import { isDeepStrictEqual } from 'node:util';
import { BitReader, mustBe } from './bits.ts';
import { type Color, colorNames, colorRange } from './color.ts';
import { type Picture, planarFormat } from './types.ts';

const PROFILES = ['Main', 'High', 'Professional'] as const;
/** Types of open bitstream units (OBU). */
const SEQUENCE = 1;
const DELIMITER = 2;
const METADATA = 5;
/** Maximum number of units. A frame has a unit for each group of tiles, and at most 4096 groups. */
const MAX_UNITS = 5000;
const CONFIG_HEAD = 4;
const VERSION = 0x81;

/**
 * Reads the configuration of AV1 (`av1C`). Throws `Unclear` if the sequence header of the first frame differs, and for syntax that FFmpeg's
 * decoders may read in another way.
 */
export function readAv1(config: Buffer, frame: Buffer): Picture {
  mustBe(config.length > CONFIG_HEAD && config[0] === VERSION);
  const [sequence, ...others] = units(config.subarray(CONFIG_HEAD));
  mustBe(sequence?.type === SEQUENCE && others.every(({ type }) => type === METADATA));
  const picture = readSequence(sequence.content);
  const inFrame = units(frame).filter(({ type }) => type === SEQUENCE);
  mustBe(inFrame.every(({ content }) => isDeepStrictEqual(readSequence(content), picture)));
  return picture;
}

/**
 * Reads the size in the sequence header of a frame from the first bytes of the frame; null if the frame has no such header. Pictures that
 * an encoder has reduced within a sequence are shown in the size of the sequence.
 */
export function readAv1Size(head: Buffer): { width: number; height: number } | null {
  const [first, second] = units(head, true);
  const sequence = first?.type === DELIMITER ? second : first;
  return sequence?.type === SEQUENCE ? readSequence(sequence.content) : null;
}

/**
 * Returns the units of a frame or configuration (AV1, 5.3), the last of which may be cut off if `isCut` is true. Throws `Unclear` unless
 * each unit declares its size.
 */
function units(bytes: Buffer, isCut = false): { type: number; content: Buffer }[] {
  const list = [];
  for (let at = 0; at < bytes.length; ) {
    const head = bytes[at]!;
    const hasExtension = (head & 4) !== 0;
    mustBe((head & 0x80) === 0 && (head & 2) !== 0);
    let from = at + (hasExtension ? 2 : 1);
    let [size, shift, byte] = [0, 0, 0x80];
    for (; byte & 0x80; shift += 7) {
      mustBe(from < bytes.length && shift < 28);
      byte = bytes[from++]!;
      size += (byte & 0x7f) << shift;
    }
    mustBe(isCut || from + size <= bytes.length);
    mustBe(list.length < MAX_UNITS);
    list.push({ type: (head >> 3) & 15, content: bytes.subarray(from, from + size) });
    at = from + size;
  }
  return list;
}

/** Reads a sequence header (AV1, 5.5.1). */
function readSequence(content: Buffer): Picture {
  const reader = new BitReader(content);
  const profile = reader.bits(3);
  mustBe(profile < PROFILES.length);
  // A header that is only for still pictures is shorter.
  reader.skip(1);
  mustBe(!reader.flag());
  if (reader.flag()) skipTiming(reader);
  skipOperatingPoints(reader);
  const [widthBits, heightBits] = [reader.bits(4) + 1, reader.bits(4) + 1];
  const [width, height] = [reader.bits(widthBits) + 1, reader.bits(heightBits) + 1];
  if (reader.flag()) reader.skip(4 + 3);
  reader.skip(3);
  skipTools(reader);
  const colors = readColors(reader, profile);
  // Skip the flag of film grain, and require the bit that ends the header.
  reader.skip(1);
  mustBe(reader.flag());
  return { codec: 'av1', profile: PROFILES[profile]!, width, height, aspect: null, ...colors };
}

function skipTiming(reader: BitReader): void {
  const [units, scale] = [reader.bits(32), reader.bits(32)];
  mustBe(units > 0 && scale > 0);
  if (reader.flag()) reader.ue();
  // A decoder model adds fields to every operating point.
  mustBe(!reader.flag());
}

const LEVEL_WITH_TIER = 7;

function skipOperatingPoints(reader: BitReader): void {
  const hasDelays = reader.flag();
  for (let left = reader.bits(5) + 1; left > 0; left--) {
    reader.skip(12);
    if (reader.bits(5) > LEVEL_WITH_TIER) reader.skip(1);
    if (hasDelays && reader.flag()) reader.skip(4);
  }
}

function skipTools(reader: BitReader): void {
  reader.skip(4);
  const hasOrder = reader.flag();
  if (hasOrder) reader.skip(2);
  const mayUseScreenTools = reader.flag() || reader.flag();
  if (mayUseScreenTools && !reader.flag()) reader.skip(1);
  if (hasOrder) reader.skip(3);
  reader.skip(3);
}

const UNSPECIFIED = 2;
const SRGB = { primaries: 1, transfer: 13, matrix: 0 };

/**
 * Reads the colors (AV1, 5.5.2). Values that the header does not specify are not left to the container, because FFmpeg overwrites the
 * container's colors.
 */
function readColors(reader: BitReader, profile: number): { pixelFormat: string; color: Color } {
  const isDeep = reader.flag();
  const depth = isDeep ? (profile === 2 && reader.flag() ? 12 : 10) : 8;
  const isGray = profile !== 1 && reader.flag();
  const [primaries, transfer, matrix] = reader.flag()
    ? [reader.bits(8), reader.bits(8), reader.bits(8)]
    : [UNSPECIFIED, UNSPECIFIED, UNSPECIFIED];
  mustBe(isGray || primaries !== SRGB.primaries || transfer !== SRGB.transfer || matrix !== SRGB.matrix);
  const names = colorNames(primaries, transfer, matrix);
  // ffprobe reports numbers without a name like an absent matrix, but FFmpeg cannot filter frames with such a number.
  const colorSpace = names.colorSpace ?? (matrix === UNSPECIFIED ? null : 'reserved');
  const color = { ...names, colorSpace, colorRange: colorRange(reader.flag()) };
  if (isGray) return { pixelFormat: depth === 8 ? 'gray' : `gray${depth}le`, color };
  const chroma = readChroma(reader, profile, depth);
  // Skip the positions of color samples, and whether their quantizers differ.
  reader.skip(chroma === '420' ? 3 : 1);
  return { pixelFormat: planarFormat(chroma, depth), color };
}

function readChroma(reader: BitReader, profile: number, depth: number): '420' | '422' | '444' {
  if (profile === 0) return '420';
  if (profile === 1) return '444';
  if (depth < 12) return '422';
  if (!reader.flag()) return '444';
  return reader.flag() ? '420' : '422';
}
