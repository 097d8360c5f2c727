import { JobFailure } from '../../contract/failures.ts';
import { formatKind } from '../../contract/formats.ts';
import type { TranscodeRequest } from '../../contract/transcode-request.ts';
import { audioSettings, LOSSLESS_AUDIO } from '../encoders/encoder-settings.ts';
import { FORMAT_DEFAULTS } from '../encoders/encoders.ts';
import { OptionSet } from '../options/option-set.ts';
import type { ParsedRequest } from '../options/parsed-request.ts';
import type { Plan, PlanContext, PlanInput, PlanSource, PlanWarning } from '../types.ts';
import { SHORT_SIDES } from './geometry.ts';
import { globalArgs, inputArgs, outputTail, passThrough, plannedOutput } from './plan-args.ts';
import { type Selection, selectStreams } from './plan-streams.ts';
import { planVideo, type VideoPlan } from './plan-video.ts';
import { MAX_OUTPUT_SECONDS, resourcesFor, threadsFor } from './resources.ts';
import { videoBitRate } from './streams.ts';
import { inputDuration, outputDuration } from './timing.ts';

/** Where a still picture is taken: the first second is often black, and short clips have no first second. */
const STILL_SECONDS = 1;
const STILL_SHARE = 0.1;
/** Containers with an index, in which an input-side seek lands on the same frame as one on the output side. */
const INDEXED_DEMUXERS: readonly string[] = ['mov', 'matroska'];

/**
 * One output from the inputs as they are: a preset, defaults, or the caller's options. With options present only what
 * they leave open is filled in.
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
  const options = new OptionSet(parsed.output);
  const inputOptions = inputs.map((_, index) => new OptionSet(parsed.inputs[index] ?? []));
  const selection = selectStreams(format, inputs, options);
  const encoders = {
    video: selection.video
      ? (options.value('c', 'v') ?? defaultVideoEncoder(format, inputs[selection.video.input]!))
      : null,
    audio: selection.audio ? (options.value('c', 'a') ?? defaultAudioEncoder(format, selection)) : null,
  };
  const still = kind === 'image' && encoders.video !== 'gif' && encoders.video !== 'libwebp_anim';
  const loops = loopStills(inputs, inputOptions, options, kind, selection);
  const seek = seekPosition(inputs, inputOptions, options, { still, raw, selection, copy: encoders.video === 'copy' });

  const seconds = inputs.map((input, index) => inputDuration(input.info, inputOptions[index]!));
  const duration = still ? null : outputDuration(seconds, options, selection.video?.stream.frameRate ?? null);
  if (duration !== null && duration <= 0) {
    throw new JobFailure('empty_media', 'The trim options start after the end of the input.');
  }

  const quality = (raw ? undefined : request.preset?.quality) ?? 'medium';
  let video: VideoPlan | null = null;
  if (selection.video && encoders.video && encoders.video !== 'copy') {
    const { info } = inputs[selection.video.input]!;
    const resolution = raw ? undefined : request.preset?.resolution;
    video = planVideo({
      encoder: encoders.video,
      format,
      stream: selection.video.stream,
      info,
      resolution: resolution ? SHORT_SIDES[resolution] : null,
      quality,
      options,
      raw,
      sourceBitRate: videoBitRate(info, selection.video.stream),
      durationSeconds: duration,
      still,
    });
  }

  const isVideo = video !== null && !still;
  const threads = threadsFor(ctx.lane, ctx.cores, isVideo);
  const args = globalArgs(threads);
  for (const [index, input] of inputs.entries()) {
    const stream = selection.video?.input === index ? selection.video.stream : null;
    const plan = {
      input,
      options: inputOptions[index]!,
      seek: index === 0 ? seek.input : null,
      loopStill: loops[index]!,
      video: stream,
    };
    args.push(...inputArgs(plan, threads));
  }
  args.push(...selection.maps);
  if (encoders.video) args.push('-c:v', encoders.video, ...(video?.args ?? []));
  else args.push('-vn');
  if (encoders.audio) args.push('-c:a', encoders.audio, ...audioArgs(encoders.audio, selection, options, quality, raw));
  else args.push('-an');
  if (['mp4', 'mov', 'm4a'].includes(format) && !options.has('movflags')) args.push('-movflags', '+faststart');

  const { handled, warnings } = droppedOptions(parsed, { kind, still, moved: seek.moved, video });
  args.push(...languageArgs(selection, options));
  args.push(...passThrough(parsed.output, handled));
  const length = options.length();
  args.push(...outputTail({ format, seconds: still ? null : (length ?? MAX_OUTPUT_SECONDS), threads }));

  const work = {
    decoded: encoders.video !== 'copy' && selection.video ? [selection.video.stream] : [],
    encoded:
      video && encoders.video
        ? {
            encoder: encoders.video,
            ...video.size,
            frameRate: video.frameRate,
            bitDepth: video.bitDepth,
            preset: video.preset,
          }
        : null,
    filterBytes: video?.filterBytes ?? 0,
    durationSeconds: duration,
    still,
  };
  return {
    args,
    outputs: [
      plannedOutput(format, {
        hasVideo: selection.mapped ? null : selection.video !== null,
        hasAudio: selection.mapped ? null : selection.audio !== null,
        size: video?.sizeIsCertain ? video.size : null,
      }),
    ],
    durationSeconds: duration,
    ...resourcesFor(work, ctx),
    source: planSource(request),
    layers: [],
    warnings,
  };
}

export function planSource(request: TranscodeRequest): PlanSource {
  if ((request.options?.length ?? 0) > 0) return 'raw_options';
  return request.preset?.quality || request.preset?.resolution ? 'preset' : 'defaults';
}

/** WebP of an animation stays one; of a video it is a still, as jpg and png are. */
function defaultVideoEncoder(format: TranscodeRequest['outputFormat'], input: PlanInput): string | null {
  if (format === 'webp' && input.info.isAnimated) return 'libwebp_anim';
  return FORMAT_DEFAULTS[format].video;
}

