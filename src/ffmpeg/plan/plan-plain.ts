import { type FormatKind, formatKind, type OutputFormat, type Quality } from '../../contract/formats.ts';
import type { TranscodeRequest } from '../../contract/transcode-request.ts';
import { FORMAT_DEFAULTS } from '../policy/encoders/encoders.ts';
import { OptionSet } from '../policy/options/option-set.ts';
import { timeText } from '../policy/options/option-values.ts';
import type { ParsedRequest } from '../policy/options/parsed-request.ts';
import type { PlanInput, PlannedFile, PlanSource, VideoStream } from '../types.ts';
import { needsToneMap } from './color/convert.ts';
import { type ComposeJob, composedArgs, composeTracks, simpleFilters, type Tracks } from './compose.ts';
import { Composer, sourceBound } from './composition.ts';
import { containerCopy, trimOf } from './copy/container-copy.ts';
import { type Copies, copiedOutput, describeStreams, planCopies } from './copy/plan-copies.ts';
import { droppedOptions } from './dropped-options.ts';
import { SHORT_SIDES } from './geometry.ts';
import { lastingMedia } from './lasting.ts';
import { type OutputEnd, outputEnd } from './output-end.ts';
import { type InputPlan, outputTail, passThrough, plannedOutput } from './plan-args.ts';
import { type Selection, selectStreams } from './plan-streams.ts';
import { type FinishedVideo, finishTracks } from './plan-tracks.ts';
import { plannedColor } from './plan-video.ts';
import { isPlayed, surplusOf } from './playing-inputs.ts';
import type { OutputContext, Producer } from './producer.ts';
import { planQuality } from './quality/plan-quality.ts';
import { MAX_OUTPUT_SECONDS, threadsFor, type Workload } from './resources.ts';
import { loopStills, type SeekPosition, seekPosition } from './seek.ts';
import { finishSound, languageArgs, steadyFilter } from './sound/plan-sound.ts';
import { defaultAudioEncoder } from './sound/sound-settings.ts';
import { keepsTimes, planText, type TextPlan } from './source-text.ts';
import { dependsOnTime, type OwnWork, ownWork } from './step-filters.ts';
import { inputSeconds } from './stream-flows.ts';

/** The requested output, before its streams are composed. */
interface PlainJob {
  request: TranscodeRequest;
  parsed: ParsedRequest;
  inputs: readonly PlanInput[];
  ctx: OutputContext;
  format: OutputFormat;
  kind: FormatKind;
  quality: Quality;
  /** Whether the caller set options. Presets and defaults then only set what the options leave unset. */
  raw: boolean;
  /** Whether a graph, filters or overlays of the caller change video or audio. */
  filtered: boolean;
  options: OptionSet;
  inputOptions: readonly OptionSet[];
  selection: Selection;
  /** FFmpeg's names of the encoders, or `copy`; null = the output has no such stream. */
  encoders: { video: string | null; audio: string | null };
  copies: Copies;
  /** Whether the output is a single picture. */
  still: boolean;
  own: OwnWork;
  /** Whether the output shows everything in the inputs at its own time. */
  keepsTimes: boolean;
  text: TextPlan;
}

/** Start, repetition and end of each input. */
interface PlainTimes {
  loops: readonly boolean[];
  seek: SeekPosition;
  /** Seconds of each input; null = unknown, Infinity = repeated. */
  seconds: readonly (number | null)[];
  /** Seconds of each input that is neither a still picture nor subtitles. */
  playing: readonly (number | null)[];
}

/** The streams of the output, from their sources to their encoders. */
interface PlainTracks {
  compose: ComposeJob;
  composed: Tracks;
  end: OutputEnd;
  /** Null = no video is encoded. */
  video: FinishedVideo | null;
  /** Arguments of the audio encoder. */
  sound: readonly string[];
}

/**
 * Plans one output without joining its inputs: from a preset, defaults, or the caller's options and filters. If there are options, defaults
 * only set what the options leave unset.
 */
