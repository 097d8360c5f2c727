import type { OptionSet } from '../../policy/options/option-set.ts';
import { timeText } from '../../policy/options/option-values.ts';

/** Options of an input that set its time zero themselves. */
const OWN_START = ['itsoffset', 'sseof', 'stream_loop'] as const;

/**
 * Returns the options of an input that make its time zero the start of the file, and not the start of the first stream in use.
 * @param used the streams of the input that the output uses
 * @param start seconds to which FFmpeg seeks in the input
 */
export function lateStartArgs(
  used: readonly { lateSeconds?: number }[],
  options: OptionSet | null = null,
  start: number | null = null,
): string[] {
  if (OWN_START.some((name) => options?.has(name))) return [];
  const delay = Math.min(...used.map(({ lateSeconds = 0 }) => lateSeconds)) - (start ?? 0);
  return used.length > 0 && delay > 0 ? ['-itsoffset', timeText(delay)] : [];
}
