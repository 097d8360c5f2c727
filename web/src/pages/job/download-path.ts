import type { AnyJob } from '../../lib/job.ts';

export type Output = NonNullable<AnyJob['outputs']>[number];

/**
 * Returns the path that responds with a link to an output. `url` is the path of the job. If the job has several outputs, the path contains
 * the output's name.
 */
export function downloadPath(url: string, outputs: readonly Output[], { name }: Output): string {
  return `${url}/download${outputs.length > 1 ? `?output=${encodeURIComponent(name)}` : ''}`;
}
