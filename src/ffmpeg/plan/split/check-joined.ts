import type { StreamPackets } from '../../types.ts';
import { digestTimes } from './frame-rate.ts';
import type { FrameList, FrameRate, KeptTimes, Piece } from './types.ts';

/** Seconds by which the end of a copied track may differ. FFmpeg rounds the end to the unit of the edit list, a millisecond. */
const EDIT_SECONDS = 0.001;

export interface Joined {
  frames: FrameList | null;
  /** The packets of every stream. */
  packets: readonly StreamPackets[] | null;
}

export interface ExpectedJoin {
  /** The constant rate, or the average rate of frames that keep the times of the source. */
  rate: FrameRate;
  /** Absent = the frames have a constant rate. */
  times?: KeptTimes;
  pieces: readonly Piece[];
  /** Maximum bit rate and buffer that were set for the encoder; null = no maximum. */
  cap: { rate: number; buffer: number } | null;
}

/**
 * Returns the fault of an output that was joined from pieces, as a text that continues "The output …". Returns null if every frame occurs
 * once, at its time, and the audio equals the track that was encoded in one piece.
 */
export function joinedFault(
  output: Joined,
  parts: { pieces: readonly (FrameList | null)[]; audio: StreamPackets | null },
  expected: ExpectedJoin,
): string | null {
  const { frames } = output;
  if (!frames) return 'has video that cannot be read without a decoder';
  for (const [index, piece] of expected.pieces.entries()) {
    const made = parts.pieces[index];
    const fault = made ? framesFault(made, expected, piece.frames) : 'has no index';
    if (fault) return `has a piece (${index + 1}) that ${fault}`;
    if (made!.description !== frames.description) return `has a piece (${index + 1}) with other parameters`;
  }
  const total = expected.pieces.reduce((sum, piece) => sum + piece.frames, 0);
  return (
    framesFault(frames, expected, total) ??
    timesFault(frames, expected) ??
    startsFault(frames, expected.pieces) ??
    sizeFault(frames, expected, total) ??
    audioFault(output.packets, parts.audio)
  );
}

function framesFault(frames: FrameList, { rate: { num, den }, times }: ExpectedJoin, count: number): string | null {
  if (frames.times.length !== count) return `has ${frames.times.length} frames instead of ${count}`;
  if (!frames.isFullyPresented || frames.startSeconds !== 0) return 'does not present its frames from zero on';
  if (times) return null;
  for (const [index, time] of frames.times.entries()) {
    if (time * num !== index * den * frames.timescale) return `presents frame ${index + 1} at another time`;
  }
  return null;
}

/** Checks that the frames have the times of the source. */
function timesFault(frames: FrameList, { times }: ExpectedJoin): string | null {
  return times && digestTimes(frames, times.timescale) !== times.digest ? 'presents frames at other times' : null;
}

/** Checks that every piece begins with a key frame. */
function startsFault({ keys }: FrameList, pieces: readonly Piece[]): string | null {
  const known = new Set(keys);
  const missing = pieces.find(({ first }) => !known.has(first));
  return missing ? `has no key frame at frame ${missing.first + 1}` : null;
}

/**
 * Checks that the video is not larger than its maximum bit rate allows. Each piece starts with a full buffer, so the pieces together may
 * exceed the size that one process could write.
 */
function sizeFault({ bytes }: FrameList, { cap, rate }: ExpectedJoin, count: number): string | null {
  if (!cap) return null;
  const most = (cap.rate * count * rate.den) / rate.num + cap.buffer;
  return bytes * 8 > most ? 'has a higher bit rate than its maximum' : null;
}

function audioFault(packets: readonly StreamPackets[] | null, encoded: StreamPackets | null): string | null {
  if (!packets) return 'has packets that are not known';
  if (packets.length !== (encoded ? 2 : 1)) return 'has another number of streams';
  const audio = packets[1];
  if (!encoded || !audio) return null;
  const same = (['codec', 'startSeconds', 'isFullyPresented'] as const).every((fact) => audio[fact] === encoded[fact]);
  const isAsLong = Math.abs(audio.seconds - encoded.seconds) < EDIT_SECONDS;
  // The last packet is not copied if its part before the rounded end is empty.
  const left = { packets: encoded.count - audio.count, bytes: encoded.bytes - audio.bytes };
  const isCopied = left.packets === 0 ? left.bytes === 0 : left.packets === 1 && left.bytes > 0;
  return same && isAsLong && isCopied ? null : 'has audio that differs from the encoded track';
}
