import type { TranscodeRequest } from '../contract/transcode-request.ts';
import { textLength } from '../media/index.ts';

/**
 * Weight up to which a request is read where it arrives. The costliest request of this weight takes 15 ms (measured, see
 * test/hostile/costly-requests.test.ts); a thread costs one to hand over, and 100 to start.
 */
const INLINE_WEIGHT = 4096;
/** What an option or a filter costs beside its text, in characters. */
const PART_WEIGHT = 16;

/**
 * Whether the request is small enough to read and plan without a thread, by the length of its texts and their
 * separators.
 */
export function isSmall(request: TranscodeRequest): boolean {
  const lists = [request.options ?? [], ...request.inputs.map((input) => input.options ?? []), request.filters ?? []];
  let weight = 0;
  for (const entry of lists.flat()) {
    weight += PART_WEIGHT + textLength(entry);
    if (weight > INLINE_WEIGHT) return false;
    const text = 'filter' in entry ? entry.filter : entry.argument;
    if (typeof text === 'string') weight += PART_WEIGHT * (text.match(/[,;]/g)?.length ?? 0);
  }
  return weight <= INLINE_WEIGHT;
}
