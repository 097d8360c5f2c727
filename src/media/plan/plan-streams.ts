import { JobFailure } from '../../contract/failures.ts';
import type { OutputFormat } from '../../contract/formats.ts';
import { formatKind } from '../../contract/formats.ts';
import type { OptionSet } from '../options/option-set.ts';
import type { AudioStream, PlanInput, VideoStream } from '../types.ts';
import { coverArt, mainAudio, mainVideo } from './streams.ts';

export interface Selection {
  /** Input number and stream; null = the output has none of that kind. */
  video: { input: number; stream: VideoStream } | null;
  audio: { input: number; stream: AudioStream } | null;
  /** Arguments of `-map`. */
  maps: string[];
  /** The caller's own `-map` decides, so we cannot promise what comes out. */
  mapped: boolean;
}

/** Chooses the streams of a single output; throws when the format needs what no input has. */
export function selectStreams(format: OutputFormat, inputs: readonly PlanInput[], options: OptionSet): Selection {
  const kind = formatKind(format);
  const wantVideo = kind !== 'audio' && !options.has('vn');
  const wantAudio = kind !== 'image' && !options.has('an');
  if (!wantVideo && !wantAudio) {
    throw new JobFailure('empty_media', 'The options leave neither pictures nor sound.');
  }
  const stated = options.options.filter((option) => option.name === 'map').map((option) => option.value!);
  const chosen = stated.length > 0 ? selectMapped(stated, inputs) : selectDefault(inputs, kind === 'image');
  const video = wantVideo ? chosen.video : null;
  const audio = wantAudio ? chosen.audio : null;

  if (wantVideo && !video && stated.length === 0) {
    throw new JobFailure('no_video_stream', `The input has no pictures, and ${format} needs them.`);
  }
  if (!wantVideo && !audio && stated.length === 0) {
    throw new JobFailure('no_audio_stream', `The input has no sound, and ${format} needs it.`);
  }
  const maps = stated.length > 0 ? stated.flatMap((map) => ['-map', map]) : [];
  if (stated.length === 0) {
    if (video) maps.push('-map', `${video.input}:${video.stream.index}`);
    if (audio) maps.push('-map', `${audio.input}:${audio.stream.index}`);
  }
  return { video, audio, maps, mapped: stated.length > 0 };
}

/** As FFmpeg does it: over all inputs the largest video and the audio with most channels; the marked default comes first. */
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

/** Finds which video and audio a list of `-map` takes first, to choose filters and settings for them. */
function selectMapped(maps: readonly string[], inputs: readonly PlanInput[]): Pick<Selection, 'video' | 'audio'> {
  let video: Selection['video'] = null;
  let audio: Selection['audio'] = null;
  for (const map of maps) {
    const match = /^(\d)(?::([vas]))?(?::(\d+))?\??$/.exec(map);
    const input = match ? inputs[Number(match[1])] : undefined;
    if (!match || !input) continue;
    const position = match[3] === undefined ? null : Number(match[3]);
    const pick = <T extends { index: number }>(streams: readonly T[], letter: string): T | undefined => {
      if (match[2] === letter) return streams[position ?? 0];
      if (match[2] !== undefined) return undefined;
      return position === null ? streams[0] : streams.find((stream) => stream.index === position);
    };
    const videoStream = pick(input.info.video, 'v');
    const audioStream = pick(input.info.audio, 'a');
    if (!video && videoStream) video = { input: Number(match[1]), stream: videoStream };
    if (!audio && audioStream) audio = { input: Number(match[1]), stream: audioStream };
  }
  return { video, audio };
}
