/** The capability to run a blueprint. A worker has it if its release contains the blueprint. */
export function capabilityOf(slug: string): string {
  return `blueprint:${slug}`;
}

/** The hidden kinds of the children of runs. */
export const RENDER_KIND = 'blueprint-transcode';
export const TRANSCRIBE_KIND = 'blueprint-transcribe';
/** Clients don't see jobs of this kind, so it needs no hidden copy. */
export const PROBE_KIND = 'probe';
