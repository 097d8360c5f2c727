import { ApiError } from '../contract/errors.ts';
import { MAX_UPLOAD_PARTS, PART_BYTES } from '../contract/limits.ts';

const MIB = 2 ** 20;
/**
 * Default size of a part in bytes. S3 requires at least 5 MiB for every part but the last. If a slow connection breaks, the client loses
 * only a few seconds of work.
 */
const DEFAULT_PART_BYTES = 8 * MIB;

/**
 * Size in bytes of the smallest parts that storages accept. A job that can start with the first part of an upload starts soonest with such
 * parts.
 */
const EARLY_PART_BYTES = PART_BYTES.least;
/** Maximum number of such parts. Larger files have parts of the usual size. */
const MOST_EARLY_PARTS = 400;

/**
 * Returns the size in bytes of each part of an upload that a job can read while the client still sends parts. Returns null for the usual
 * size.
 */
export function earlyPartSize(fileSize: number): number | null {
  return partCount(fileSize, EARLY_PART_BYTES) <= MOST_EARLY_PARTS ? EARLY_PART_BYTES : null;
}

/**
 * Returns the size in bytes of each part but the last: `requested`, or a multiple of 1 MiB. Throws `invalid_request` if the requested size
 * makes more parts than allowed.
 */
export function partSizeFor(fileSize: number, requested: number | null = null): number {
  const least = Math.ceil(fileSize / MAX_UPLOAD_PARTS / MIB) * MIB;
  if (requested === null) return Math.max(DEFAULT_PART_BYTES, least);
  const count = partCount(fileSize, requested);
  if (count <= MAX_UPLOAD_PARTS) return requested;
  throw new ApiError('invalid_request', {
    field: 'partSize',
    reason: `makes ${count} parts, and at most ${MAX_UPLOAD_PARTS} are allowed`,
    remedy: `Send ${least} or more`,
    near: least,
  });
}

export function partCount(fileSize: number, partSize: number): number {
  return Math.ceil(fileSize / partSize);
}

/** Returns the size in bytes of the part with this number. Parts count from 1. */
export function sizeOfPart(number: number, fileSize: number, partSize: number): number {
  return Math.min(partSize, fileSize - (number - 1) * partSize);
}
