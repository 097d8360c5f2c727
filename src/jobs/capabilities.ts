/**
 * What workers of this release can make beyond the first release that knows their kind of job. A job that needs one of them
 * waits for such a worker: an older one would fail it.
 */
export const LADDERS = 'outputs:ladder';
export const RELEASE_CAPABILITIES: readonly string[] = [LADDERS];
