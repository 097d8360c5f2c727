import type { H264Packets } from '../../ffmpeg/index.ts';
import { readAvcConfig } from '../codecs/avc-config.ts';
import { unlessUnclear } from '../codecs/bits.ts';
import { messagesOf } from '../codecs/nal.ts';
import type { FileBytes } from '../file-bytes.ts';
import type { Track } from './movie.ts';
import { boxesOfEntry } from './sample-entry.ts';
import { keyReader } from './sample-times.ts';

/** Types of NAL units (ITU-T H.264, table 7-1). */
const NAL = { slice: 1, idr: 5, sei: 6, sps: 7, pps: 8, delimiter: 9, filler: 12 } as const;
/** Number of bytes of the length and the header of a NAL unit. */
const HEAD = 5;
/** Maximum number of NAL units per file: twelve hours at 60 frames a second in eight slices. */
const MAX_UNITS = 12 * 3600 * 60 * 8;
const MAX_SEI = 64 * 1024;

/** Types of messages with times: buffering period, picture timing, recovery point (ITU-T H.264, D.1.1). */
const TIMING: ReadonlySet<number> = new Set([0, 1, 6]);
/** Type of messages with unregistered user data: the settings of an encoder, but also data that a camera adds. */
const DATA = 5;

/** Reads the header of every NAL unit of the stream. A stream with unknown units is not uniform. */
export function scanH264(track: Track, file: FileBytes): H264Packets {
  const found: H264Packets = { level: 0, isUniform: false, isClosed: true, supplement: 'none' };
  const avcC = boxesOfEntry(track.kind, track.entry)?.find(({ type }) => type === 'avcC');
  const config = avcC && readAvcConfig(avcC.body);
  // `avc3` declares parameter sets in the packets.
  if (!config || track.entry.toString('latin1', 4, 8) !== 'avc1') return found;
  found.level = config.level;
  found.isClosed = track.samples.groups.length === 0;
  const isKey = keyReader(track.samples.keys);
  let left = MAX_UNITS;
  let index = 0;
  for (const { offset, size } of samplesOf(track)) {
    let [slices, idr] = [0, false];
    const end = offset + size;
    for (let at = offset; at < end; ) {
      if (--left < 0 || at + HEAD > end) return found;
      const head = file.read(at, HEAD);
      const length = head.readUInt32BE(0);
      const type = head[4]! & 0x9f;
      const unit = at + 4;
      at = unit + length;
      if (length === 0 || at > end) return found;
      if (type === NAL.slice || type === NAL.idr) {
        slices += 1;
        idr ||= type === NAL.idr;
      } else if (type === NAL.sei) {
        found.supplement = both(found.supplement, supplementOf(file, unit, length));
      } else if (type === NAL.sps || type === NAL.pps) {
        if (!config.sets.some((set) => set.length === length && set.equals(file.read(unit, length)))) return found;
      } else if (type !== NAL.delimiter && type !== NAL.filler) return found;
    }
    if (slices === 0) return found;
    if (isKey(index) && !idr) found.isClosed = false;
    index += 1;
  }
  found.isUniform = index > 0;
  return found;
}

function supplementOf(file: FileBytes, at: number, length: number): H264Packets['supplement'] {
  const messages = length > MAX_SEI ? null : unlessUnclear(() => messagesOf(file.read(at, length), 1));
  if (!messages || messages.length === 0) return 'other';
  const types = messages.map(({ type }) => type);
  if (types.every((type) => type === DATA)) return 'data';
  return types.every((type) => TIMING.has(type)) ? 'timing' : 'other';
}

function both(one: H264Packets['supplement'], two: H264Packets['supplement']): H264Packets['supplement'] {
  return one === 'none' || one === two ? two : 'other';
}

/** Yields the offset and the size of each sample, in order. */
function* samplesOf({ samples }: Track): Generator<{ offset: number; size: number }, void, undefined> {
  const { chunks } = samples;
  let index = 0;
  for (let chunk = 0; chunk < chunks.count; chunk++) {
    let offset = chunks.offsets[chunk]!;
    for (let inChunk = 0; inChunk < chunks.samples[chunk]!; inChunk++, index++) {
      const size = samples.size || samples.sizes.readUInt32BE(index * 4);
      yield { offset, size };
      offset += size;
    }
  }
}
