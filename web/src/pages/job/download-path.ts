import type { AnyJob } from '../../lib/job.ts';

export type Output = NonNullable<AnyJob['outputs']>[number];

/** The path of a link to an output. `url` is the path of the job; a job with several outputs requires the name. */
export function downloadPath(url: string, outputs: readonly Output[], { name }: Output): string {
  return `${url}/download${outputs.length > 1 ? `?output=${encodeURIComponent(name)}` : ''}`;
}
