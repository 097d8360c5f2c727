import { formatKind, type OutputFormat } from '../../contract/formats.ts';
import type { TranscodeRequest } from '../../contract/transcode-request.ts';
import { FORMAT_DEFAULTS } from '../encoders/encoders.ts';
import { OptionSet } from '../options/option-set.ts';
import type { ParsedRequest } from '../options/parsed-request.ts';
import { SUBTITLE_DEMUXERS } from '../probe/input-limits.ts';
import type { Plan, PlanContext, PlanInput, PlanSource } from '../types.ts';
import { audioArgs, defaultAudioEncoder, languageArgs } from './audio-args.ts';
import { type ComposeJob, composedArgs, composeTracks, simpleFilter } from './compose.ts';
import { Composer, sourceBound } from './composition.ts';
import { droppedOptions } from './dropped-options.ts';
import { SHORT_SIDES } from './geometry.ts';
import { outputEnd } from './output-end.ts';
import { globalArgs, inputArgs, outputTail, passThrough, plannedOutput } from './plan-args.ts';
import { type Selection, selectStreams } from './plan-streams.ts';
import { finishTracks } from './plan-tracks.ts';
import { needsToneMap } from './plan-video.ts';
import { MAX_OUTPUT_SECONDS, resourcesFor, threadsFor } from './resources.ts';
import { loopStills, seekPosition } from './seek.ts';
import { dependsOnTime, ownWork } from './step-filters.ts';
import { inputSeconds } from './stream-flows.ts';

/**
 * One output from the inputs as they are: a preset, defaults, the caller's options, or his filters. With options
 * present only what they leave open is filled in.
 */
export function planPlain(
  request: TranscodeRequest,
  inputs: readonly PlanInput[],
  parsed: ParsedRequest,
  ctx: PlanContext,
): Plan {
  const format = request.outputFormat;
  const kind = formatKind(format);
  const raw = (request.options?.length ?? 0) > 0;
  const filtered = parsed.graph !== null || parsed.video.length + parsed.audio.length > 0;
  const options = new OptionSet(parsed.output);
  const inputOptions = inputs.map((_, index) => new OptionSet(parsed.inputs[index] ?? []));
  const selection = selectStreams(format, inputs, options, parsed.graph?.graph.outputs);
  const encoders = {
    video: selection.hasVideo ? (options.value('c', 'v') ?? defaultVideoEncoder(format, selection, inputs)) : null,
    audio: selection.hasAudio ? (options.value('c', 'a') ?? defaultAudioEncoder(format, selection)) : null,
  };
  const still = kind === 'image' && encoders.video !== 'gif' && encoders.video !== 'libwebp_anim';
  const own = ownWork(parsed);
  const copy = encoders.video === 'copy';
  const loops = loopStills(inputs, inputOptions, options, {
    kind,
    still,
    selection,
    copy,
    ownLength: own.length,
    graph: parsed.graph !== null,
  });
  const timed = filtered && dependsOnTime(parsed);
  const seek = seekPosition(inputs, inputOptions, options, { still, raw, selection, copy, filtered, timed });

  const seconds = inputs.map((input, index) => inputSeconds(input, inputOptions[index]!, loops[index]!));
  const playing = seconds.filter((_, index) => isPlayed(inputs[index]!));
  const bound = sourceBound(options, playing, MAX_OUTPUT_SECONDS);
  const composer = new Composer({ parsed, inputs, ctx, bound });
  const job: ComposeJob = {
    parsed,
    inputs,
    inputOptions,
    seconds,
    selection,
    composer,
    deinterlace: !own.deinterlaces,
    toneMap: (stream) => encoders.video !== null && !own.toneMaps && needsToneMap(encoders.video, stream, options),
    copies: { video: copy, audio: encoders.audio === 'copy' },
  };
  const composed = composeTracks(job);
  const surplus = surplusOf(inputs.filter(isPlayed));
  const end = outputEnd({ tracks: composed.tracks, options, still, playing, surplus, filtered });

  const resolution = raw ? undefined : request.preset?.resolution;
  const quality = (raw ? undefined : request.preset?.quality) ?? 'medium';
  const video = finishTracks(job, composed, {
    encoder: encoders.video,
    format,
    resolution: resolution ? SHORT_SIDES[resolution] : null,
    quality,
    options,
    raw,
    durationSeconds: still ? null : end.durationSeconds,
    still,
    own,
  });

  const isVideo = video !== null && !still;
  const threads = threadsFor(ctx.lane, ctx.cores, isVideo);
  const args = globalArgs(threads);
  for (const [index, input] of inputs.entries()) {
    const stream = selection.video?.input === index ? selection.video.stream : null;
    const source = composed.sources.find((ref) => ref.kind === 'v' && ref.input === index);
    const plan = {
      input,
      options: inputOptions[index]!,
      seek: index === 0 ? seek.input : null,
      loopStill: loops[index]!,
      video: stream ?? (source?.kind === 'v' ? source.stream : null),
      limit: own.waits && seconds[index] === Number.POSITIVE_INFINITY ? end.length : null,
    };
    args.push(...inputArgs(plan, threads));
  }
  args.push(...composer.extra.args(threads), ...composedArgs(job, composed));
  if (encoders.video) args.push('-c:v', encoders.video, ...simpleFilter('v', job, composed), ...(video?.args ?? []));
  else args.push('-vn');
  if (encoders.audio) {
    args.push('-c:a', encoders.audio, ...simpleFilter('a', job, composed));
    args.push(...audioArgs(encoders.audio, selection, options, quality, raw));
  } else args.push('-an');
  if (['mp4', 'mov', 'm4a'].includes(format) && !options.has('movflags')) args.push('-movflags', '+faststart');

  const dropped = droppedOptions(parsed, { kind, still, moved: seek.moved, handled: video?.handled ?? [] });
  args.push(...languageArgs(selection, options), ...passThrough(parsed.output, dropped.handled));
  args.push(...outputTail({ format, seconds: still ? null : (end.length ?? MAX_OUTPUT_SECONDS), threads }));

  const read = [...composed.sources, ...selection.streams].flatMap((ref) =>
    'stream' in ref && ref.kind === 'v' && !copy ? [ref.stream] : [],
  );
  const work = {
    decoded: [...new Set([...read, ...composer.decoded])],
    encoded: video && encoders.video ? { encoder: encoders.video, ...video.encoded } : null,
    filterBytes: (video?.filterBytes ?? 0) + composer.heldBytes,
    filterCpuPerSecond: composer.cpuPerSecond,
    durationSeconds: still ? null : end.durationSeconds,
    still,
  };
  return {
    args,
    outputs: [
      plannedOutput(format, {
        hasVideo: selection.mapped ? null : selection.hasVideo,
        hasAudio: selection.mapped ? null : selection.hasAudio,
        size: video?.sizeIsCertain ? video.size : null,
      }),
    ],
    durationSeconds: still ? null : end.durationSeconds,
    ...resourcesFor(work, ctx),
    source: planSource(request),
    layers: composer.layers,
    warnings: [...parsed.warnings, ...dropped.warnings, ...selection.warnings, ...composed.warnings, ...end.warnings],
  };
}

