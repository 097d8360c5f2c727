import { createHash } from 'node:crypto';
import type { FrameList } from '../../ffmpeg/index.ts';
import type { FileBytes } from '../file-bytes.ts';
import { scanH264 } from './h264-packets.ts';
import { listSamples } from './list-samples.ts';
import type { Movie, Track } from './movie.ts';
import { codecOf } from './movie-facts.ts';
import { presentation } from './movie-packets.ts';
import { boxesOfEntry } from './sample-entry.ts';
import { sampleTimes } from './sample-times.ts';

/** Codecs whose key frames in the index are points at which decoding may start, unless an earlier frame is presented later. */
const CODECS: readonly string[] = ['h264', 'hevc', 'vp9', 'av1'];

/**
 * Units of the movie for which an edit list must present the last frame, if rounding lost no unit. The distance to the frame that is decoded
 * next says nothing about the duration of the last frame, unless all distances are equal.
 */
const LEAST_SHOWN = 1;

/** Offset of the width and the height of the pictures in a sample entry, 16 bits each. */
const SIZE_AT = 8 + 24;

/** Returns the frames of the only video stream. Returns null if there are several video streams, or if the key frames are not reliable. */
export function movieFrames(movie: Movie, file: FileBytes): FrameList | null {
  const [track, ...others] = movie.tracks.filter(({ kind }) => kind === 'video');
  const codec = track && codecOf(track);
  if (!track || others.length > 0 || !codec || !CODECS.includes(codec) || track.samples.count === 0) return null;
  // Only the headers of the pictures show whether pictures refer to other pictures before a key frame.
  if (codec === 'h264' && !scanH264(track, file).isClosed) return null;
  const samples = listSamples(track);
  const decoded = samples.times.subarray(0, samples.count).map((time, index) => time + samples.offsets[index]!);
  const times = Float64Array.from(decoded).sort();
  const first = times[0]!;
  const known = sampleTimes(track.samples);
  const leastEnd = times.at(-1)! + (LEAST_SHOWN * track.media.timescale) / movie.timescale;
  const shown = { ...known, end: Math.min(known.end, leastEnd) };
  const { delay, isFullyPresented } = presentation(movie, track, shown);
  return {
    timescale: track.media.timescale,
    times: times.map((time) => time - first),
    keys: cleanKeys(samples.isKey, decoded),
    startSeconds: delay,
    isFullyPresented,
    bytes: track.samples.chunks.bytes.reduce((sum, bytes) => sum + bytes, 0),
    description: describeDecoder(track),
  };
}

/** Types of the boxes of a sample entry that a decoder reads. Other boxes differ between MP4 and MOV for the same stream. */
const DECODER_BOXES: readonly string[] = ['avcC', 'hvcC', 'vpcC', 'av1C'];

/** Returns the SHA-256 of the description that a decoder of the stream needs, in hexadecimal. */
export function describeDecoder({ kind, entry }: Track): string {
  const hash = createHash('sha256').update(entry.subarray(SIZE_AT, SIZE_AT + 4));
  for (const { type, body } of boxesOfEntry(kind, entry) ?? []) {
    if (DECODER_BOXES.includes(type)) hash.update(type).update(body);
  }
  return hash.digest('hex');
}

/**
 * Returns the indexes of the key frames that are presented after all frames that are decoded before them, and before all frames that
 * follow. The index of such a frame is the same in both orders.
 */
function cleanKeys(isKey: Uint8Array, decoded: Float64Array): Uint32Array {
  const count = decoded.length;
  const earliestAfter = new Float64Array(count + 1).fill(Number.POSITIVE_INFINITY);
  for (let index = count - 1; index >= 0; index--) {
    earliestAfter[index] = Math.min(decoded[index]!, earliestAfter[index + 1]!);
  }
  const keys: number[] = [];
  let latest = Number.NEGATIVE_INFINITY;
  for (let index = 0; index < count; index++) {
    const time = decoded[index]!;
    if (isKey[index] && time > latest && time < earliestAfter[index + 1]!) keys.push(index);
    latest = Math.max(latest, time);
  }
  return Uint32Array.from(keys);
}
