import type { Rotation } from '../../ffmpeg/index.ts';
import { readAvcConfig } from './avc-config.ts';
import { BitReader, mustBe, unlessUnclear } from './bits.ts';
import { colorNames, colorRange } from './color.ts';
import { messagesOf, payloadOf, readVui, unitsOf, type Vui } from './nal.ts';
import { type Picture, planarFormat } from './types.ts';

const HEAD = 1;
const SPS = 7;
const PPS = 8;
const IDR = 5;
const SEI = 6;
/** Types of units that do not influence the description: access unit delimiter, filler data. */
const PLAIN_UNITS: ReadonlySet<number> = new Set([9, 12]);
const PICTURE_TIMING = 1;
/** Type of the message with which a stream rotates its pictures. FFmpeg follows it. */
const ORIENTATION = 47;
/** Type of the message that overrides the transfer characteristics. */
const ALTERNATIVE_TRANSFER = 147;
/** Picture structures that are complete frames: a frame that is shown once, twice or three times (ITU-T H.264, table D-1). */
const WHOLE_FRAMES: ReadonlySet<number> = new Set([0, 7, 8]);
/** Slice types of key frames. */
const INTRA: ReadonlySet<number> = new Set([2, 7]);
/** Number of bytes that contain the fields of a slice header that are read. */
const SLICE_HEAD = 60;

const PROFILES: Readonly<Record<number, string>> = {
  ...{ 66: 'Baseline', 77: 'Main', 88: 'Extended', 100: 'High' },
  ...{ 110: 'High 10', 122: 'High 4:2:2', 244: 'High 4:4:4 Predictive', 44: 'CAVLC 4:4:4' },
};
const INTRA_PROFILES: Readonly<Record<number, string>> = {
  ...{ 110: 'High 10 Intra', 122: 'High 4:2:2 Intra', 244: 'High 4:4:4 Intra' },
};
/** Profiles whose parameter sets declare a chroma format. */
const HIGH: ReadonlySet<number> = new Set([100, 110, 122, 244, 44]);
const CHROMA = [null, '420', '422', '444'] as const;

interface SequenceSet {
  id: number;
  profile: number;
  constraints: number;
  chroma: 1 | 2 | 3;
  depth: 8 | 10;
  frameNumberBits: number;
  orderType: number;
  orderBits: number;
  /** Whether no picture is coded as fields. */
  hasOnlyFrames: boolean;
  width: number;
  height: number;
  vui: Vui | null;
  /** Number of bits of the delays that precede a picture structure; null if no picture structure is declared. */
  bitsBeforeStructure: number | null;
}

interface PictureSet {
  id: number;
  hasOrderOfFields: boolean;
}

/**
 * Reads an H.264 stream: its decoder configuration (ISO/IEC 14496-15, 5.3.3.1) and its first sample. Throws `Unclear`
 * unless the stream is progressive and its first sample is a key frame of the only declared parameter sets.
 */
export function readH264(config: Buffer, sample: Buffer): Picture {
  const { sequence, pictures, sets } = readConfig(config);
  mustBe(sequence.hasOnlyFrames);
  const rotation = checkSample(sample, sequence, pictures, sets);
  const { vui, depth } = sequence;
  const isFull = vui?.isFull ?? null;
  const names = vui?.color ? colorNames(...vui.color) : {};
  const color = { ...names, ...(isFull === null ? {} : { colorRange: colorRange(isFull) }) };
  return {
    codec: 'h264',
    profile: profileName(sequence),
    width: sequence.width,
    height: sequence.height,
    pixelFormat: planarFormat(CHROMA[sequence.chroma]!, depth, isFull === true),
    color,
    aspect: vui?.aspect ?? null,
    ...(rotation !== null && { rotation }),
  };
}

/** Returns whether a stream may contain interlaced pictures according to its decoder configuration. */
export function mayHaveFields(config: Buffer): boolean {
  return unlessUnclear(() => !readConfig(config).sequence.hasOnlyFrames) ?? false;
}

function profileName({ profile, constraints }: SequenceSet): string {
  const name = PROFILES[profile];
  mustBe(name !== undefined);
  if (profile === 66 && constraints & 0x40) return 'Constrained Baseline';
  return (constraints & 0x10 && INTRA_PROFILES[profile]) || name;
}

