import { makeBox, makeFullBox, u32 } from '../isobmff/boxes.ts';
import type { LadderStream } from './read-stream.ts';

/* Boxes of a segment (ISO/IEC 14496-12, 8.8; CMAF, ISO/IEC 23000-19, 7.3). */

const [BASE_IS_MOOF, DEFAULT_DURATION, DEFAULT_FLAGS] = [0x20000, 0x8, 0x20];
const [DATA_OFFSET, FIRST_FLAGS, DURATIONS, SIZES, OFFSETS] = [0x1, 0x4, 0x100, 0x200, 0x800];
/**
 * Flags of a sample that other samples depend on and that depends on no other sample, and flags of a sample that depends on other samples.
 */
const [KEY, DELTA] = [0x02000000, 0x01010000];
/** Id of the only track of each file. */
const TRACK = 1;

export const SEGMENT_TYPE = makeBox('styp', Buffer.from('msdh'), u32(0), Buffer.from('msdhmsix'));

/**
 * Returns the index of a fragment with the samples `from` to `to` (exclusive), which follow in an `mdat`. Only the first sample may be a
 * key frame.
 */
export function fragmentIndex(stream: LadderStream, sequence: number, from: number, to: number): Buffer {
  const size = writeIndex(stream, sequence, { from, to, dataAt: 0 }).length;
  return writeIndex(stream, sequence, { from, to, dataAt: size + 8 });
}

function writeIndex(
  { track, samples }: LadderStream,
  sequence: number,
  { from, to, dataAt }: { from: number; to: number; dataAt: number },
): Buffer {
  const isVideo = track.kind === 'video';
  const rows = sampleRows(samples, from, to);
  const time = Buffer.alloc(8);
  time.writeBigUInt64BE(BigInt(samples.times[from]!));
  const header = makeFullBox(
    'tfhd',
    0,
    BASE_IS_MOOF | DEFAULT_DURATION | DEFAULT_FLAGS,
    u32(TRACK, samples.times[from + 1]! - samples.times[from]!, isVideo ? DELTA : KEY),
  );
  const isKey = isVideo && samples.isKey[from] === 1;
  const flags = DATA_OFFSET | SIZES | (isKey ? FIRST_FLAGS : 0) | rows.flags;
  const first = isKey ? [u32(KEY)] : [];
  const run = makeFullBox('trun', 1, flags, u32(to - from, dataAt), ...first, rows.bytes);
  return makeBox(
    'moof',
    makeFullBox('mfhd', 0, 0, u32(sequence)),
    makeBox('traf', header, makeFullBox('tfdt', 1, 0, time), run),
  );
}

/**
 * Returns the size of each sample, its duration if the durations differ, and the offset of its presentation time if an offset is not zero.
 */
function sampleRows({ times, sizes, offsets }: LadderStream['samples'], from: number, to: number) {
  const durationOf = (index: number) => times[index + 1]! - times[index]!;
  let [varies, isReordered] = [false, false];
  for (let index = from; index < to; index++) {
    varies ||= durationOf(index) !== durationOf(from);
    isReordered ||= offsets[index] !== 0;
  }
  const bytes = Buffer.alloc((to - from) * (4 + (varies ? 4 : 0) + (isReordered ? 4 : 0)));
  let at = 0;
  for (let index = from; index < to; index++) {
    if (varies) at = bytes.writeUInt32BE(durationOf(index), at);
    at = bytes.writeUInt32BE(sizes[index]!, at);
    if (isReordered) at = bytes.writeInt32BE(offsets[index]!, at);
  }
  return { bytes, flags: (varies ? DURATIONS : 0) | (isReordered ? OFFSETS : 0) };
}
