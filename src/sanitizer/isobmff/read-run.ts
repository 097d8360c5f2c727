import type { FileBytes } from '../file-bytes.ts';
import { NotRewritable, Rejected, Truncated } from '../verdicts.ts';
import type { Box } from './boxes.ts';
import type { GatheredSamples } from './gather-samples.ts';

/** Values of `tfhd` and `trex` for samples that do not declare these values. */
export interface SampleDefaults {
  duration: number;
  size: number;
  flags: number;
}

/* ISO/IEC 14496-12, 8.8.8: flags of `trun`. */
const DATA_OFFSET = 0x1;
const FIRST_FLAGS = 0x4;
const DURATIONS = 0x100;
const SIZES = 0x200;
const FLAGS = 0x400;
const OFFSETS = 0x800;

/**
 * Flags of a sample that FFmpeg does not treat as a key frame (8.8.3.1): `sample_is_non_sync_sample`, or `sample_depends_on` = other
 * samples.
 */
const NO_KEY = 0x01010000;
/** Number of rows that are read at a time. */
const BLOCK_ROWS = 4096;

/**
 * Reads a run of samples (`trun`) that begins at the stream's clock. Its data offset is relative to `base`. Without an offset, its data
 * begins at `next`. Returns the end of its data; null if the run has no samples.
 */
export function readRun(
  file: FileBytes,
  box: Box,
  samples: GatheredSamples,
  defaults: SampleDefaults,
  { base, next }: { base: number; next: number },
): number | null {
  if (box.end - box.body < 8) throw new Rejected('invalid_media', 'has a run of samples without a header.');
  const head = file.read(box.body, Math.min(16, box.end - box.body));
  const flags = head.readUInt32BE(0) & 0xffffff;
  const count = head.readUInt32BE(4);
  let at = 8;
  const dataAt = flags & DATA_OFFSET ? base + head.readInt32BE(at) : next;
  if (flags & DATA_OFFSET) at += 4;
  const firstFlags = flags & FIRST_FLAGS ? head.readUInt32BE(at) : null;
  if (firstFlags !== null) at += 4;
  const rowBytes = [DURATIONS, SIZES, FLAGS, OFFSETS].filter((field) => flags & field).length * 4;
  if (box.body + at + count * rowBytes > box.end) {
    throw new Rejected('invalid_media', 'declares more samples than it describes.');
  }
  if (count === 0) return null;
  samples.reserve(count);
  samples.startRun();
  let bytes = 0;
  for (let first = 0; first < count; first += BLOCK_ROWS) {
    const rows = Math.min(BLOCK_ROWS, count - first);
    const block = file.read(box.body + at + first * rowBytes, rows * rowBytes);
    let field = -4;
    const nextField = () => {
      field += 4;
      return block.readUInt32BE(field);
    };
    for (let row = 0; row < rows; row++) {
      const duration = flags & DURATIONS ? nextField() : defaults.duration;
      const size = flags & SIZES ? nextField() : defaults.size;
      const own = flags & FLAGS ? nextField() : defaults.flags;
      const offset = flags & OFFSETS ? nextField() | 0 : 0;
      const sampleFlags = first + row === 0 && firstFlags !== null && !(flags & FLAGS) ? firstFlags : own;
      // FFmpeg stops reading at such a sample.
      if (size === 0) throw new NotRewritable('has a sample without data');
      samples.addSample(duration, size, (sampleFlags & NO_KEY) === 0, offset);
      bytes += size;
    }
  }
  if (!Number.isSafeInteger(dataAt) || dataAt < 0 || dataAt + bytes > file.size) {
    throw new Truncated('is cut off: it declares more data than it contains');
  }
  samples.addChunk(dataAt, bytes, count);
  return dataAt + bytes;
}
