/** Returns the capability to run a blueprint. A worker has this capability if its release contains the blueprint. */
export function capabilityOf(slug: string): string {
  return `blueprint:${slug}`;
}

/** Names of the hidden kinds of the children of runs. */
export const RENDER_KIND = 'blueprint-transcode';
export const TRANSCRIBE_KIND = 'blueprint-transcribe';
/** Name of the kind of the probes of runs. Clients don't see jobs of this kind, so it needs no hidden copy. */
export const PROBE_KIND = 'probe';