function readConfig(config: Buffer) {
  const sets = readAvcConfig(config)?.sets;
  mustBe(sets !== undefined);
  const [first, ...others] = sets;
  const sequence = readSequenceSet(first!);
  return { sequence, pictures: others.map((set) => readPictureSet(set, sequence)), sets };
}

/** Reads a sequence parameter set (ITU-T H.264, 7.3.2.1.1). The limits are FFmpeg's. */
function readSequenceSet(unit: Buffer): SequenceSet {
  const reader = new BitReader(payloadOf(unit, HEAD));
  const profile = reader.bits(8);
  const constraints = reader.bits(8);
  reader.skip(8);
  const id = reader.ue(30);
  let chroma = 1;
  let depth = 8;
  if (HIGH.has(profile)) {
    chroma = reader.ue(3);
    if (chroma === 3) mustBe(!reader.flag());
    depth = reader.ue(2) + 8;
    mustBe(reader.ue(2) + 8 === depth);
    reader.skip(1);
    if (reader.flag()) readScalingLists(reader, chroma === 3 ? 12 : 8);
  }
  mustBe(chroma !== 0 && depth !== 9);
  const frameNumberBits = reader.ue(12) + 4;
  const orderType = reader.ue(2);
  // Type 1 derives the order of fields from offsets.
  mustBe(orderType !== 1);
  const orderBits = orderType === 0 ? reader.ue(12) + 4 : 0;
  reader.ue(16);
  reader.skip(1);
  const wide = 16 * (reader.ue(1023) + 1);
  const tall = 16 * (reader.ue(1023) + 1);
  const hasOnlyFrames = reader.flag();
  if (!hasOnlyFrames) reader.skip(1);
  reader.skip(1);
  const [left, right, top, bottom] = reader.flag()
    ? [reader.ue(8190), reader.ue(8190), reader.ue(8190), reader.ue(8190)]
    : [0, 0, 0, 0];
  const rows = hasOnlyFrames ? 1 : 2;
  const stepX = chroma === 3 ? 1 : 2;
  const stepY = (chroma === 1 ? 2 : 1) * rows;
  const width = wide - (left + right) * stepX;
  const height = tall * rows - (top + bottom) * stepY;
  mustBe(width > 0 && height > 0);
  const hasVui = reader.flag();
  const vui = hasVui ? readVui(reader) : null;
  const bitsBeforeStructure = hasVui ? readTiming(reader) : null;
  mustBe(reader.payloadLeft >= 0);
  return {
    ...{ id, profile, constraints, chroma: chroma as 1 | 2 | 3, depth: depth as 8 | 10 },
    ...{ frameNumberBits, orderType, orderBits, hasOnlyFrames, width, height, vui, bitsBeforeStructure },
  };
}

function readScalingLists(reader: BitReader, count: number): void {
  for (let list = 0; list < count; list++) {
    if (!reader.flag()) continue;
    let last = 8;
    let next = 8;
    for (let index = 0; index < (list < 6 ? 16 : 64); index++) {
      if (next !== 0) {
        const delta = reader.se();
        mustBe(delta >= -128 && delta <= 127);
        next = (last + delta) & 0xff;
      }
      if (index === 0 && next === 0) break;
      last = next || last;
    }
  }
}

/** Reads the rest of the usability information. Returns `bitsBeforeStructure`. */
function readTiming(reader: BitReader): number | null {
  if (reader.flag()) reader.skip(65);
  let delays = 0;
  const hasDelays = [0, 1].map(() => {
    const present = reader.flag();
    if (present) delays = readHrd(reader);
    return present;
  });
  if (hasDelays.includes(true)) reader.skip(1);
  const hasStructure = reader.flag();
  if (reader.payloadLeft > 0 && reader.flag()) {
    reader.skip(1);
    for (let index = 0; index < 6; index++) reader.ue(index === 4 ? 16 : 30);
  }
  return hasStructure ? delays : null;
}

/** Reads the buffer model (E.1.2). Returns the number of bits of both delays in a message of picture timing. */
function readHrd(reader: BitReader): number {
  const count = reader.ue(30) + 1;
  reader.skip(8);
  for (let index = 0; index < count; index++) {
    reader.ue();
    reader.ue();
    reader.skip(1);
  }
  reader.skip(5);
  const bits = reader.bits(5) + 1 + reader.bits(5) + 1;
  reader.skip(5);
  return bits;
}

