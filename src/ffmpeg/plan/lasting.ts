import type { OptionSet } from '../policy/options/option-set.ts';
import type { LastingMedia, PlanInput } from '../types.ts';
import type { Selection } from './plan-streams.ts';
import { inputDuration, outputDuration } from './timing.ts';

/** Options that make the duration of an output differ from the duration of its source. */
const CHANGED_LENGTH = ['shortest', 'frames', 'itsoffset', 'stream_loop', 'r', 'framerate', 'loop'] as const;

/**
 * Returns the seconds and the frames that an output has if its sources are intact. Returns null if they are unknown, for example because
 * filters of the caller may change them.
 */
export function lastingMedia(job: {
  inputs: readonly PlanInput[];
  inputOptions: readonly OptionSet[];
  options: OptionSet;
  streams: Selection['streams'];
  /** Frames per second of the encoder; null = no video is encoded. */
  frameRate: number | null;
  /** Whether other files of the output contain the other streams. */
  isEntire: boolean;
}): LastingMedia | null {
  const { inputs, inputOptions, options, streams, frameRate, isEntire } = job;
  if ([options, ...inputOptions].some((set) => CHANGED_LENGTH.some((name) => set.has(name)))) return null;
  const parts: LastingMedia[] = [];
  let isTruncated = false;
  for (const from of streams) {
    if (!('stream' in from)) return null;
    const { info, text } = inputs[from.input]!;
    if (info.isImage || info.isAnimated) return null;
    // Where only the container states a duration, another stream may be the longest, such as subtitles after the end of the video.
    const isOnly = isEntire || info.video.length + info.audio.length === streams.length;
    const isOutlasted = (text?.subtitles ?? 0) > 0 && info.video.some((stream) => stream.durationSeconds !== null);
    const isLongest = isOnly && !isOutlasted && inputs.length === 1;
    const stated = from.stream.durationSeconds ?? (isLongest ? info.durationSeconds : null);
    const declared = info.truncation?.declaredSeconds ?? null;
    if (stated === null && declared === null) continue;
    isTruncated ||= declared !== null;
    const durationSeconds = declared ?? Math.min(stated!, info.durationSeconds ?? stated!);
    const source = { ...info, durationSeconds };
    const seconds = outputDuration([inputDuration(source, inputOptions[from.input]!)], options, null) ?? 0;
    const rate = from.kind === 'v' ? Math.min(from.stream.frameRate ?? 0, frameRate ?? Number.POSITIVE_INFINITY) : 0;
    parts.push({ seconds, frames: rate > 0 ? Math.floor(seconds * rate) : null });
  }
  const seconds = Math.max(0, ...parts.map((part) => part.seconds));
  const frames = parts.find((part) => part.frames !== null)?.frames ?? null;
  return seconds > 0 ? { seconds, frames, ...(isTruncated && { isTruncated }) } : null;
}
