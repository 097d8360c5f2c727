import type { OptionSet } from '../policy/options/option-set.ts';
import type { MediaInfo, PlanInput, VideoStream } from '../types.ts';
import { type Flow, soundFlow } from './flow/flow.ts';
import { storedSize } from './geometry.ts';
import type { StreamRef } from './graph-sources.ts';
import { plainVideo } from './streams.ts';
import { motionRate } from './time/output-rate.ts';
import { inputDuration } from './timing.ts';

/** FFmpeg shows a still picture for one frame at this rate. */
const STILL_RATE = 25;

/** Returns the seconds that an input plays; Infinity = endless, null = unknown. */
export function inputSeconds(input: PlanInput, options: OptionSet, loopStill: boolean): number | null {
  if (!input.info.isImage) return inputDuration(input.info, options);
  if (!loopStill) return 1 / STILL_RATE;
  return options.length() ?? Number.POSITIVE_INFINITY;
}

/** Describes an input's stream before any filter. */
export function streamFlow(ref: StreamRef, info: MediaInfo, options: OptionSet | null, seconds: number | null): Flow {
  if (ref.kind === 'a') return soundFlow(seconds);
  return pictureFlow(ref.stream, info, options, seconds);
}

export function pictureFlow(
  stream: VideoStream,
  info: MediaInfo,
  options: OptionSet | null,
  seconds: number | null,
): Flow {
  const stated = options?.rate('framerate') ?? options?.rate('r');
  return {
    kind: 'v',
    ...storedSize(stream),
    certain: true,
    rate: stated ?? (info.isImage ? STILL_RATE : motionRate(stream)),
    seconds,
  };
}

/** Describes the video of a graph as a stream, to choose encoder settings. */
export function drawnStream(
  flow: Flow,
  source: VideoStream | null,
  more: { alpha: boolean; bitDepth: number },
): VideoStream {
  const [width, height] = [
    flow.width > 0 ? Math.round(flow.width) : 1920,
    flow.height > 0 ? Math.round(flow.height) : 1080,
  ];
  return plainVideo({
    index: source?.index ?? 0,
    codec: 'rawvideo',
    width,
    height,
    pixelFormat: null,
    bitDepth: more.bitDepth,
    hasAlpha: more.alpha,
    frameRate: flow.rate,
    durationSeconds: flow.seconds !== null && Number.isFinite(flow.seconds) ? flow.seconds : null,
  });
}
