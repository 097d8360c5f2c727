import { type BitReader, mustBe } from './bits.ts';

/* The common parts of H.264 and HEVC: NAL units, their payloads, and supplemental information (SEI). */

const MAX_UNITS = 1000;
const MAX_PAYLOADS = 100;
/** The byte that ends a payload of complete bytes. */
const LAST_BYTE = 0x80;

/**
 * Returns the payload of a NAL unit, without the bytes that prevent start codes in it. Throws `Unclear` if the payload contains a start
 * code.
 */
export function payloadOf(unit: Buffer, headBytes: number): Buffer {
  const out = Buffer.alloc(unit.length);
  let length = 0;
  let zeros = 0;
  for (let at = headBytes; at < unit.length; at++) {
    const byte = unit[at]!;
    if (zeros >= 2) {
      mustBe(byte >= 3);
      if (byte === 3) {
        zeros = 0;
        continue;
      }
    }
    zeros = byte === 0 ? zeros + 1 : 0;
    out[length++] = byte;
  }
  mustBe(length > 0);
  return out.subarray(0, length);
}

/** Returns the NAL units of a sample. Throws `Unclear` unless the sample consists of units with lengths of four bytes. */
export function unitsOf(sample: Buffer): Buffer[] {
  const units: Buffer[] = [];
  for (let at = 0; at < sample.length; ) {
    mustBe(at + 4 < sample.length && units.length < MAX_UNITS);
    const length = sample.readUInt32BE(at);
    mustBe(length > 0 && at + 4 + length <= sample.length);
    units.push(sample.subarray(at + 4, at + 4 + length));
    at += 4 + length;
  }
  return units;
}

/** Returns the messages of a unit of supplemental information. */
export function messagesOf(unit: Buffer, headBytes: number): { type: number; body: Buffer }[] {
  const bytes = payloadOf(unit, headBytes);
  const found: { type: number; body: Buffer }[] = [];
  let at = 0;
  const sum = (): number => {
    let value = 0;
    for (let byte = 255; byte === 255; value += byte) {
      mustBe(at < bytes.length);
      byte = bytes[at++]!;
    }
    return value;
  };
  // The last byte ends the payload.
  while (at + 1 < bytes.length) {
    const [type, length] = [sum(), sum()];
    mustBe(at + length < bytes.length && found.length < MAX_PAYLOADS);
    found.push({ type, body: bytes.subarray(at, at + length) });
    at += length;
  }
  mustBe(bytes[at] === LAST_BYTE);
  return found;
}

/** The start of the usability information, which H.264 (E.1.1) and HEVC (E.2.1) share. */
export interface Vui {
  /** Width of a sample divided by its height; null if it is not declared. */
  aspect: number | null;
  /** Whether samples use all values; null if no video signal type is declared. */
  isFull: boolean | null;
  /** Numbers of primaries, transfer characteristics and matrix coefficients; null if they are not declared. */
  color: [number, number, number] | null;
}

const EXTENDED_SAR = 255;
/** Sample aspect ratios by code (ITU-T H.273, 8.6). */
const ASPECTS: readonly (readonly [number, number])[] = [
  ...([
    [0, 1],
    [1, 1],
    [12, 11],
    [10, 11],
    [16, 11],
    [40, 33],
    [24, 11],
    [20, 11],
    [32, 11],
  ] as const),
  ...([
    [80, 33],
    [18, 11],
    [15, 11],
    [64, 33],
    [160, 99],
    [4, 3],
    [3, 2],
    [2, 1],
  ] as const),
];

export function readVui(reader: BitReader): Vui {
  const vui: Vui = { aspect: null, isFull: null, color: null };
  if (reader.flag()) {
    const kind = reader.bits(8);
    const [wide, tall] = kind === EXTENDED_SAR ? [reader.bits(16), reader.bits(16)] : (ASPECTS[kind] ?? [0, 1]);
    // FFmpeg reads a height of zero as a height of one.
    if (wide > 0) vui.aspect = wide / (tall || 1);
  }
  if (reader.flag()) reader.skip(1);
  if (reader.flag()) {
    reader.skip(3);
    vui.isFull = reader.flag();
    if (reader.flag()) vui.color = [reader.bits(8), reader.bits(8), reader.bits(8)];
  }
  if (reader.flag()) {
    reader.ue(30);
    reader.ue(30);
  }
  return vui;
}
