/**
 * What workers of this release can make beyond the first release that knows their kind of job. A job that needs one of them
 * waits for such a worker: an older one would fail it.
 */
export const LADDERS = 'outputs:ladder';
/** A ladder that is encoded in pieces: both the pieces, and the job that packages them. */
export const LADDER_PIECES = 'pieces:ladder';
export const RELEASE_CAPABILITIES: readonly string[] = [LADDERS, LADDER_PIECES];
