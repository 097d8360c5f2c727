import { formatKind } from '../../../contract/formats.ts';
import { type Plan, SHORT_SIDES, STANDARD_INPUT } from '../../../ffmpeg/index.ts';
import type { Claim } from '../../../jobs/rows.ts';
import { type CopyRule, NotInOrder } from '../../../sanitizer/streaming/index.ts';
import type { ReadRequest } from '../run-plan.ts';

/** Options of an input that move in it, or read it again. */
const MOVES: ReadonlySet<string> = new Set(['-ss', '-sseof', '-stream_loop', '-loop', '-itsoffset']);

/**
 * Whether a job may start while its source is fetched: a first attempt with a single source, from a URL. Pictures need
 * little of a source, and retries take no chances.
 */
export function mayStream(claim: Claim, { request, assets }: ReadRequest): boolean {
  const [input, ...others] = claim.inputs;
  if (claim.number > 1 || input?.object_id !== null || others.length > 0 || assets.length > 0) return false;
  if (formatKind(request.outputFormat) === 'image' || (request.inputs[0]?.options?.length ?? 0) > 0) return false;
  return !(request.options ?? []).some(({ option }) => MOVES.has(option));
}

/** How the preset of the request may copy streams; null = it copies none. */
export function copyRule({ request, mayCopy }: ReadRequest): CopyRule | null {
  if (!mayCopy) return null;
  const resolution = request.preset?.resolution;
  return { shortSide: resolution === undefined ? null : SHORT_SIDES[resolution] };
}

/** Throws `NotInOrder` unless the command reads its input once, from start to end. */
export function requireOnePass({ args }: Pick<Plan, 'args'>): void {
  const at = args.indexOf(STANDARD_INPUT);
  const isOnce = at > 0 && args.indexOf(STANDARD_INPUT, at + 1) < 0;
  if (!isOnce || args.slice(0, at).some((arg) => MOVES.has(arg))) {
    throw new NotInOrder('the command does not read its input once, from start to end');
  }
}
