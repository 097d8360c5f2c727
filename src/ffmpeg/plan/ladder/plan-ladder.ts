import { extname } from 'node:path';
import { JobFailure } from '../../../contract/failures.ts';
import type { LadderFormat } from '../../../contract/formats.ts';
import type { LadderRequest, TranscodeRequest } from '../../../contract/transcode-request.ts';
import { OptionSet } from '../../policy/options/option-set.ts';
import { parseRequest } from '../../policy/options/parse-request.ts';
import type { ParsedRequest } from '../../policy/options/parsed-request.ts';
import type { LadderPart, LadderRecipe, PlanInput, PlannedTree } from '../../types.ts';
import { displaySize, playableResolution } from '../geometry.ts';
import { planJoin } from '../plan-join.ts';
import { planPlain } from '../plan-plain.ts';
import type { OutputContext, Producer } from '../producer.ts';
import { MAX_OUTPUT_BYTES } from '../resources.ts';
import { mainAudio, mainVideo } from '../streams.ts';
import { motionRate, steadyRate } from '../time/output-rate.ts';
import { encoderOptions } from './encoder-options.ts';
import { keyFramesOf } from './key-frames.ts';
import { chooseRungs, type Rung } from './rungs.ts';
import { planSampling } from './sample-rungs.ts';

const CONTENT_TYPES: Readonly<Record<LadderFormat, string>> = {
  hls: 'application/vnd.apple.mpegurl',
  dash: 'application/dash+xml',
  cmaf: 'application/vnd.apple.mpegurl',
};

/**
 * Maximum and minimum frames per second. A higher rate costs bits with little benefit. With a lower rate, segments could have no frames.
 */
const MAX_RATE = 60;
const MIN_RATE = 5;
/** Frames per second if the source declares no rate. */
const USUAL_RATE = 30;

/** Bits per second of the stereo AAC that all renditions share. All players decode AAC. */
const AUDIO_RATE = 128_000;
const AUDIO_CODEC = 'aac';
const AUDIO_OPTIONS = [
  ...[
    { option: '-c:a', argument: AUDIO_CODEC },
    { option: '-b:a', argument: AUDIO_RATE },
  ],
  ...[
    { option: '-ac', argument: 2 },
    { option: '-ar', argument: 48_000 },
  ],
];

/** Maximum bytes of a rung. A job whose rung is larger fails, even if the account allows larger outputs. */
const MAX_RUNG_BYTES = 16e9;
const MIN_RUNG_BYTES = 4 * 2 ** 20;
/** Factor for the maximum bytes of a rung. Encoders can exceed the maximum bit rate for a while, and containers add bytes. */
const BYTES_MARGIN = 2;
/** Bytes of playlists and fragment headers for each file of the ladder. */
const FILE_BYTES = 2048;
/**
 * Maximum number of files of a tree (see `MAX_TREE_FILES`), and number of files of a rendition in addition to its segments, including its
 * share of the manifests.
 */
const [MAX_FILES, OTHER_FILES] = [20_000, 6];
/** Number of positions that are reserved for each output, so that no two outputs share filter labels or threads. */
const POSITIONS = 100;

/** A file that the cell writes, before it is packaged. */
interface PlannedPart {
  producer: Producer;
  part: LadderPart;
}

/**
 * Plans a ladder as one command, which decodes the source once and encodes each rung and the audio into a separate file. All rungs have the
 * same constant frame rate, and key frames at the same times. Throws `JobFailure` if the inputs do not allow the ladder.
 */
export function planLadder(
  { ladder, inputs: requested, measure }: TranscodeRequest & { ladder: LadderRequest },
  inputs: readonly PlanInput[],
  parsed: ParsedRequest,
  ctx: OutputContext,
): Producer {
  const { format, segmentSeconds } = ladder;
  const source = readSource(inputs, parsed, format);
  const frameRate = steadyRate(motionRate(source) ?? USUAL_RATE, { least: MIN_RATE, most: MAX_RATE });
  const size = displaySize(source);
  const most = inputs[0]!.info.isImage ? playableResolution(size, null) : null;
  const { rungs, warnings } = chooseRungs(ladder, size, frameRate, ctx.rungRates, most);
  const keyFrames = keyFramesOf(segmentSeconds);
  const plan = inputs.length === 1 ? planPlain : planJoin;
  const at = (index: number): OutputContext => ({ ...ctx, position: POSITIONS * (ctx.position + 1) + index });
  const videos = rungs.map((rung, index) => {
    const output = encoderOptions(rung, keyFrames);
    const context = { ...at(index), rung: { shortSide: Math.min(rung.size.width, rung.size.height), frameRate } };
    // The largest rendition represents the ladder in comparisons with the source.
    const isMeasured = index === 0 && measure !== undefined;
    const request: TranscodeRequest = { inputs: requested, outputFormat: 'mp4', ...(isMeasured && { measure }) };
    return asPart(plan(request, inputs, { ...parsed, output }, context), ctx.position, rung);
  });
  const hasAudio = inputs.some(({ info }) => mainAudio(info) !== null);
  const audio = hasAudio ? asPart(planAudio(requested, inputs, at(rungs.length)), ctx.position, AUDIO) : null;
  const joined = joinParts(ladder, { videos, rungs, audio, position: ctx.position, warnings });
  const sampling = ctx.rungRates || ladder.rungs !== 'auto' ? null : planSampling(inputs, source, joined, frameRate);
  return sampling ? { ...joined, output: { ...joined.output, sampling } } : joined;
}

/**
 * Returns the video that determines the size and frame rate of all rungs. Throws `JobFailure` if the inputs have no
 * video, or only a picture without a duration.
 */
