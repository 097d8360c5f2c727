/** A part of the media in milliseconds. */
export interface Span {
  from: number;
  to: number;
}

/** The format to which FFmpeg decodes audio for recognizers: 16 kHz, mono, signed 16 bits. */
export const SAMPLE_RATE = 16_000;
export const BYTES_PER_MS = (SAMPLE_RATE * 2) / 1000;
/** Milliseconds of audio per measured level. */
export const FRAME_MS = 20;
export const FRAME_BYTES = FRAME_MS * BYTES_PER_MS;

/** The level of digital silence, in decibels below full scale (dBFS). */
const SILENCE_DB = -100;

/*
 * Speech is detected only by its energy. This removes silence and steady hum, in which recognizers invent words. Music and changing noise
 * remain, and the recognizer decides whether they are speech.
 */

/** Minimum decibels by which speech is louder than the quietest tenth of the media. */
const ABOVE_FLOOR_DB = 10;
/** Absolute levels. Sounds quieter than `LEAST_DB` are never speech, and sounds louder than `MOST_DB` may always be speech. */
const LEAST_DB = -58;
const MOST_DB = -38;
/** Minimum milliseconds of speech. Shorter sounds are clicks. */
const LEAST_SPEECH_MS = 100;
/** Minimum milliseconds of a pause. Shorter pauses, between words and before plosives, are part of speech. */
const LEAST_PAUSE_MS = 500;
/** Milliseconds that are kept around speech, because words begin and end quietly. */
const PADDING_MS = 200;

/** Returns the levels of frames in dBFS. @param samples signed 16 bits, little-endian; an incomplete last frame is omitted. */
export function frameLevels(samples: Buffer): Float32Array {
  const levels = new Float32Array(Math.floor(samples.length / FRAME_BYTES));
  for (let frame = 0; frame < levels.length; frame += 1) {
    let sum = 0;
    const end = (frame + 1) * FRAME_BYTES;
    for (let at = frame * FRAME_BYTES; at < end; at += 2) {
      const sample = samples.readInt16LE(at);
      sum += sample * sample;
    }
    const mean = sum / (FRAME_BYTES / 2) / 32768 ** 2;
    levels[frame] = mean === 0 ? SILENCE_DB : Math.max(SILENCE_DB, 10 * Math.log10(mean));
  }
  return levels;
}

/** Returns the parts of the media that may contain speech, in order and without overlaps. */
export function findSpeech(levels: Float32Array): Span[] {
  const threshold = thresholdOf(levels);
  const loud: Span[] = [];
  for (let frame = 0; frame < levels.length; frame += 1) {
    if (levels[frame]! < threshold) continue;
    const [from, to] = [frame * FRAME_MS, (frame + 1) * FRAME_MS];
    const last = loud.at(-1);
    if (last && from - last.to < LEAST_PAUSE_MS) last.to = to;
    else loud.push({ from, to });
  }
  const total = levels.length * FRAME_MS;
  const spoken = loud
    .filter(({ from, to }) => to - from >= LEAST_SPEECH_MS)
    .map(({ from, to }) => ({ from: Math.max(0, from - PADDING_MS), to: Math.min(total, to + PADDING_MS) }));
  return mergeSpans(spoken);
}

function thresholdOf(levels: Float32Array): number {
  const audible = levels.filter((level) => level > SILENCE_DB).sort();
  const floor = audible[Math.floor(audible.length / 10)] ?? SILENCE_DB;
  return Math.min(MOST_DB, Math.max(LEAST_DB, floor + ABOVE_FLOOR_DB));
}

/** Joins sorted spans that touch or overlap. */
export function mergeSpans(spans: readonly Span[]): Span[] {
  const merged: Span[] = [];
  for (const { from, to } of spans) {
    const last = merged.at(-1);
    if (last && from <= last.to) last.to = Math.max(last.to, to);
    else merged.push({ from, to });
  }
  return merged;
}