export function planPlain(
  request: TranscodeRequest,
  inputs: readonly PlanInput[],
  parsed: ParsedRequest,
  ctx: OutputContext,
): Producer {
  const job = readJob(request, inputs, parsed, ctx);
  const { selection, still } = job;
  const times = planTimes(job);
  const tracks = planTracks(job, times);
  const { compose, composed, end, video } = tracks;
  const threads = threadsFor(ctx.resourceClass, ctx.cores, video !== null && !still);
  const dropped = droppedOptions(parsed, {
    kind: job.kind,
    still,
    moved: times.seek.moved,
    handled: video?.handled ?? [],
  });
  const durationSeconds = still ? null : end.durationSeconds;
  const opened = inputs.map((_, index) => plainInput(index, job, times, tracks));
  const isComplex = compose.composer.complex;
  const compared = planQuality(request, {
    inputs: opened,
    selection,
    options: job.options,
    encoder: job.encoders.video,
    video,
    threads,
    durationSeconds,
    filter: isComplex ? null : (simpleFilters('v', compose, composed)[1] ?? ''),
    hasMoved: times.seek.moved,
  });
  return {
    inputs: opened,
    containerCopy: containerCopy(parsed, request, {
      ...{ inputs, streams: selection.streams, encoders: Object.values(job.encoders), durationSeconds },
      isChanged: times.loops.includes(true) || isComplex || job.text.keepsChapters || job.text.subtitles.length > 0,
      trim: trimOf(job.inputOptions[0]!, job.options, times.seek, end.length),
    }),
    extra: compose.composer.extra,
    threads,
    args: plainArgs(job, tracks, { threads, handled: dropped.handled, discarded: times.seek.discarded }),
    output: { ...plainOutput(job, tracks), ...(compared.quality && { quality: compared.quality }) },
    durationSeconds,
    works: [{ ...workload(job, tracks), durationSeconds }],
    source: planSource(request),
    layers: compose.composer.layers,
    warnings: [
      ...parsed.warnings,
      ...dropped.warnings,
      ...selection.warnings,
      ...job.text.warnings,
      ...composed.warnings,
      ...end.warnings,
      ...compared.warnings,
    ],
  };
}

function lastingOf(job: PlainJob, { video }: PlainTracks): Pick<PlannedFile, 'lasting'> {
  const { inputs, inputOptions, options, selection, filtered, kind } = job;
  if (filtered || kind === 'image') return {};
  const frameRate = video?.encoded.frameRate ?? null;
  const isEntire = job.ctx.rung !== undefined;
  const lasting = lastingMedia({ inputs, inputOptions, options, streams: selection.streams, frameRate, isEntire });
  return lasting ? { lasting } : {};
}

function plainOutput(job: PlainJob, tracks: PlainTracks): PlannedFile {
  const { format, ctx, encoders, copies, selection } = job;
  const { video } = tracks;
  const planned = plannedOutput(
    { format, position: ctx.position },
    {
      streams: describeStreams(encoders, copies),
      hasVideo: selection.mapped ? null : selection.hasVideo,
      hasAudio: selection.mapped ? null : selection.hasAudio,
      ...copiedOutput(copies, selection),
      ...(video && { size: video.sizeIsCertain ? video.size : null }),
    },
  );
  return { ...planned, ...lastingOf(job, tracks) };
}

