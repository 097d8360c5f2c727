/** Keys of objects consist of generated ids. Names from users never appear in a storage key, a log or on a disk. */

/** S3's own limit: "up to 1,024 bytes long" in UTF-8. */
const KEY_BYTES = 1024;

/** Prefix of the keys to which clients upload with one presigned PUT. No other keys begin with this prefix. */
export const UPLOADS = 'uploads/';

const SEALED = 'sealed/';

/** Whether the key belongs to an upload, confirmed or not. */
export function isUploadKey(key: string): boolean {
  return key.startsWith(UPLOADS) || key.startsWith(SEALED);
}

/** Key for a presigned PUT. */
export function uploadKey(accountId: string, uploadId: string): string {
  return checked(`${UPLOADS}${id(accountId)}/${id(uploadId)}`);
}

/**
 * Key of a confirmed upload. No signed URL can write to it except the URLs of parts, which stop working when the parts are joined, before
 * anything reads the object.
 */
export function sealedKey(accountId: string, objectId: string): string {
  return checked(`${SEALED}${id(accountId)}/${id(objectId)}`);
}

/**
 * Key of an output. It contains the attempt's id, so a replaced attempt can never overwrite its successor's output.
 *
 * @param position index of the output among the outputs of the job
 */
export function outputKey(
  accountId: string,
  jobId: string,
  attemptId: string,
  extension: string,
  position = 0,
): string {
  if (!/^[a-z0-9]{1,8}$/.test(extension)) throw new RangeError('an output needs a plain extension');
  const suffix = position === 0 ? '' : `-${position}`;
  return checked(`outputs/${id(accountId)}/${id(jobId)}/${id(attemptId)}${suffix}.${extension}`);
}

/*
 * A tree is stored below one prefix, which is the key in the row of the tree:
 *
 *   outputs/ACCOUNT/JOB/ATTEMPT/POSITION/manifest.json
 *                                       /files/PATH …
 *                                       /archives/ID.zip   has a row of its own
 */

/** Prefix of an output that is a tree. */
export function treePrefix(accountId: string, jobId: string, attemptId: string, position: number): string {
  if (!Number.isInteger(position) || position < 0) throw new RangeError('the position of an output is a number');
  return checked(`outputs/${id(accountId)}/${id(jobId)}/${id(attemptId)}/${position}/`);
}

export function treeFileKey(prefix: string, path: string): string {
  return checked(`${prefix}files/${path}`);
}

export function treeManifestKey(prefix: string): string {
  return checked(`${prefix}manifest.json`);
}

/** Key of a zip of the tree. Ids never repeat, so a late part of an older zip cannot change this zip. */
export function treeArchiveKey(prefix: string, archiveId: string): string {
  return checked(`${prefix}archives/${id(archiveId)}.zip`);
}

/** Whether a key below the prefix of a tree is one of its zips. */
export function isArchiveKey(prefix: string, key: string): boolean {
  return key.startsWith(`${prefix}archives/`);
}

/** Prefix of the tree that a key would belong to; null for a key that cannot be part of a tree. */
export function treePrefixOf(key: string): string | null {
  return /^outputs(?:\/[A-Za-z0-9-]+){3}\/\d+\//.exec(key)?.[0] ?? null;
}

/** Id of the account that owns a key; the key itself if Airlock did not create it. */
export function accountOf(key: string): string {
  return key.split('/', 2)[1] ?? key;
}

/** Returns why a key is invalid, or null if the key is valid. Dot segments are invalid because URL parsers rewrite them. */
export function keyProblem(key: string): string | null {
  if (key === '') return 'the key is empty';
  if (key.startsWith('/')) return 'the key starts with a slash';
  if (key.includes('\0')) return 'the key contains a NUL character';
  if (Buffer.byteLength(key) > KEY_BYTES) return `the key is longer than ${KEY_BYTES} bytes`;
  if (key.split('/').some((part) => part === '.' || part === '..')) return 'the key contains a dot segment';
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
