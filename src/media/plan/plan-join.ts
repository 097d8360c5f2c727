import { JobFailure } from '../../contract/failures.ts';
import { formatKind } from '../../contract/formats.ts';
import type { TranscodeRequest } from '../../contract/transcode-request.ts';
import { audioSettings, pixelFormatFor, videoSettings } from '../encoders/encoder-settings.ts';
import { FORMAT_DEFAULTS } from '../encoders/encoders.ts';
import { OptionSet } from '../options/option-set.ts';
import { timeText } from '../options/option-values.ts';
import type { ParsedRequest } from '../options/parsed-request.ts';
import type { Plan, PlanContext, PlanInput } from '../types.ts';
import { displaySize, fitShortSide, fitWidth, SHORT_SIDES, shortSide } from './geometry.ts';
import { globalArgs, inputArgs, outputTail, plannedOutput } from './plan-args.ts';
import { planSource } from './plan-plain.ts';
import { MAX_OUTPUT_SECONDS, resourcesFor, threadsFor } from './resources.ts';
import { mainAudio, mainVideo, videoBitRate } from './streams.ts';
import { inputDuration } from './timing.ts';
import { paletteChain, videoChain } from './video-filters.ts';

/** Frames a second of a join: the fastest input's, up to what screens show. */
const MAX_JOIN_RATE = 60;
const GIF_JOIN_RATE = 15;
const GIF_WIDTH = 640;
const SAMPLE_RATE = 48_000;
/** `concat` itself prolongs a short sound with silence, so an unknown duration needs no more than a start. */
const LEAST_SILENCE = 0.1;

/**
 * Joins inputs one after the other, whatever their size, rate and codec (contract A4). The first input (or the
 * preset) gives the frame; other pictures are scaled into it with bars. Missing sound becomes silence.
 */
