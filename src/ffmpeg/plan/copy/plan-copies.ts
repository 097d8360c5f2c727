import type { OutputFormat } from '../../../contract/formats.ts';
import type { ParsedRequest } from '../../policy/options/parsed-request.ts';
import type { ExpectedOutput, PlanInput, StreamPackets, StreamPlan, StreamPlans, VideoStream } from '../../types.ts';
import { displaySize, type Size } from '../geometry.ts';
import type { Selection } from '../plan-streams.ts';
import { audioFault } from './copy-audio.ts';
import type { CopyRequest } from './copy-request.ts';
import { videoFault } from './copy-video.ts';

/** Formats whose container stores the times of copied packets exactly. */
export const COPYING_FORMATS: readonly OutputFormat[] = ['mp4', 'mov', 'm4a'];
/** Maximum seconds by which the start of a stream may differ from zero. */
const START_SECONDS = 0.001;

/** A preset's choice for a stream; null = the preset makes no choice, or the output has no such stream. */
export type CopyChoice = {
  /** Arguments of the copied stream; null if the stream is encoded. */
  args: string[] | null;
  /** Why the stream is encoded; null if it is copied. */
  reason: string | null;
} | null;

export interface Copies {
  video: CopyChoice;
  audio: CopyChoice;
}

/**
 * Whether a preset could copy streams at all: the format allows copies, and the request has one input, no options and no filters. Only then
 * does the sanitizer read the packets of the input.
 */
export function mayCopy(parsed: ParsedRequest, format: OutputFormat): boolean {
  return (
    COPYING_FORMATS.includes(format) &&
    parsed.inputs.length === 1 &&
    parsed.inputs[0]!.length === 0 &&
    parsed.output.length === 0 &&
    parsed.graph === null &&
    parsed.video.length + parsed.audio.length === 0
  );
}

/**
 * Chooses the streams that satisfy the preset unchanged. A copy must be identical to its source in every picture, sample and time, so a
 * stream is encoded if in doubt.
 */
export function planCopies(parsed: ParsedRequest, input: PlanInput, request: CopyRequest): Copies {
  if (!mayCopy(parsed, request.format)) return { video: null, audio: null };
  const { video, audio } = request.selection;
  const common = request.disarm ? 'The job disarms its inputs.' : inputFault(input);
  const packetsOf = ({ index }: { index: number }) => input.packets?.find((packets) => packets.index === index) ?? null;
  return {
    video: video && videoChoice(video.stream, packetsOf(video.stream), request, common),
    audio: audio && choice(common ?? audioFault(audio.stream, packetsOf(audio.stream), request.quality)),
  };
}

function inputFault({ packets }: PlanInput): string | null {
  if (!packets) return 'The packets of this container are not known.';
  // FFmpeg shifts all streams by the earliest start.
  const isLate = packets.some(({ startSeconds }) => Math.abs(startSeconds) > START_SECONDS);
  return isLate ? 'The streams of the input do not start at zero.' : null;
}

function videoChoice(
  stream: VideoStream,
  packets: StreamPackets | null,
  request: CopyRequest,
  common: string | null,
): CopyChoice {
  const searched = request.hasTarget ? 'The output has a target.' : null;
  const reason = searched ?? common ?? videoFault(stream, packets, request);
  // Removes the data that encoders and cameras write between the pictures.
  return choice(reason, packets?.h264?.supplement === 'data' ? ['-bsf:v', 'filter_units=remove_types=6'] : []);
}

function choice(reason: string | null, args: string[] = []): CopyChoice {
  return { args: reason === null ? args : null, reason };
}

/** Describes how each stream is made. `encoders` = FFmpeg's names, `copy`, or null for a stream that the output lacks. */
export function describeStreams(encoders: Record<keyof Copies, string | null>, copies: Copies): StreamPlans {
  const describe = (of: keyof Copies): StreamPlan | null =>
    encoders[of] === null
      ? null
      : { mode: encoders[of] === 'copy' ? 'copied' : 'encoded', reason: copies[of]?.reason ?? null };
  return { video: describe('video'), audio: describe('audio') };
}

/** Returns the properties that the streams copied by a preset must have in the output. */
export function copiedOutput(
  copies: Copies,
  { video, audio }: Selection,
): Pick<ExpectedOutput, 'codecs'> & { size: Size | null } {
  const copied = { video: copies.video?.args ? video : null, audio: copies.audio?.args ? audio : null };
  return {
    size: copied.video && displaySize(copied.video.stream),
    codecs: {
      ...(copied.video && { video: copied.video.stream.codec }),
      ...(copied.audio && { audio: copied.audio.stream.codec }),
    },
  };
}
