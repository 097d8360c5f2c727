import { BitReader, mustBe } from './bits.ts';
import { payloadOf, readVui, type Vui } from './nal.ts';

/* Parameter sets of HEVC (ITU-T H.265, 7.3.2). The limits are FFmpeg's. FFmpeg drops a set that exceeds them. */

const HEAD = 2;
const MAX_SUB_LAYERS = 7;
const MAX_SETS = 16;
const MAX_PICTURES = 16;
const MAX_SHORT_TERM = 64;
const MAX_LONG_TERM = 32;
/** Bits that make FFmpeg assume an older syntax after three flags of the usability information. */
const OLDER_SYNTAX = { bits: 21, value: 0x100000 } as const;
/**
 * Number of bits that must be left after the flags of the timing and the restriction. If fewer bits are left, FFmpeg also assumes an older
 * syntax.
 */
const AFTER_TIMING = 66;
const AFTER_RESTRICTION = 8;

export interface HevcSequence {
  profile: number;
  chroma: number;
  depth: number;
  width: number;
  height: number;
  vui: Vui | null;
}

/** Reads a video parameter set of a single layer. Returns its id. */
export function readVideoSet(unit: Buffer): number {
  const reader = new BitReader(payloadOf(unit, HEAD));
  const id = reader.bits(4);
  mustBe(reader.bits(2) === 3 && reader.bits(6) === 0);
  const layers = reader.bits(3) + 1;
  reader.skip(1);
  mustBe(layers <= MAX_SUB_LAYERS && reader.bits(16) === 0xffff);
  readProfile(reader, layers);
  readOrdering(reader, layers);
  reader.skip(6);
  mustBe(reader.ue() === 0);
  if (reader.flag()) {
    reader.skip(64);
    if (reader.flag()) reader.ue();
    mustBe(reader.ue() === 0);
  }
  mustBe(!reader.flag() && reader.payloadLeft >= 0);
  return id;
}

export function readSequence(unit: Buffer, videoSet: number): HevcSequence {
  const reader = new BitReader(payloadOf(unit, HEAD));
  mustBe(reader.bits(4) === videoSet);
  const layers = reader.bits(3) + 1;
  mustBe(layers <= MAX_SUB_LAYERS);
  reader.skip(1);
  const profile = readProfile(reader, layers);
  reader.ue(MAX_SETS - 1);
  const chroma = reader.ue(3);
  if (chroma === 3) mustBe(!reader.flag());
  const [codedWidth, codedHeight] = [reader.ue(2 ** 16), reader.ue(2 ** 16)];
  const [stepX, stepY] = [chroma === 1 || chroma === 2 ? 2 : 1, chroma === 1 ? 2 : 1];
  const [left, right, top, bottom] = reader.flag() ? window(reader) : [0, 0, 0, 0];
  const width = codedWidth - (left + right) * stepX;
  const height = codedHeight - (top + bottom) * stepY;
  mustBe(width > 0 && height > 0);
  const depth = reader.ue(4) + 8;
  mustBe(reader.ue(8) + 8 === depth && [8, 10, 12].includes(depth));
  const orderBits = reader.ue(12) + 4;
  readOrdering(reader, layers);
  readBlockSizes(reader, codedWidth, codedHeight);
  if (reader.flag() && reader.flag()) readScalingLists(reader);
  reader.skip(2);
  if (reader.flag()) {
    mustBe(Math.max(reader.bits(4), reader.bits(4)) < depth);
    reader.ue();
    reader.ue();
    reader.skip(1);
  }
  readShortTermSets(reader);
  if (reader.flag()) {
    for (let left = reader.ue(MAX_LONG_TERM); left > 0; left--) reader.skip(orderBits + 1);
  }
  reader.skip(2);
  const vui = reader.flag() ? readUsability(reader, layers) : null;
  // Read only the range extension, because other extensions are rare.
  if (reader.flag() && reader.flag()) reader.skip(7 + 9);
  mustBe(reader.payloadLeft >= 0);
  return { profile, chroma, depth, width, height, vui };
}

function window(reader: BitReader): [number, number, number, number] {
  return [reader.ue(2 ** 16), reader.ue(2 ** 16), reader.ue(2 ** 16), reader.ue(2 ** 16)];
}

