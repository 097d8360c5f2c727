import { SUBTITLE_DEMUXERS } from '../probe/input-limits.ts';
import type { PlanInput } from '../types.ts';

/** Containers that state their duration. For an MP3 or raw AAC stream, FFmpeg may guess the duration from the bit rate. */
const EXACT_DEMUXERS: readonly string[] = ['mov', 'matroska', 'wav', 'flac', 'ogg'];
/** Seconds by which a stated and a counted duration may differ because of an encoder's delay and padding. */
const PADDING_SECONDS = 0.1;

/** Returns the seconds by which an input may last longer than its duration; null if one of the durations is an estimate. */
export function surplusOf(inputs: readonly PlanInput[]): number | null {
  let most = 0;
  for (const { demuxer, info, countedSeconds } of inputs) {
    if (EXACT_DEMUXERS.includes(demuxer)) continue;
    const surplus = (countedSeconds ?? Number.POSITIVE_INFINITY) - (info.durationSeconds ?? 0);
    if (Math.abs(surplus) > PADDING_SECONDS) return null;
    most = Math.max(most, surplus);
  }
  return most;
}

/** Whether an input determines the length of an output. Still pictures and subtitles do not. */
export function isPlayed({ info, demuxer }: PlanInput): boolean {
  return !info.isImage && !SUBTITLE_DEMUXERS.includes(demuxer);
}
