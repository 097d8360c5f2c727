import type { JobOutput } from './rows.ts';

/** Names of a job's outputs, in their order: the format, with a number for a second one of the same format. */
export function outputNames(outputs: readonly Pick<JobOutput, 'format'>[]): string[] {
  const seen = new Map<string, number>();
  return outputs.map(({ format }) => {
    const count = (seen.get(format) ?? 0) + 1;
    seen.set(format, count);
    return count === 1 ? format : `${format}-${count}`;
  });
}
