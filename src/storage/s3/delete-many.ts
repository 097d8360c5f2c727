import { createHash } from 'node:crypto';
import { forEachAtOnce } from '../at-once.ts';
import { type DeletedMany, type ObjectStore, StorageError } from '../types.ts';
import { childrenOf, escapeXml, parseXml, textOf } from '../xml.ts';
import { checkKey } from './checks.ts';
import { readText, type S3Client, storageError } from './client.ts';

/** Maximum number of keys of one request, as in S3. */
const PAGE = 1000;
/** Number of concurrent single deletions. */
const AT_ONCE = 16;
/** Statuses with which a store reports that it has no DeleteObjects. */
const UNSUPPORTED = [404, 405, 411, 501];
/** Error codes of keys that another attempt can delete soon. */
const TEMPORARY = ['InternalError', 'ServiceUnavailable', 'SlowDown'];

/**
 * Returns `deleteMany`, which deletes objects with DeleteObjects. Deletes each object with its own request if the store does not support
 * DeleteObjects or XML cannot contain the key. `several`: whether to try DeleteObjects.
 */
export function manyDeleter(client: S3Client, { several }: { several: boolean }): ObjectStore['deleteMany'] {
  let supported = several;
  return async (keys) => {
    for (const key of keys) checkKey(key);
    const result: DeletedMany = { deleted: [], failed: new Map() };
    // XML cannot contain every character.
    const isPlain = (key: string) => supported && /^[\x20-\x7e]+$/.test(key);
    const plain = keys.filter(isPlain);
    for (let start = 0; start < plain.length; start += PAGE) {
      const page = plain.slice(start, start + PAGE);
      const failed = supported ? await deletePage(client, page) : 'unsupported';
      if (failed === 'unsupported') {
        supported = false;
        await deleteSingly(client, page, result);
      } else {
        result.deleted.push(...page.filter((key) => !failed.has(key)));
        for (const [key, error] of failed) result.failed.set(key, error);
      }
    }
    const single = keys.filter((key) => !plain.includes(key));
    await deleteSingly(client, single, result);
    return result;
  };
}

async function deletePage(
  client: S3Client,
  keys: readonly string[],
): Promise<ReadonlyMap<string, StorageError> | 'unsupported'> {
  const objects = keys.map((key) => `<Object><Key>${escapeXml(key)}</Key></Object>`);
  const body = Buffer.from(`<Delete><Quiet>true</Quiet>${objects.join('')}</Delete>`);
  const response = await client.send({
    method: 'POST',
    key: '',
    query: { delete: '' },
    headers: {
      'content-type': 'application/xml',
      'content-length': String(body.length),
      // S3 requires a checksum of this body.
      'content-md5': createHash('md5').update(body).digest('base64'),
    },
    body: () => body,
    expected: [200, ...UNSUPPORTED],
  });
  const text = await readText(response).catch((error) => {
    throw storageError({ method: 'POST' }, error);
  });
  if (response.statusCode !== 200) return 'unsupported';
  return failuresOf(text, keys);
}

function failuresOf(text: string, keys: readonly string[]): ReadonlyMap<string, StorageError> {
  const failed = new Map<string, StorageError>();
  let errors: ReturnType<typeof childrenOf>;
  try {
    errors = childrenOf(parseXml(text, 'DeleteResult'), 'Error');
  } catch (cause) {
    throw new StorageError('storage returned an unexpected response to a deletion', { retry: false, cause });
  }
  for (const error of errors) {
    const [key, found] = [textOf(error, 'Key'), textOf(error, 'Code') ?? ''];
    if (key === null || !keys.includes(key)) {
      throw new StorageError('storage did not name the key that it could not delete', { retry: false });
    }
    const code = /^[A-Za-z0-9]{1,64}$/.test(found) ? found : null;
    if (code === 'NoSuchKey') continue;
    const options = { retry: TEMPORARY.includes(code ?? ''), status: 200, code };
    failed.set(key, new StorageError(`storage did not delete an object: ${code ?? 'without a code'}`, options));
  }
  return failed;
}

/** Deletes each key with its own request. Stops when the store does not respond. Neither list then contains the remaining keys. */
async function deleteSingly(client: S3Client, keys: readonly string[], result: DeletedMany): Promise<void> {
  let isUnreachable = false;
  await forEachAtOnce(keys, AT_ONCE, async (key) => {
    if (isUnreachable) return;
    try {
      const response = await client.send({ method: 'DELETE', key, expected: [200, 204, 404], brief: true });
      response.resume();
      result.deleted.push(key);
    } catch (error) {
      if (!(error instanceof StorageError)) throw error;
      isUnreachable ||= error.isUnreachable;
      result.failed.set(key, error);
    }
  });
}
