/** Names of objects: generated ids alone. Names that users gave never reach a storage key, a log or a disk. */

/** S3's own limit: "up to 1,024 bytes long" in UTF-8. */
const KEY_BYTES = 1024;

/** Under this prefix presigned PUTs land, and nothing else. */
export const UPLOADS = 'uploads/';

/** Where a presigned PUT lands. */
export function uploadKey(accountId: string, uploadId: string): string {
  return checked(`${UPLOADS}${id(accountId)}/${id(uploadId)}`);
}

/** Where a confirmed upload lives: no signed URL for writing ever names such a key. */
export function sealedKey(accountId: string, objectId: string): string {
  return checked(`sealed/${id(accountId)}/${id(objectId)}`);
}

/** The attempt's id is part of the name, so an attempt that was replaced can never overwrite its successor's output. */
export function outputKey(accountId: string, jobId: string, attemptId: string, extension: string): string {
  if (!/^[a-z0-9]{1,8}$/.test(extension)) throw new RangeError('an output needs a plain extension');
  return checked(`outputs/${id(accountId)}/${id(jobId)}/${id(attemptId)}.${extension}`);
}

/** Whose object a key names: the id of an account, or the key itself when Airlock did not make it. */
export function accountOf(key: string): string {
  return key.split('/', 2)[1] ?? key;
}

/** Why a key cannot be used, or null. Dot segments go because URL parsers on the way rewrite them. */
export function keyProblem(key: string): string | null {
  if (key === '') return 'the key is empty';
  if (key.startsWith('/')) return 'the key starts with a slash';
  if (key.includes('\0')) return 'the key holds a NUL character';
  if (Buffer.byteLength(key) > KEY_BYTES) return `the key is longer than ${KEY_BYTES} bytes`;
  if (key.split('/').some((part) => part === '.' || part === '..')) return 'the key holds a dot segment';
  if (/\p{Surrogate}/u.test(key)) return 'the key is not valid Unicode';
  return null;
}

function checked(key: string): string {
  const problem = keyProblem(key);
  if (problem) throw new RangeError(problem);
  return key;
}

function id(value: string): string {
  if (!/^[A-Za-z0-9-]{1,64}$/.test(value))
    throw new RangeError('an id in a storage key has letters, digits and dashes');
  return value;
}
