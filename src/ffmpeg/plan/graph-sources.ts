import { JobFailure } from '../../contract/failures.ts';
import type { OpenPad, PadKind } from '../policy/filters/types.ts';
import type { AudioStream, PlanInput, VideoStream } from '../types.ts';
import { coverArt, mainAudio, mainVideo } from './streams.ts';

/** A stream of a job input that a graph reads. */
export type StreamRef =
  | { kind: 'v'; input: number; stream: VideoStream }
  | { kind: 'a'; input: number; stream: AudioStream };

/** A stream of the output: an unchanged stream of an input, or an open output of the caller's graph. */
export type OutputStream = StreamRef | { kind: PadKind; pad: number };

/**
 * Finds the stream of every open input of a graph. A label names the stream (`0:v`, `1:a:0`, `0:2`, `1`). Pads without a label get the next
 * free stream of their kind over all inputs, as in FFmpeg. Throws `JobFailure` if there is no such stream.
 */
export function graphSources(pads: readonly OpenPad[], inputs: readonly PlanInput[]): StreamRef[] {
  const taken = new Set<string>();
  const found: (StreamRef | null)[] = pads.map((pad) => {
    if (pad.label === null) return null;
    const ref = labelledStream(pad.label, pad.kind, inputs);
    taken.add(nameOf(ref));
    return ref;
  });
  return found.map((ref, index) => {
    if (ref) return ref;
    const free = freeStream(pads[index]!.kind, inputs, taken);
    taken.add(nameOf(free));
    return free;
  });
}

export function streamLabel(ref: StreamRef): string {
  return `${ref.input}:${ref.stream.index}`;
}

const nameOf = streamLabel;

function labelledStream(label: string, kind: PadKind, inputs: readonly PlanInput[]): StreamRef {
  const match = /^(\d{1,2})(?::([vas]))?(?::(\d{1,2}))?$/i.exec(label);
  const input = match ? inputs[Number(match[1])] : undefined;
  if (!match || !input) {
    throw new JobFailure('option_refused', `The filter graph names [${label}], but there is no such input.`);
  }
  const number = Number(match[1]);
  const letter = match[2]?.toLowerCase();
  const position = match[3] === undefined ? null : Number(match[3]);
  const missing = () =>
    new JobFailure(
      kind === 'v' ? 'no_video_stream' : 'no_audio_stream',
      `The filter graph uses [${label}], but input ${number + 1} has no such ${kind === 'v' ? 'video' : 'audio'} stream.`,
    );
  if (letter !== undefined && letter !== kind) throw missing();
  const byIndex = letter === undefined && position !== null;
  if (kind === 'v') {
    const moving = input.info.video.filter((stream) => !stream.isAttachedPicture);
    const list = moving.length > 0 ? moving : input.info.video;
    const stream = byIndex
      ? input.info.video.find((candidate) => candidate.index === position)
      : position === null
        ? (mainVideo(input.info) ?? coverArt(input.info))
        : list[position];
    if (!stream) throw missing();
    return { kind, input: number, stream };
  }
  const stream = byIndex
    ? input.info.audio.find((candidate) => candidate.index === position)
    : position === null
      ? mainAudio(input.info)
      : input.info.audio[position];
  if (!stream) throw missing();
  return { kind, input: number, stream };
}

function freeStream(kind: PadKind, inputs: readonly PlanInput[], taken: ReadonlySet<string>): StreamRef {
  const candidates = inputs.flatMap(({ info }, input): StreamRef[] =>
    kind === 'v'
      ? info.video.map((stream) => ({ kind, input, stream }))
      : info.audio.map((stream) => ({ kind, input, stream })),
  );
  const isCover = (ref: StreamRef) => ref.kind === 'v' && ref.stream.isAttachedPicture;
  const free = candidates.filter((ref) => !taken.has(nameOf(ref)));
  const chosen = free.find((ref) => !isCover(ref)) ?? free[0];
  if (!chosen) {
    throw new JobFailure(
      kind === 'v' ? 'no_video_stream' : 'no_audio_stream',
      `The filter graph needs more ${kind === 'v' ? 'video' : 'audio'} streams than the inputs have.`,
    );
  }
  return chosen;
}