/** Reads the profile and the levels. Returns the number of the profile. */
function readProfile(reader: BitReader, layers: number): number {
  reader.skip(3);
  const profile = reader.bits(5);
  mustBe(profile > 0);
  reader.skip(80 + 8);
  const present = Array.from({ length: layers - 1 }, () => [reader.flag(), reader.flag()]);
  if (layers > 1) reader.skip(2 * (9 - layers));
  for (const [hasProfile, hasLevel] of present) reader.skip((hasProfile ? 88 : 0) + (hasLevel ? 8 : 0));
  return profile;
}

function readOrdering(reader: BitReader, layers: number): void {
  for (let layer = reader.flag() ? 0 : layers - 1; layer < layers; layer++) {
    const buffered = reader.ue(MAX_PICTURES - 1) + 1;
    mustBe(reader.ue() < buffered);
    reader.ue();
  }
}

function readBlockSizes(reader: BitReader, width: number, height: number): void {
  const smallest = reader.ue(3) + 3;
  const largest = smallest + reader.ue(3);
  const smallestTransform = reader.ue(3) + 2;
  const largestTransform = smallestTransform + reader.ue(3);
  mustBe(largest >= 4 && largest <= 6 && smallestTransform < smallest);
  mustBe(largestTransform <= Math.min(largest, 5));
  mustBe(width % 2 ** smallest === 0 && height % 2 ** smallest === 0);
  mustBe(reader.ue() <= largest - smallestTransform && reader.ue() <= largest - smallestTransform);
}

function readScalingLists(reader: BitReader): void {
  for (let size = 0; size < 4; size++) {
    for (let matrix = 0; matrix < 6; matrix += size === 3 ? 3 : 1) {
      if (!reader.flag()) {
        mustBe(reader.ue() * (size === 3 ? 3 : 1) <= matrix);
        continue;
      }
      if (size > 1) {
        const first = reader.se();
        mustBe(first >= -7 && first <= 247);
      }
      for (let left = Math.min(64, 1 << (4 + 2 * size)); left > 0; left--) reader.se();
    }
  }
}

function readShortTermSets(reader: BitReader): void {
  const sets = reader.ue(MAX_SHORT_TERM);
  let before = 0;
  for (let set = 0; set < sets; set++) before = readShortTermSet(reader, set > 0, before);
}

/** Reads a set of short-term reference pictures. Returns the number of its pictures. */
function readShortTermSet(reader: BitReader, mayPredict: boolean, before: number): number {
  if (mayPredict && reader.flag()) {
    reader.skip(1);
    reader.ue(2 ** 15 - 1);
    let kept = 0;
    for (let left = before; left >= 0; left--) if (reader.flag() || reader.flag()) kept++;
    mustBe(kept < MAX_PICTURES);
    return kept;
  }
  const pictures = reader.ue(MAX_PICTURES - 1) + reader.ue(MAX_PICTURES - 1);
  for (let left = pictures; left > 0; left--) {
    reader.ue(2 ** 15 - 1);
    reader.skip(1);
  }
  return pictures;
}

function readUsability(reader: BitReader, layers: number): Vui {
  const vui = readVui(reader);
  reader.skip(3);
  mustBe(reader.peek(OLDER_SYNTAX.bits) !== OLDER_SYNTAX.value);
  if (reader.flag()) window(reader);
  if (reader.flag()) {
    mustBe(reader.payloadLeft >= AFTER_TIMING);
    reader.skip(64);
    if (reader.flag()) reader.ue();
    if (reader.flag()) readHrd(reader, layers);
  }
  if (reader.flag()) {
    mustBe(reader.payloadLeft >= AFTER_RESTRICTION);
    reader.skip(3);
    for (let index = 0; index < 5; index++) reader.ue();
  }
  mustBe(reader.payloadLeft >= 1);
  return vui;
}

/** Reads the buffer model (E.2.2). */
function readHrd(reader: BitReader, layers: number): void {
  const kinds = Number(reader.flag()) + Number(reader.flag());
  const hasParts = kinds > 0 && reader.flag();
  if (hasParts) reader.skip(19);
  if (kinds > 0) reader.skip(8 + (hasParts ? 4 : 0) + 15);
  for (let layer = 0; layer < layers; layer++) {
    const isFixed = reader.flag();
    const isFixedWithin = isFixed || reader.flag();
    if (isFixedWithin) reader.ue();
    const isLowDelay = !isFixedWithin && reader.flag();
    const count = isLowDelay ? 1 : reader.ue(31) + 1;
    for (let left = count * kinds; left > 0; left--) {
      for (let field = 0; field < (hasParts ? 4 : 2); field++) reader.ue();
      reader.skip(1);
    }
  }
}