/** Reads a picture parameter set (ITU-T H.264, 7.3.2.2) to its end, because FFmpeg would drop a damaged set. */
function readPictureSet(unit: Buffer, sequence: SequenceSet): PictureSet {
  const reader = new BitReader(payloadOf(unit, HEAD));
  const id = reader.ue(255);
  mustBe(reader.ue(30) === sequence.id);
  reader.skip(1);
  const hasOrderOfFields = reader.flag();
  mustBe(reader.ue() === 0);
  reader.ue(31);
  reader.ue(31);
  reader.skip(3);
  reader.se();
  reader.se();
  mustBe(Math.abs(reader.se()) <= 12);
  reader.skip(3);
  const hasMore = !([66, 77, 88].includes(sequence.profile) && sequence.constraints & 0xe0);
  if (reader.payloadLeft > 0 && hasMore) {
    const has8x8 = reader.flag();
    if (reader.flag()) readScalingLists(reader, 6 + (has8x8 ? (sequence.chroma === 3 ? 6 : 2) : 0));
    mustBe(Math.abs(reader.se()) <= 12);
  }
  mustBe(reader.payloadLeft >= 0);
  return { id, hasOrderOfFields };
}

/** Returns the rotation of the first picture; null if the stream does not declare it. */
function checkSample(
  sample: Buffer,
  sequence: SequenceSet,
  pictures: readonly PictureSet[],
  sets: readonly Buffer[],
): Rotation | null {
  let rotation: Rotation | null = null;
  for (const unit of unitsOf(sample)) {
    mustBe((unit[0]! & 0x80) === 0);
    const type = unit[0]! & 31;
    if (type === IDR) {
      checkSlice(unit, sequence, pictures);
      return rotation;
    }
    if (type === SEI) rotation = readMessages(unit, sequence) ?? rotation;
    else if (type === SPS || type === PPS) mustBe(sets.some((set) => set.equals(unit)));
    else mustBe(PLAIN_UNITS.has(type));
  }
  mustBe(false);
  return rotation;
}

/** Returns the rotation that messages declare; null if they declare none. */
function readMessages(unit: Buffer, { bitsBeforeStructure }: SequenceSet): Rotation | null {
  let rotation: Rotation | null = null;
  for (const { type, body } of messagesOf(unit, HEAD)) {
    mustBe(type !== ALTERNATIVE_TRANSFER);
    if (type === ORIENTATION) rotation = readOrientation(body);
    if (type !== PICTURE_TIMING || bitsBeforeStructure === null) continue;
    const reader = new BitReader(body);
    reader.skip(bitsBeforeStructure);
    mustBe(WHOLE_FRAMES.has(reader.bits(4)));
  }
  return rotation;
}

/** Reads a display orientation (D.1.28). A flip does not change the size of a picture, so only the quarter turns matter. */
function readOrientation(body: Buffer): Rotation | null {
  const reader = new BitReader(body);
  if (reader.flag()) return null;
  reader.skip(2);
  const quarters = (reader.bits(16) / 2 ** 16) * 4;
  // FFmpeg turns the corners of pictures with other angles out of the frame.
  mustBe(Number.isInteger(quarters));
  return (((4 - quarters) % 4) * 90) as Rotation;
}

/**
 * Throws `Unclear` unless a slice (ITU-T H.264, 7.3.3) begins a key frame of a known picture set, whose two fields are shown at the same
 * time.
 */
function checkSlice(unit: Buffer, sequence: SequenceSet, pictures: readonly PictureSet[]): void {
  mustBe((unit[0]! & 0x60) !== 0);
  const reader = new BitReader(payloadOf(unit.subarray(0, SLICE_HEAD), HEAD));
  mustBe(reader.ue() === 0 && INTRA.has(reader.ue()));
  const id = reader.ue(255);
  // FFmpeg uses the last set of several sets with the same id.
  const picture = pictures.findLast((set) => set.id === id);
  mustBe(picture !== undefined);
  reader.skip(sequence.frameNumberBits);
  reader.ue();
  if (sequence.orderType === 0) {
    reader.skip(sequence.orderBits);
    if (picture.hasOrderOfFields) mustBe(reader.se() === 0);
  }
}
