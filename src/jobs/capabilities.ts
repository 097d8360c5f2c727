/**
 * Capabilities that workers of this release have in addition to the capabilities of the first release that knows their kind of job. A job
 * that needs a capability waits for a worker that has it, because an older worker would fail the job.
 */
export const LADDERS = 'outputs:ladder';
/** A ladder that is encoded in pieces. Both the pieces and the job that packages them need this capability. */
export const LADDER_PIECES = 'pieces:ladder';
/** A ladder that is encoded in pieces in a job with other outputs. An older worker would make only the ladder. */
export const MIXED_PIECES = 'pieces:ladder-and-others';
/** A video in pieces whose frames keep the times of the source. An older worker would join the pieces at a constant rate. */
export const KEPT_TIMES = 'pieces:kept-times';
/** Delivery of outputs. An older worker would not deliver them. */
export const DESTINATIONS = 'outputs:destination';
/** Sources in the bucket of a connection. */
export const S3_SOURCES = 'sources:s3';
/** Comparison of outputs with their source. */
export const QUALITY = 'outputs:quality';
/** Comparison of ladders with their source. An older worker would not compare them. */
export const LADDER_QUALITY = 'quality:ladder';
/** Inputs that the job itself confirms. An older worker would not find them. */
export const UPLOADED_INPUTS = 'sources:upload';
/** An input that the job reads while a client uploads it. An older worker would not find the input. */
export const ARRIVING_INPUTS = 'sources:arriving';
export const RELEASE_CAPABILITIES: readonly string[] = [
  ...[LADDERS, LADDER_PIECES, MIXED_PIECES, KEPT_TIMES, DESTINATIONS, S3_SOURCES],
  ...[QUALITY, LADDER_QUALITY, UPLOADED_INPUTS, ARRIVING_INPUTS],
];
