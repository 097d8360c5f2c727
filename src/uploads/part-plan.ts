import { MAX_UPLOAD_PARTS } from '../contract/limits.ts';

const MIB = 2 ** 20;
/** S3 requires 5 MiB of every part but the last; a few seconds of a slow line are lost when one breaks. */
const LEAST_PART_BYTES = 8 * MIB;

/** Bytes of each part but the last, so that there are not more parts than allowed; whole MiB. */
export function partSizeFor(fileSize: number): number {
  return Math.max(LEAST_PART_BYTES, Math.ceil(fileSize / MAX_UPLOAD_PARTS / MIB) * MIB);
}

export function partCount(fileSize: number, partSize: number): number {
  return Math.ceil(fileSize / partSize);
}

/** Bytes of the part with that number, from 1. */
export function sizeOfPart(number: number, fileSize: number, partSize: number): number {
  return Math.min(partSize, fileSize - (number - 1) * partSize);
}
