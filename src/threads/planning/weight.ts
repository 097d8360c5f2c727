import type { JobRequest } from '../../contract/transcode-request.ts';
import { textLength } from '../../ffmpeg/index.ts';

/**
 * Maximum weight of a request that is parsed in the caller's thread. The costliest request of this weight needs 15 ms (measured, see
 * test/hostile/costly-requests.test.ts). Sending a request to a thread takes 1 ms, and starting a thread takes 100 ms.
 */
const INLINE_WEIGHT = 4096;
/** Cost of an option or a filter in addition to its text, in characters. */
const PART_WEIGHT = 16;

/**
 * Whether a request is small enough to parse and plan without a thread, estimated from the length of its texts and the number of their
 * separators.
 */
export function isSmall(request: JobRequest): boolean {
  const outputs = 'outputs' in request ? request.outputs : [request];
  const lists = [
    ...request.inputs.map((input) => input.options ?? []),
    ...outputs.flatMap(({ options = [], filters = [] }) => [options, filters]),
  ];
  let weight = 0;
  for (const entry of lists.flat()) {
    weight += PART_WEIGHT + textLength(entry);
    if (weight > INLINE_WEIGHT) return false;
    const text = 'filter' in entry ? entry.filter : entry.argument;
    if (typeof text === 'string') weight += PART_WEIGHT * (text.match(/[,;]/g)?.length ?? 0);
  }
  return weight <= INLINE_WEIGHT;
}
