import { JobFailure } from '../../contract/failures.ts';
import { formatKind, type OutputFormat } from '../../contract/formats.ts';
import type { OpenPad, PadKind } from '../policy/filters/types.ts';
import type { OptionSet } from '../policy/options/option-set.ts';
import type { AudioStream, PlanInput, PlanWarning, VideoStream } from '../types.ts';
import type { OutputStream, StreamRef } from './graph-sources.ts';
import { resolveMap } from './stream-maps.ts';
import { coverArt, mainAudio, mainVideo } from './streams.ts';

export interface Selection {
  /** Every stream of the output in order. */
  streams: OutputStream[];
  /**
   * Input and stream of the first video and audio, if they come from an input. Null if the graph makes the stream, or if there is no such
   * stream.
   */
  video: { input: number; stream: VideoStream } | null;
  audio: { input: number; stream: AudioStream } | null;
  hasVideo: boolean;
  hasAudio: boolean;
  /** The caller's own maps of input streams, unchanged; null = Airlock chooses them. */
  verbatim: string[] | null;
  /** Whether the caller's own `-map` chooses the streams, so that the streams of the output are not known. */
  mapped: boolean;
  warnings: PlanWarning[];
}

/**
 * Chooses the streams of a single output. Throws `JobFailure` if no input has a stream that the format needs, or if the options leave no
 * stream.
 */
export function selectStreams(
  format: OutputFormat,
  inputs: readonly PlanInput[],
  options: OptionSet,
  pads: readonly OpenPad[] = [],
): Selection {
  const kind = formatKind(format);
  const wanted = (of: PadKind) =>
    of === 'v' ? kind !== 'audio' && !options.has('vn') : kind !== 'image' && !options.has('an');
  if (!wanted('v') && !wanted('a')) {
    throw new JobFailure('empty_media', 'The options leave neither video nor audio.');
  }
  const maps = options.options.filter((option) => option.name === 'map').map((option) => option.value!);
  const warnings: PlanWarning[] = [];
  const mapped = maps.length > 0;
  const all = mapped ? mappedStreams(maps, inputs, pads) : pads.map((pad, index) => ({ kind: pad.kind, pad: index }));
  const streams = all.filter((stream) => wanted(stream.kind));
  if (!mapped) streams.push(...defaultStreams(inputs, streams, wanted, kind === 'image'));
  const used = new Set(streams.flatMap((stream) => ('pad' in stream ? [stream.pad] : [])));
  const sunk = [...pads.keys()].filter((index) => !used.has(index));
  for (const index of sunk) warnings.push(sunkWarning(pads[index]!, index, mapped, format));

  const first = (of: PadKind) => streams.find((stream) => stream.kind === of);
  const video = first('v');
  const audio = first('a');
  if (wanted('v') && !video && !mapped) {
    throw new JobFailure('no_video_stream', `The input has no video, and ${format} needs it.`);
  }
  if (!wanted('v') && !audio && !mapped) {
    throw new JobFailure('no_audio_stream', `The input has no audio, and ${format} needs it.`);
  }
  if (kind === 'image' && streams.filter((stream) => 'pad' in stream && stream.kind === 'v').length > 1) {
    throw new JobFailure(
      'option_refused',
      `The filter graph has several video outputs; a ${format} can contain only one.`,
    );
  }
  return {
    streams,
    video: video?.kind === 'v' && 'stream' in video ? { input: video.input, stream: video.stream } : null,
    audio: audio?.kind === 'a' && 'stream' in audio ? { input: audio.input, stream: audio.stream } : null,
    hasVideo: video !== undefined,
    hasAudio: audio !== undefined,
    verbatim: mapped && pads.length === 0 ? maps : null,
    mapped,
    warnings,
  };
}

function mappedStreams(
  maps: readonly string[],
  inputs: readonly PlanInput[],
  pads: readonly OpenPad[],
): OutputStream[] {
  const streams: OutputStream[] = [];
  const mapped = new Set<number>();
  for (const map of maps) {
    const label = /^\[(.+)\]$/.exec(map)?.[1];
    if (label === undefined) {
      resolveMap(map, inputs, streams);
      continue;
    }
    const pad = pads.findIndex((candidate) => candidate.label === label);
    if (pad < 0)
      throw new JobFailure('option_refused', `-map names [${label}], which is not an open output of the filters.`);
    mapped.add(pad);
    streams.push({ kind: pads[pad]!.kind, pad });
  }
  // FFmpeg writes graph outputs without a label into the file regardless of -map.
  for (const [index, pad] of pads.entries()) {
    if (pad.label === null && !mapped.has(index)) streams.push({ kind: pad.kind, pad: index });
  }
  return streams;
}

/** Adds input streams of the kinds that the graph does not make: audio to composed video, video to mixed audio. */
function defaultStreams(
  inputs: readonly PlanInput[],
  streams: readonly OutputStream[],
  wanted: (kind: PadKind) => boolean,
  coverIsEnough: boolean,
): StreamRef[] {
  const best = selectDefault(inputs, coverIsEnough);
  const lacks = (kind: PadKind) => wanted(kind) && !streams.some((stream) => stream.kind === kind);
  return [
    ...(lacks('v') && best.video ? [{ kind: 'v' as const, ...best.video }] : []),
    ...(lacks('a') && best.audio ? [{ kind: 'a' as const, ...best.audio }] : []),
  ];
}

/**
 * Chooses as FFmpeg does: of all inputs, the largest video and the audio with the most channels. An input contributes its first video and
 * its default audio.
 */
function selectDefault(inputs: readonly PlanInput[], coverIsEnough: boolean): Pick<Selection, 'video' | 'audio'> {
  const videos = inputs.flatMap((input, index) => {
    const stream = mainVideo(input.info) ?? (coverIsEnough ? coverArt(input.info) : null);
    return stream ? [{ input: index, stream }] : [];
  });
  const audios = inputs.flatMap((input, index) => {
    const stream = mainAudio(input.info);
    return stream ? [{ input: index, stream }] : [];
  });
  const area = (video: { stream: VideoStream }) => video.stream.width * video.stream.height;
  const video = videos.reduce<(typeof videos)[number] | null>(
    (best, next) => (!best || area(next) > area(best) ? next : best),
    null,
  );
  const audio = audios.reduce<(typeof audios)[number] | null>(
    (best, next) => (!best || next.stream.channels > best.stream.channels ? next : best),
    null,
  );
  return { video, audio };
}

function sunkWarning(pad: OpenPad, index: number, mapped: boolean, format: OutputFormat): PlanWarning {
  const name = pad.label === null ? `Output ${index + 1}` : `Output [${pad.label}]`;
  const why = mapped ? 'no -map selects it' : `a ${format} cannot contain it`;
  return { field: 'filters', message: `${name} of the filter graph was dropped, because ${why}.` };
}