/** Reads the properties of the requested output. Throws `JobFailure` if the inputs have no stream that the format needs. */
function readJob(
  request: TranscodeRequest,
  inputs: readonly PlanInput[],
  parsed: ParsedRequest,
  ctx: OutputContext,
): PlainJob {
  const format = request.outputFormat;
  const kind = formatKind(format);
  const raw = (request.options?.length ?? 0) > 0;
  const options = new OptionSet(parsed.output);
  const selection = selectStreams(format, inputs, options, parsed.graph?.graph.outputs);
  const quality = (raw ? undefined : request.preset?.quality) ?? 'medium';
  const resolution = presetResolution(request, raw);
  const copies = planCopies(parsed, inputs[0]!, {
    ...{ format, quality, resolution, selection },
    disarm: ctx.disarm ?? false,
    hasTarget: request.target !== undefined,
  });
  const stated = {
    video: copies.video?.args ? 'copy' : options.value('c', 'v'),
    audio: copies.audio?.args ? 'copy' : options.value('c', 'a'),
  };
  const encoders = {
    video: selection.hasVideo ? (stated.video ?? defaultVideoEncoder(format, selection, inputs)) : null,
    audio: selection.hasAudio ? (stated.audio ?? defaultAudioEncoder(format, selection.audio?.stream ?? null)) : null,
  };
  const inputOptions = inputs.map((_, index) => new OptionSet(parsed.inputs[index] ?? []));
  const isKept = keepsTimes(parsed, [options, ...inputOptions]);
  return {
    ...{ request, parsed, inputs, ctx, format, kind, raw, options, selection, encoders, copies, quality },
    filtered: parsed.graph !== null || parsed.video.length + parsed.audio.length > 0,
    inputOptions,
    still: kind === 'image' && encoders.video !== 'gif' && encoders.video !== 'libwebp_anim',
    own: ownWork(parsed),
    keepsTimes: isKept,
    text: planText(inputs, options, {
      format,
      isPart: ctx.rung !== undefined || ctx.fromZero === true,
      keepsTimes: isKept,
    }),
  };
}

function planTimes(job: PlainJob): PlainTimes {
  const { parsed, inputs, inputOptions, options, kind, still, raw, filtered, selection, own } = job;
  const copy = job.encoders.video === 'copy';
  const graph = parsed.graph !== null;
  const loops = loopStills(inputs, inputOptions, options, {
    ...{ kind, still, selection, copy, graph },
    ownLength: own.length,
  });
  const timed = filtered && dependsOnTime(parsed);
  const seconds = inputs.map((input, index) => inputSeconds(input, inputOptions[index]!, loops[index]!));
  return {
    loops,
    seek: seekPosition(inputs, inputOptions, options, { still, raw, selection, copy, filtered, timed }),
    seconds,
    playing: seconds.filter((_, index) => isPlayed(inputs[index]!)),
  };
}

function planTracks(job: PlainJob, { seconds, playing }: PlainTimes): PlainTracks {
  const { request, parsed, inputs, inputOptions, options, encoders, format, quality, raw, still, filtered, own } = job;
  const bound = sourceBound(options, playing, MAX_OUTPUT_SECONDS);
  const colorFor = (stream: VideoStream) => plannedColor(encoders.video ?? '', stream, options);
  const compose: ComposeJob = {
    ...{ parsed, inputs, inputOptions, seconds, selection: job.selection },
    composer: new Composer({ parsed, inputs, ctx: job.ctx, position: job.ctx.position, bound }),
    position: job.ctx.position,
    deinterlace: !own.deinterlaces,
    toneMap: (stream) => encoders.video !== null && !own.toneMaps && needsToneMap(stream, colorFor(stream)),
    color: colorFor,
    steady: (input) =>
      steadyFilter(inputs[input]!, { format, encoder: encoders.audio, isExact: job.ctx.fromZero === true }),
    copies: { video: encoders.video === 'copy', audio: encoders.audio === 'copy' },
  };
  const composed = composeTracks(compose);
  const sound = finishSound(composed.tracks, { encoder: encoders.audio, format, quality, raw, options });
  const surplus = surplusOf(inputs.filter(isPlayed));
  const end = outputEnd({ tracks: composed.tracks, options, still, playing, surplus, filtered });
  const video = finishTracks(compose, composed, {
    ...{ format, quality, options, raw, still, own, target: request.target ?? null },
    encoder: encoders.video,
    keepsTimes: job.keepsTimes,
    resolution: job.ctx.rung?.shortSide ?? presetResolution(request, raw),
    constantRate: job.ctx.rung?.frameRate ?? null,
    durationSeconds: still ? null : end.durationSeconds,
  });
  return { compose, composed, end, video, sound };
}

/** Returns the short side of the preset; null = keep the size. */
function presetResolution({ preset }: TranscodeRequest, raw: boolean): number | null {
  return !raw && preset?.resolution ? SHORT_SIDES[preset.resolution] : null;
}