export function planSource(request: TranscodeRequest): PlanSource {
  if ((request.options?.length ?? 0) > 0 || (request.filters?.length ?? 0) > 0) return 'raw_options';
  return request.preset?.quality || request.preset?.resolution ? 'preset' : 'defaults';
}

/** Containers whose duration is stated; of an MP3 or a raw AAC stream it may be a guess by bit rate. */
const EXACT_DEMUXERS: readonly string[] = ['mov', 'matroska', 'wav', 'flac', 'ogg'];
/** Seconds between a stated and a counted duration that an encoder's delay and padding explain. */
const PADDING_SECONDS = 0.1;

/** Seconds by which an input may last longer than its duration; null where one of them is a guess. */
function surplusOf(inputs: readonly PlanInput[]): number | null {
  let most = 0;
  for (const { demuxer, info, countedSeconds } of inputs) {
    if (EXACT_DEMUXERS.includes(demuxer)) continue;
    const surplus = (countedSeconds ?? Number.POSITIVE_INFINITY) - (info.durationSeconds ?? 0);
    if (Math.abs(surplus) > PADDING_SECONDS) return null;
    most = Math.max(most, surplus);
  }
  return most;
}

/** Neither a still picture nor subtitles say how long an output is. */
function isPlayed({ info, demuxer }: PlanInput): boolean {
  return !info.isImage && !SUBTITLE_DEMUXERS.includes(demuxer);
}

/** WebP of an animation stays one; of a video it is a still, as jpg and png are. */
function defaultVideoEncoder(format: OutputFormat, selection: Selection, inputs: readonly PlanInput[]): string | null {
  const input = selection.video ? inputs[selection.video.input]! : null;
  if (format === 'webp' && input?.info.isAnimated) return 'libwebp_anim';
  return FORMAT_DEFAULTS[format].video;
}
