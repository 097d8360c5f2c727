import type { WorkTools } from '../../../attempt/tools.ts';
import { constantRate, type FrameList, MIN_PIECE_SECONDS, type Plan } from '../../../ffmpeg/index.ts';
import { freeSlotsOf, heavySlots } from '../../../jobs/idle-slots.ts';
import type { TranscodeAttempt } from '../attempt.ts';
import type { PreparedInput } from '../inputs.ts';
import { type CutPiece, type SplitPlan, splitPlan } from './split.ts';

/** Minimum number of seconds of a piece if pieces are forced. Shorter pieces cost up to 18 % more CPU and 10 % more bytes. */
const FORCED_SECONDS = 6;
/**
 * Minimum number of luma samples of a video that is encoded in pieces. With x264's `faster`, encoding this number takes about 20 seconds of
 * a core, for example for 20 s of 1080p30.
 */
const LEAST_SAMPLES = 1.25e9;

export interface ChosenPieces {
  pieces: CutPiece[];
  split: SplitPlan;
  frames: FrameList;
  reason: string;
}

/**
 * Returns the position of the output that can be encoded in pieces: the only output, or the only ladder. Returns null if there is no such
 * output.
 */
export function dividedOutput({ request: { outputs } }: Pick<TranscodeAttempt, 'request'>): number | null {
  if (outputs.length === 1) return 0;
  const ladders = outputs.flatMap(({ ladder }, position) => (ladder ? [position] : []));
  return ladders.length === 1 ? ladders[0]! : null;
}

/** Whether the request of a job allows encoding in pieces. For example, all workers must be able to read its only source. */
export function mayBeInPieces(attempt: TranscodeAttempt): boolean {
  const { tools, run, request } = attempt;
  const { settings } = tools;
  const { claim } = run;
  const position = dividedOutput(attempt);
  const output = position === null ? undefined : request.outputs[position];
  if ((settings.chunks ?? 'off') === 'off' || !output || output.preview) return false;
  // Targets and measurements compare the complete source with the complete output.
  if (output.target || output.measure) return false;
  if (!['mp4', 'mov'].includes(output.outputFormat)) return false;
  if (settings.chunks === 'auto' && claim.job.resource_class !== 'heavy') return false;
  // The only assets of a ladder are its subtitles, which its pieces do not need.
  const needsAssets = request.assets.length > 0 && !output.ladder;
  return claim.inputs.length === 1 && claim.inputs[0]!.object_id !== null && !needsAssets;
}

/** Chooses the pieces of a job. Otherwise returns a sentence about why the job has no pieces. */
export async function choosePieces(
  attempt: TranscodeAttempt,
  plan: Plan,
  input: PreparedInput,
): Promise<ChosenPieces | { noSplitReason: string }> {
  const { tools, run, request } = attempt;
  const { frames } = input;
  if (!frames) return { noSplitReason: 'The input does not list key frames from which decoding may begin.' };
  if (!frames.isFullyPresented || frames.startSeconds !== 0)
    return { noSplitReason: 'The video of the input does not begin at zero.' };
  const [stream] = input.info.video;
  if (stream?.isInterlaced || stream?.mayBeInterlaced || stream?.fields)
    return { noSplitReason: 'The video of the input is interlaced.' };
  // A piece might begin after the picture that declares the rotation.
  if (stream?.mayTurn) return { noSplitReason: 'The video of the input rotates its pictures.' };
  const seconds = frames.times[frames.times.length - 1]! / frames.timescale;
  const isForced = tools.settings.chunks === 'always';
  const samples = frames.times.length * (stream?.width ?? 0) * (stream?.height ?? 0);
  if (!isForced && (seconds < 2 * MIN_PIECE_SECONDS || samples < LEAST_SAMPLES))
    return { noSplitReason: 'The video is short or small.' };
  const stated = (request.outputs[plan.outputs[0]!.position]?.options ?? []).map(({ option }) => option);
  const split = splitPlan(plan, { frames, rate: constantRate(frames), stated });
  if (typeof split === 'string') return { noSplitReason: split };
  const { slots, machines } = await freeSlots(tools, run.claim.job.account_id, isForced);
  if (slots < 2) return { noSplitReason: 'No second slot is idle.' };
  // The threads of one process use all cores of its machine, and need neither a second reading of the source nor a join.
  if (!isForced && machines < 2)
    return { noSplitReason: 'All slots are on one machine, which encodes the entire video as fast.' };
  const pieces = split.cut(slots, isForced ? FORCED_SECONDS : MIN_PIECE_SECONDS);
  if (!pieces) return { noSplitReason: 'The video of the input has too few key frames.' };
  return { pieces, split, frames, reason: `${slots} slots were idle.` };
}

/**
 * Returns the number of slots that the pieces may use, and the number of machines in the fleet. Counts the slot of this job, because the
 * job releases it.
 */
async function freeSlots(
  { context, settings }: WorkTools,
  accountId: string,
  isForced: boolean,
): Promise<{ slots: number; machines: number }> {
  const media = settings.slots.filter(([first]) => first !== 'interactive');
  const own = { all: media.length, heavy: media.filter((classes) => classes.includes('heavy')).length };
  const { all, idle, machines } = await heavySlots(context.db, own);
  if (isForced) return { slots: Math.max(2, all), machines };
  return { slots: Math.min(idle, await freeSlotsOf(context.db, accountId)) + 1, machines };
}