export function planJoin(
  request: TranscodeRequest,
  inputs: readonly PlanInput[],
  parsed: ParsedRequest,
  ctx: PlanContext,
): Plan {
  const format = request.outputFormat;
  const kind = formatKind(format);
  const quality = request.preset?.quality ?? 'medium';
  const defaults = FORMAT_DEFAULTS[format];
  const sources = inputs.map((input, index) => {
    const options = new OptionSet(parsed.inputs[index] ?? []);
    const duration = inputDuration(input.info, options);
    return { input, options, duration, video: mainVideo(input.info), audio: mainAudio(input.info) };
  });
  const withVideo = kind !== 'audio';
  const withAudio = kind !== 'image' && sources.some((source) => source.audio !== null);
  for (const [index, source] of sources.entries()) {
    if (withVideo && !source.video)
      throw new JobFailure('no_video_stream', `Input ${index + 1} has no pictures, so it cannot be joined to a video.`);
    if (withVideo && source.input.info.isImage && source.options.length() === null) {
      throw new JobFailure(
        'empty_media',
        `Input ${index + 1} is a picture, which has no duration; give that input the option -t.`,
      );
    }
    if (source.duration !== null && source.duration <= 0) {
      throw new JobFailure('empty_media', `The trim options of input ${index + 1} leave nothing of it.`);
    }
  }
  if (!withVideo && !withAudio) throw new JobFailure('no_audio_stream', `No input has sound, and ${format} needs it.`);

  const isGif = format === 'gif';
  const short = request.preset?.resolution ? SHORT_SIDES[request.preset.resolution] : null;
  const first = sources[0]!.video;
  const fitted = first ? fitShortSide(displaySize(first), short, true) : null;
  const frame = fitted && isGif && short === null ? fitShortSide(fitWidth(fitted, GIF_WIDTH), null, true) : fitted;
  const fastest = Math.max(...sources.map((source) => source.video?.frameRate ?? 25));
  const rate = Math.min(fastest, isGif ? GIF_JOIN_RATE : MAX_JOIN_RATE);
  // All segments of a join need one pixel format; transparency would need all inputs to have it.
  const pixelFormat = isGif
    ? 'rgb24'
    : (defaults.video && pixelFormatFor(defaults.video, { alpha: false, bitDepth: 8 })) || 'yuv420p';

  const graph: string[] = [];
  let segments = '';
  for (const [index, source] of sources.entries()) {
    if (withVideo && frame) {
      const chain = videoChain(source.video!, {
        size: frame,
        squarePixels: true,
        pad: true,
        frameRate: rate,
        toneMap: true,
        pixelFormat,
        background: 'black',
        orientationUnknown: false,
      });
      graph.push(`[${index}:${source.video!.index}]${chain}[v${index}]`);
      segments += `[v${index}]`;
    }
    if (withAudio) {
      graph.push(`${audioSegment(index, source)}[a${index}]`);
      segments += `[a${index}]`;
    }
  }
  const outputs = `${withVideo ? '[v]' : ''}${withAudio ? '[a]' : ''}`;
  graph.push(`${segments}concat=n=${sources.length}:v=${withVideo ? 1 : 0}:a=${withAudio ? 1 : 0}${outputs}`);

  const total = sources.every((source) => source.duration !== null)
    ? sources.reduce((sum, source) => sum + (source.duration ?? 0), 0)
    : null;
  if (total !== null && total > MAX_OUTPUT_SECONDS) {
    throw new JobFailure(
      'too_long',
      `The inputs last ${(total / 3600).toFixed(1)} hours together; ${MAX_OUTPUT_SECONDS / 3600} are allowed.`,
    );
  }
  let filterBytes = 0;
  if (isGif && frame) {
    const perSecond = frame.width * frame.height * 4 * rate;
    const sampleSeconds = Math.max(0.5, (256 * 2 ** 20) / perSecond);
    filterBytes = 256 * 2 ** 20;
    const whole = total !== null && total <= sampleSeconds;
    graph.push(
      `[v]${paletteChain({ colours: quality === 'low' ? 128 : 256, sampleSeconds: whole ? null : sampleSeconds })}[p]`,
    );
  }

  const threads = threadsFor(ctx.lane, ctx.cores, withVideo);
  const args = globalArgs(threads);
  for (const source of sources) {
    args.push(
      ...inputArgs({ ...source, seek: null, loopStill: source.input.info.isImage, video: source.video }, threads),
    );
  }
  args.push('-filter_complex', graph.join(';'));
  let preset: string | null = null;
  if (withVideo && frame && defaults.video) {
    const rates = sources.map((source) => videoBitRate(source.input.info, source.video!));
    const settings = videoSettings({
      encoder: defaults.video,
      quality,
      shortSide: shortSide(frame),
      sourceBitRate: rates.some((value) => value === null) ? null : Math.max(...rates.map((value) => value ?? 0)),
      stated: new Set(),
    });
    preset = settings[settings.indexOf('-preset:v') + 1] ?? null;
    args.push('-map', isGif ? '[p]' : '[v]', '-c:v', defaults.video, ...settings);
  }
  if (withAudio && defaults.audio)
    args.push('-map', '[a]', '-c:a', defaults.audio, ...audioSettings(defaults.audio, quality, null));
  if (['mp4', 'mov', 'm4a'].includes(format)) args.push('-movflags', '+faststart');
  args.push(...outputTail({ format, seconds: MAX_OUTPUT_SECONDS, threads }));

  const work = {
    decoded: withVideo ? sources.map((source) => source.video!) : [],
    encoded: withVideo && frame ? { encoder: defaults.video!, preset, ...frame, bitDepth: 8, frameRate: rate } : null,
    filterBytes,
    durationSeconds: total,
    still: false,
  };
  return {
    args,
    outputs: [
      plannedOutput(format, { hasVideo: withVideo, hasAudio: withAudio, size: withVideo ? (frame ?? null) : null }),
    ],
    durationSeconds: total,
    ...resourcesFor(work, ctx),
    source: planSource(request),
    layers: [],
    warnings: [],
  };
}

function audioSegment(index: number, source: { audio: { index: number } | null; duration: number | null }): string {
  const shape = `aformat=sample_fmts=fltp:sample_rates=${SAMPLE_RATE}:channel_layouts=stereo`;
  if (source.audio) return `[${index}:${source.audio.index}]aresample=${SAMPLE_RATE}:async=1,${shape}`;
  const length = timeText(Math.max(LEAST_SILENCE, source.duration ?? LEAST_SILENCE));
  return `anullsrc=r=${SAMPLE_RATE}:cl=stereo,atrim=duration=${length},${shape}`;
}
