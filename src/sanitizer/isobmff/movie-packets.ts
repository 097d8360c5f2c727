import type { StreamPackets } from '../../ffmpeg/index.ts';
import type { FileBytes } from '../file-bytes.ts';
import { scanH264 } from './h264-packets.ts';
import type { Movie, Track } from './movie.ts';
import { codecOf, isIdentity } from './movie-facts.ts';
import { boxesOfEntry, type EntryBox } from './sample-entry.ts';
import { type SampleTimes, sampleTimes } from './sample-times.ts';

const NORMAL_RATE = 0x10000;
/** Maximum number of samples before the start of AAC that encoders produce: 1024 to 2112, and a margin for padding. */
const MAX_AUDIO_DELAY = 4096;
const ENABLED = 1;
/** Channel layouts of mono and stereo (Core Audio, `AudioChannelLayoutTag`). */
const PLAIN_LAYOUTS: ReadonlySet<number> = new Set([0x640001, 0x650002]);

/**
 * Returns facts about the packets of each stream, by which the planner decides whether they may be copied. Reads the headers of all packets
 * of H.264, unless `isScanned` is false.
 */
export function moviePackets(movie: Movie, file: FileBytes, isScanned = true): StreamPackets[] {
  return movie.tracks.map((track, index): StreamPackets => {
    const times = sampleTimes(track.samples);
    const seconds = (units: number) => units / track.media.timescale;
    const codec = codecOf(track) ?? 'unknown';
    const { delay, isFullyPresented } = presentation(movie, track, times);
    return {
      index,
      codec,
      count: track.samples.count,
      bytes: track.samples.chunks.bytes.reduce((sum, bytes) => sum + bytes, 0),
      seconds: seconds(times.end - times.earliest),
      startSeconds: delay,
      isFullyPresented,
      isOrdered: times.isOrdered,
      isPlain: isIdentity(movie.matrix) && isPlain(track),
      startsWithKey: times.startsWithKey,
      keyDistance: { packets: times.keyDistance.samples, seconds: seconds(times.keyDistance.units) },
      h264: isScanned && codec === 'h264' ? scanH264(track, file) : null,
    };
  });
}

/** Reads the edit list: the start of the stream in seconds, and whether the list hides anything. */
export function presentation(
  movie: Movie,
  { kind, edits, media }: Track,
  times: SampleTimes,
): { delay: number; isFullyPresented: boolean } {
  if (!edits) return { delay: times.earliest / media.timescale, isFullyPresented: true };
  const [first, ...others] = edits;
  const empty = first!.mediaTime === -1 ? first! : null;
  const [shown, ...more] = empty ? others : edits;
  const delay = empty ? empty.duration / movie.timescale : 0;
  if (!shown || more.length > 0 || shown.mediaTime === -1 || shown.rate !== NORMAL_RATE) {
    return { delay, isFullyPresented: false };
  }
  const starts = kind === 'video' ? shown.mediaTime === times.earliest : shown.mediaTime <= MAX_AUDIO_DELAY;
  // Durations of edits are in the movie's time scale, so they may be off by one unit of this time scale.
  const end = shown.mediaTime + ((shown.duration + 1) * media.timescale) / movie.timescale;
  return { delay, isFullyPresented: starts && end >= times.end };
}

/** Whether a box of audio has no influence beyond the decoder configuration, which QuickTime has inside a `wave`. */
function isPlainAudio({ type, body }: EntryBox): boolean {
  if (type === 'chan') return body.length >= 8 && PLAIN_LAYOUTS.has(body.readUInt32BE(4));
  return type === 'esds' || type === 'wave';
}

function isPlain(track: Track): boolean {
  if ((track.flags & ENABLED) === 0 || !isIdentity(track.matrix)) return false;
  const boxes = boxesOfEntry(track.kind, track.entry);
  if (!boxes) return false;
  if (track.kind === 'audio') return boxes.every(isPlainAudio);
  return boxes.every(({ type, body }) => {
    if (type === 'colr') return ['nclx', 'nclc'].includes(body.toString('latin1', 0, 4));
    // One field means progressive.
    if (type === 'fiel') return body[0] === 1;
    return type === 'avcC' || type === 'pasp';
  });
}
