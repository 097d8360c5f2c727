import { JobFailure } from '../../../contract/failures.ts';
import type { OutputFormat } from '../../../contract/formats.ts';
import type { PreviewRequest, TranscodeRequest } from '../../../contract/transcode-request.ts';
import { pixelFormatFor, videoSettings } from '../../policy/encoders/encoder-settings.ts';
import { OptionSet } from '../../policy/options/option-set.ts';
import { timeText } from '../../policy/options/option-values.ts';
import type { PlanInput, PlanWarning, VideoStream } from '../../types.ts';
import { outputColor } from '../color/convert.ts';
import { ExtraInputs } from '../extra-inputs.ts';
import { displaySize, fitWidth, type Size, shortSide } from '../geometry.ts';
import { keyFrameArgs } from '../key-frames.ts';
import { ownName } from '../own-name.ts';
import { outputTail, plannedOutput } from '../plan-args.ts';
import type { OutputContext, Producer } from '../producer.ts';
import { threadsFor } from '../resources.ts';
import { mainVideo } from '../streams.ts';
import { motionRate } from '../time/output-rate.ts';
import { paletteChain, videoChain } from '../video-filters.ts';

const DEFAULT_WIDTH = 480;
const DEFAULT_SEGMENTS = 4;
/** Minimum duration of a part, unless the request sets the number of parts. */
const LEAST_PART_SECONDS = 0.5;
const COLOURS = 256;
/** Maximum bytes of frames that FFmpeg keeps until it has computed the palette. */
const PALETTE_BYTES = 256 * 2 ** 20;

/** Encoder, maximum frames per second and arguments of each format, and whether its sides must be even. */
const FORMATS: Partial<
  Record<OutputFormat, { encoder: string; rate: number; even: boolean; args: readonly string[] }>
> = {
  gif: { encoder: 'gif', rate: 12, even: false, args: [] },
  webp: { encoder: 'libwebp_anim', rate: 15, even: false, args: ['-loop', '0'] },
  mp4: { encoder: 'libx264', rate: 30, even: true, args: ['-movflags', '+faststart'] },
};

/** The parts of the video that the preview shows. All parts have the same length. */
interface Parts {
  starts: readonly number[];
  /** Seconds of each part. */
  length: number;
  warnings: readonly PlanWarning[];
}

/** Plans a short silent clip of several parts of a video. Throws `JobFailure` if the input has no video or no known duration. */
export function planPreview(
  request: TranscodeRequest & { preview: PreviewRequest },
  input: PlanInput,
  ctx: OutputContext,
): Producer {
  const { outputFormat: format, preview } = request;
  const { position } = ctx;
  const { encoder, rate, even, args } = FORMATS[format]!;
  const stream = movingVideo(input);
  const { starts, length, warnings } = choosePartsOf(input, stream, preview);
  const seconds = starts.length * length;
  const size = fitWidth(displaySize(stream), preview.width ?? DEFAULT_WIDTH, even);
  const frameRate = Math.min(motionRate(stream) ?? rate, rate);
  const isGif = encoder === 'gif';
  const pixelFormat = isGif ? 'rgb24' : pixelFormatFor(encoder, { alpha: false, bitDepth: 8 })!;
  const settings = videoSettings({
    ...{ encoder, quality: 'medium', shortSide: shortSide(size), durationSeconds: seconds },
    ...{ sourceBitRate: null, stated: new OptionSet([]).stated('v') },
  });
  const threads = threadsFor(ctx.resourceClass, ctx.cores, true);
  const options = new OptionSet([]);
  const keyFrames = keyFrameArgs({ encoder, options, durationSeconds: seconds, constantRate: frameRate });
  return {
    inputs: starts.map((seek) => ({ input, options, seek, limit: length, loopStill: false, video: stream })),
    extra: new ExtraInputs(starts.length),
    threads,
    args: [
      ...['-filter_complex', graph(stream, { starts, size, frameRate, encoder, pixelFormat, position, seconds })],
      ...['-map', `[${ownName('preview', position)}]`, '-c:v', encoder, ...settings, ...keyFrames, ...args],
      ...outputTail({ format, position, seconds, threads }),
    ],
    output: plannedOutput(
      { format, position },
      { streams: { video: { mode: 'encoded', reason: null }, audio: null }, hasVideo: true, hasAudio: false, size },
    ),
    durationSeconds: seconds,
    works: [
      {
        decoded: starts.map(() => stream),
        encoded: { encoder, preset: presetOf(settings), ...size, frameRate, bitDepth: 8 },
        ...{ filterBytes: isGif ? PALETTE_BYTES : 0, durationSeconds: seconds, still: false },
      },
    ],
    source: 'preset',
    layers: [],
    warnings,
  };
}

function movingVideo({ info }: PlanInput): VideoStream {
  const stream = mainVideo(info);
  if (stream && !info.isImage) return stream;
  const what = info.isImage ? 'The input is a picture' : 'The input has no video';
  throw new JobFailure('no_video_stream', `${what}, and a preview needs video.`);
}

/** Divides the video into equal intervals, and chooses a part in the middle of each interval. */
function choosePartsOf({ info }: PlanInput, stream: VideoStream, preview: PreviewRequest): Parts {
  const end = stream.durationSeconds ?? info.durationSeconds;
  if (!end) {
    throw new JobFailure('unsupported_media', 'The duration of the input is unknown, and a preview needs it.');
  }
  if (preview.seconds >= end) {
    const message = `The video lasts ${timeText(end)} s, so the preview shows all of it.`;
    return { starts: [0], length: end, warnings: [{ field: 'preview.seconds', message }] };
  }
  const most = Math.max(1, Math.floor(preview.seconds / LEAST_PART_SECONDS));
  const count = preview.segments ?? Math.min(DEFAULT_SEGMENTS, most);
  const length = preview.seconds / count;
  const starts = Array.from({ length: count }, (_, index) => (end * (index + 0.5)) / count - length / 2);
  return { starts: starts.map((start) => Math.max(0, Math.min(start, end - length))), length, warnings: [] };
}

interface PreviewGraph {
  starts: readonly number[];
  size: Size;
  frameRate: number;
  encoder: string;
  pixelFormat: string;
  position: number;
  seconds: number;
}

/** Returns the filter graph, which reads each part from a separate input and joins the parts. */
function graph(stream: VideoStream, preview: PreviewGraph): string {
  const { starts, size, frameRate, encoder, pixelFormat, position, seconds } = preview;
  const color = outputColor(encoder, pixelFormat, new OptionSet([]));
  const chain = videoChain(stream, {
    ...{ size, squarePixels: true, pad: false, frameRate, color, pixelFormat },
    ...{ background: stream.hasAlpha ? 'black' : null },
  });
  const label = (index: number) => ownName(`part${index}`, position);
  const parts = starts.map((_, index) => `[${index}:${stream.index}]${chain}[${label(index)}]`);
  const fits = PALETTE_BYTES / (size.width * size.height * 4 * frameRate);
  const palette = paletteChain({ colours: COLOURS, sampleSeconds: seconds <= fits ? null : fits });
  const joined = `${starts.map((_, index) => `[${label(index)}]`).join('')}concat=n=${starts.length}:v=1:a=0`;
  return [...parts, `${joined}${encoder === 'gif' ? `,${palette}` : ''}[${ownName('preview', position)}]`].join(';');
}

function presetOf(settings: readonly string[]): string | null {
  const at = settings.indexOf('-preset:v');
  return at < 0 ? null : settings[at + 1]!;
}