function readSource(inputs: readonly PlanInput[], parsed: ParsedRequest, format: LadderFormat) {
  const [first] = inputs as readonly [PlanInput, ...PlanInput[]];
  const video = mainVideo(first.info);
  if (!video) throw new JobFailure('no_video_stream', `The input has no video, and ${format} needs it.`);
  if (first.info.isImage && new OptionSet(parsed.inputs[0] ?? []).length() === null) {
    throw new JobFailure(
      'empty_media',
      'Input 1 is a picture, which has no duration. Set the option -t of that input.',
    );
  }
  return video;
}

function planAudio(inputs: TranscodeRequest['inputs'], files: readonly PlanInput[], ctx: OutputContext): Producer {
  if (files.length > 1) {
    const request: TranscodeRequest = { inputs, outputFormat: 'm4a', bitrate: AUDIO_RATE };
    return planJoin(request, files, parseRequest(request), ctx);
  }
  const request: TranscodeRequest = { inputs, outputFormat: 'm4a', options: AUDIO_OPTIONS };
  return planPlain(request, files, parseRequest(request), { ...ctx, fromZero: true });
}

const AUDIO = { name: 'audio', codec: AUDIO_CODEC, maxBitRate: AUDIO_RATE } as const;

/** Gives the output of a producer its own name and size limit. */
function asPart(
  producer: Producer,
  position: number,
  { name, codec, maxBitRate }: Pick<Rung, 'name' | 'maxBitRate'> & { codec: string },
): PlannedPart {
  const path = `/out/ladder-${position + 1}-${name}${extname(producer.args.at(-1)!)}`;
  const { durationSeconds: seconds } = producer;
  const bytes = seconds === null ? MAX_OUTPUT_BYTES : Math.ceil((maxBitRate / 8) * seconds * BYTES_MARGIN);
  const maxBytes = Math.min(MAX_RUNG_BYTES, Math.max(MIN_RUNG_BYTES, bytes));
  const args = producer.args.slice(0, -1);
  args[args.lastIndexOf('-fs') + 1] = String(maxBytes);
  // No `faststart`: Airlock splits the movie into segments, so the position of its index has no effect.
  const faststart = args.indexOf('-movflags');
  if (faststart >= 0) args.splice(faststart, 2);
  return { producer: { ...producer, args: [...args, path] }, part: { path, name, codec, maxBytes } };
}

function joinParts(
  ladder: LadderRequest,
  planned: {
    videos: readonly PlannedPart[];
    rungs: readonly Rung[];
    audio: PlannedPart | null;
    position: number;
    warnings: Producer['warnings'];
  },
): Producer {
  const { videos, audio, position, warnings } = planned;
  const parts = [...videos, ...(audio ? [audio] : [])];
  const producers = parts.map(({ producer }) => producer);
  const [first] = producers as [Producer, ...Producer[]];
  const seconds = first.durationSeconds;
  const renditions = videos.map(({ part }, index) => ({ ...part, size: planned.rungs[index]!.size }));
  return {
    ...first,
    threads: first.threads,
    args: producers.flatMap(({ args }) => args),
    output: {
      ...plannedLadder(ladder, { renditions, audio: audio?.part ?? null, position, seconds }),
      ...comparedRendition(videos[0]!, position),
      ...('lasting' in first.output && { lasting: first.output.lasting }),
    },
    works: producers.flatMap(({ works }) => works),
    source: 'defaults',
    warnings: [...warnings, ...distinct(producers.flatMap((producer) => producer.warnings))],
  };
}

/** Returns the rendition as a file that is compared with the source, or nothing if the request does not measure it. */
function comparedRendition(
  { producer: { output }, part }: PlannedPart,
  position: number,
): Pick<PlannedTree, 'compared'> {
  if (!('path' in output) || !output.quality) return {};
  const { path, maxBytes } = part;
  const expect = { ...output.expect, maxBytes };
  return { compared: { ...output, quality: output.quality, expect, path, position } };
}

function plannedLadder(
  { format, segmentSeconds, isEncrypted }: LadderRequest,
  made: Pick<LadderRecipe, 'renditions' | 'audio'> & { position: number; seconds: number | null },
): PlannedTree {
  const { renditions, audio, position, seconds } = made;
  const parts = [...renditions, ...(audio ? [audio] : [])];
  const files = parts.length * (Math.ceil((seconds ?? 0) / segmentSeconds) + OTHER_FILES);
  if (files > MAX_FILES) {
    throw new JobFailure(
      'too_long',
      `The ladder would have ${files} files, and ${MAX_FILES} are allowed. Use fewer renditions or longer segments.`,
    );
  }
  const manifests = { hls: format !== 'dash', dash: format !== 'hls' };
  const encoded = { mode: 'encoded' as const, reason: null };
  const maxFiles = seconds === null ? MAX_FILES : files;
  return {
    ...{ position, format, contentType: CONTENT_TYPES[format] },
    streams: { video: encoded, audio: audio ? encoded : null },
    tree: {
      files: parts.map(({ path }) => path),
      directories: [],
      maxBytes: parts.reduce((sum, { maxBytes }) => sum + maxBytes, maxFiles * FILE_BYTES),
      maxFiles,
      make: { kind: 'ladder', renditions, audio, segmentSeconds, manifests, isEncrypted },
    },
  };
}

/** Removes repeated warnings: every rung warns about the same input. */
function distinct(warnings: Producer['warnings']): Producer['warnings'] {
  return [...new Map(warnings.map((warning) => [JSON.stringify(warning), warning])).values()];
}