function defaultAudioEncoder(format: TranscodeRequest['outputFormat'], selection: Selection): string | null {
  if (format === 'wav' && (selection.audio?.stream.bitDepth ?? 0) > 16) return 'pcm_s24le';
  return FORMAT_DEFAULTS[format].audio;
}

/** A picture lasts one frame; it becomes a video only when something says for how long. */
function loopStills(
  inputs: readonly PlanInput[],
  inputOptions: readonly OptionSet[],
  options: OptionSet,
  kind: string,
  selection: Selection,
): boolean[] {
  const bounded = options.length() !== null || options.has('shortest') || options.has('frames', 'v');
  return inputs.map((input, index) => {
    if (!input.info.isImage || kind !== 'video') return false;
    const own = inputOptions[index]!;
    if (bounded || own.length() !== null) return true;
    if (selection.video?.input === index) {
      throw new JobFailure(
        'empty_media',
        'A picture has no duration of its own; add the option -t with the seconds that the video should last.',
      );
    }
    return false;
  });
}

function seekPosition(
  inputs: readonly PlanInput[],
  inputOptions: readonly OptionSet[],
  options: OptionSet,
  job: { still: boolean; raw: boolean; selection: Selection; copy: boolean },
): { input: number | null; moved: boolean } {
  const own = inputOptions[0]!;
  const { info, demuxer } = inputs[0]!;
  const ownTiming = ['ss', 'sseof', 't', 'to', 'itsoffset', 'stream_loop', 'loop'].some((name) => own.has(name));
  if (inputs.length > 1 || ownTiming || info.isImage) return { input: null, moved: false };
  // A seek on the output side decodes and throws away everything before it: 54 times the work (performance 8).
  const stated = options.number('ss');
  if (stated !== null) {
    // A copy starts at a key frame wherever the seek is done; on the output side it would lose all before the next one.
    return job.copy || INDEXED_DEMUXERS.includes(demuxer)
      ? { input: stated, moved: true }
      : { input: null, moved: false };
  }
  const isCover = job.selection.video?.stream.isAttachedPicture ?? false;
  if (!job.still || job.raw || isCover || info.isAnimated || info.durationSeconds === null)
    return { input: null, moved: false };
  return { input: Math.min(STILL_SECONDS, STILL_SHARE * info.durationSeconds), moved: false };
}

function audioArgs(
  encoder: string,
  selection: Selection,
  options: OptionSet,
  quality: 'high' | 'medium' | 'low',
  raw: boolean,
): string[] {
  if (encoder === 'copy') return [];
  const source = selection.audio?.stream ?? null;
  const args: string[] = [];
  if (!options.has('b', 'a') && !options.has('q', 'a')) args.push(...audioSettings(encoder, quality, source));
  const stated = options.has('ac', 'a') || options.has('channel_layout', 'a');
  const lossless = LOSSLESS_AUDIO.includes(encoder);
  // Stereo is what every player can do; libopus refuses some surround layouts altogether.
  const downMix = (source?.channels ?? 0) > 2 && !lossless && (!raw || encoder === 'libopus');
  if (downMix && !stated) args.push('-ac', '2');
  if (encoder === 'flac' && !options.has('sample_fmt', 'a')) {
    args.push('-sample_fmt', (source?.bitDepth ?? 16) > 16 ? 's32' : 's16');
  }
  return args;
}

function languageArgs(selection: Selection, options: OptionSet): string[] {
  const language = selection.audio?.stream.language;
  if (!language || selection.mapped || options.has('an')) return [];
  return ['-metadata:s:a:0', `language=${language}`];
}

/** Options that are in the command already, that belong to a kind of stream which the output has not, or that stills fix. */
function droppedOptions(
  parsed: ParsedRequest,
  job: { kind: string; still: boolean; moved: boolean; video: VideoPlan | null },
): { handled: Set<string>; warnings: PlanWarning[] } {
  const handled = new Set([
    'map',
    'c',
    't',
    'to',
    'f',
    'sn',
    'dn',
    'vn',
    'an',
    'map_metadata',
    'map_chapters',
    ...(job.video?.handled ?? []),
  ]);
  if (job.moved) handled.add('ss');
  const warnings: PlanWarning[] = [];
  for (const option of parsed.output) {
    const { name, row, field } = option;
    const only = row.specifiers.length === 1 ? row.specifiers[0] : option.specifier.charAt(0);
    const foreign = (job.kind === 'audio' && only === 'v') || (job.kind === 'image' && only === 'a');
    if (row.ignored) warnings.push({ field, message: `-${name} is set by the server and was ignored.` });
    else if (foreign) {
      if (row.specifiers.length === 1) handled.add(name);
      warnings.push({ field, message: `-${name} has no meaning for this output format and was ignored.` });
    } else if (job.still && name === 'frames' && Number(option.value) !== 1) {
      handled.add(name);
      warnings.push({ field, message: 'This output format holds one picture; -frames was ignored.' });
    } else if (name === 'loop' && job.kind !== 'image') {
      handled.add(name);
      warnings.push({
        field,
        message: '-loop belongs to a picture input, or to a gif or webp output, and was ignored.',
      });
    }
  }
  return { handled, warnings };
}
