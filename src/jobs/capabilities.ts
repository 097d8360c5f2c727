/**
 * What workers of this release can make beyond the first release that knows their kind of job. A job that needs one of them
 * waits for such a worker: an older one would fail it.
 */
export const LADDERS = 'outputs:ladder';
/** A ladder that is encoded in pieces: both the pieces, and the job that packages them. */
export const LADDER_PIECES = 'pieces:ladder';
/** Outputs are delivered. An older worker would leave them where they are. */
export const DESTINATIONS = 'outputs:destination';
/** Sources in the bucket of a connection. */
export const S3_SOURCES = 'sources:s3';
/** Outputs that are compared with their source. */
export const QUALITY = 'outputs:quality';
export const RELEASE_CAPABILITIES: readonly string[] = [LADDERS, LADDER_PIECES, DESTINATIONS, S3_SOURCES, QUALITY];
