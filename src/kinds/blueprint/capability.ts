/** The capability to run a blueprint: a release that contains it. */
export function capabilityOf(slug: string): string {
  return `blueprint:${slug}`;
}

/** The hidden kinds of the children of runs. */
export const RENDER_KIND = 'blueprint-transcode';
export const TRANSCRIBE_KIND = 'blueprint-transcribe';
/** Its jobs are hidden anyway. */
export const PROBE_KIND = 'probe';
