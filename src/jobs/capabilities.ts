/**
 * What workers of this release can make beyond the first release that knows their kind of job. A job that needs one of them
 * waits for such a worker: an older one would fail it.
 */
export const LADDERS = 'outputs:ladder';
/** A ladder that is encoded in pieces: both the pieces, and the job that packages them. */
export const LADDER_PIECES = 'pieces:ladder';
/** For a ladder that is encoded in pieces in a job with other outputs. An older worker would make only the ladder. */
export const MIXED_PIECES = 'pieces:ladder-and-others';
/** Outputs are delivered. An older worker would leave them where they are. */
export const DESTINATIONS = 'outputs:destination';
/** Sources in the bucket of a connection. */
export const S3_SOURCES = 'sources:s3';
/** Outputs that are compared with their source. */
export const QUALITY = 'outputs:quality';
/** For ladders that are compared with their source. An older worker would not compare them. */
export const LADDER_QUALITY = 'quality:ladder';
/** Inputs that the job itself confirms. An older worker would not find them. */
export const UPLOADED_INPUTS = 'sources:upload';
/** An input that the job reads while a client uploads it. An older worker would not find the input. */
export const ARRIVING_INPUTS = 'sources:arriving';
export const RELEASE_CAPABILITIES: readonly string[] = [
  ...[LADDERS, LADDER_PIECES, MIXED_PIECES, DESTINATIONS, S3_SOURCES],
  ...[QUALITY, LADDER_QUALITY, UPLOADED_INPUTS, ARRIVING_INPUTS],
];