interface PlainEnd {
  threads: number | null;
  /** Names of the caller's options that the command already contains. */
  handled: ReadonlySet<string>;
  /** See `SeekPosition`. */
  discarded: number | undefined;
}

/** Returns the arguments of the output. */
function plainArgs(job: PlainJob, tracks: PlainTracks, { threads, handled, discarded }: PlainEnd): string[] {
  const { parsed, options, selection, format, still } = job;
  const { compose, composed, end } = tracks;
  const { position } = job.ctx;
  const faststart = ['mp4', 'mov', 'm4a'].includes(format) && !options.has('movflags');
  return [
    ...composedArgs(compose, composed),
    ...job.text.subtitles,
    ...encoderArgs(job, tracks),
    ...(faststart ? ['-movflags', '+faststart'] : []),
    ...languageArgs(selection, options),
    ...passThrough(parsed.output, handled),
    ...(discarded === undefined ? [] : ['-ss', timeText(discarded)]),
    ...outputTail({
      ...{ format, position, threads, keepsChapters: job.text.keepsChapters },
      keepsSubtitles: job.text.subtitles.length > 0,
      seconds: still ? null : (end.length ?? MAX_OUTPUT_SECONDS),
    }),
  ];
}

function plainInput(index: number, job: PlainJob, times: PlainTimes, { composed, end }: PlainTracks): InputPlan {
  const { selection, own } = job;
  const stream = selection.video?.input === index ? selection.video.stream : null;
  const source = composed.sources.find((ref) => ref.kind === 'v' && ref.input === index);
  const used = [...composed.sources, ...selection.streams].flatMap((ref) =>
    'stream' in ref && ref.input === index ? [ref] : [],
  );
  return {
    input: job.inputs[index]!,
    options: job.inputOptions[index]!,
    seek: index === 0 ? times.seek.input : null,
    loopStill: times.loops[index]!,
    video: stream ?? (source?.kind === 'v' ? source.stream : null),
    sounds: used.every((ref) => ref.kind === 'a') ? used.map((ref) => ref.stream) : [],
    limit: own.waits && times.seconds[index] === Number.POSITIVE_INFINITY ? end.length : null,
  };
}

function encoderArgs({ encoders, copies }: PlainJob, { compose, composed, video, sound }: PlainTracks): string[] {
  const args: string[] = [...(copies.video?.args ?? [])];
  if (encoders.video)
    args.push('-c:v', encoders.video, ...simpleFilters('v', compose, composed), ...(video?.args ?? []));
  else args.push('-vn');
  if (encoders.audio) {
    args.push('-c:a', encoders.audio, ...simpleFilters('a', compose, composed), ...sound);
  } else args.push('-an');
  return args;
}

function workload(
  { encoders, selection, still }: PlainJob,
  { compose, composed, video }: PlainTracks,
): Omit<Workload, 'durationSeconds'> {
  const read = [...composed.sources, ...selection.streams].flatMap((ref) =>
    'stream' in ref && ref.kind === 'v' && !compose.copies.video ? [ref.stream] : [],
  );
  const { composer } = compose;
  return {
    decoded: [...new Set([...read, ...composer.decoded])],
    encoded: video && encoders.video ? { encoder: encoders.video, ...video.encoded } : null,
    filterBytes: (video?.filterBytes ?? 0) + composer.readStoredBytes,
    filterCpuPerSecond: composer.cpuPerSecond,
    still,
  };
}

export function planSource(request: TranscodeRequest): PlanSource {
  if ((request.options?.length ?? 0) > 0 || (request.filters?.length ?? 0) > 0) return 'raw_options';
  return request.preset?.quality || request.preset?.resolution ? 'preset' : 'defaults';
}

/** Returns the default encoder. The WebP of an animation is animated. The WebP of a video is a still, like jpg and png. */
function defaultVideoEncoder(format: OutputFormat, selection: Selection, inputs: readonly PlanInput[]): string | null {
  const input = selection.video ? inputs[selection.video.input]! : null;
  if (format === 'webp' && input?.info.isAnimated) return 'libwebp_anim';
  return FORMAT_DEFAULTS[format].video;
}
