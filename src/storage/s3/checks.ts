import { keyProblem } from '../keys.ts';
import { StorageError } from '../types.ts';

/** Maximum lifetime of a signed URL in SigV4, in seconds: seven days. */
const MAX_EXPIRES = 604_800;
/** S3: "Part numbers can be any number from 1 to 10,000, inclusive." */
export const MAX_PARTS = 10_000;

/** Throws `StorageError` for a key that is not safe in every store. */
export function checkKey(key: string): void {
  const problem = keyProblem(key);
  if (problem) throw invalid(problem);
}

/** Checks the lifetime of a signed URL, in seconds. */
export function checkExpiry(seconds: number): void {
  if (!(Number.isInteger(seconds) && seconds >= 1 && seconds <= MAX_EXPIRES)) {
    throw invalid(`a signed URL lives 1 to ${MAX_EXPIRES} seconds`);
  }
}

export function checkSize(bytes: number): void {
  if (!Number.isSafeInteger(bytes) || bytes < 0) throw invalid('the size is not an integer');
}

/** A prefix must end with a slash, so that `a/1` does not include `a/10`. */
export function checkPrefix(prefix: string): void {
  if (!prefix.endsWith('/')) throw invalid('a prefix ends with a slash');
  checkKey(prefix);
}

export function checkPartNumber(number: number): void {
  if (!(Number.isInteger(number) && number >= 1 && number <= MAX_PARTS)) {
    throw invalid(`a part number is an integer from 1 to ${MAX_PARTS}`);
  }
}

export function invalid(reason: string): StorageError {
  return new StorageError(`storage cannot be used like this: ${reason}`, { retry: false });
}
