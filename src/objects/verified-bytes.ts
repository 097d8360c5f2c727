import { sha256 as sha256Of } from '../crypto/hash.ts';
import type { ObjectStore } from '../storage/types.ts';

/**
 * Returns the bytes of an object. Returns undefined if the object is missing, has more than `maxBytes`, or has another SHA-256 (64 hex
 * digits).
 */
export async function readVerified(
  store: ObjectStore,
  key: string,
  { maxBytes, sha256 }: { maxBytes: number; sha256: string },
): Promise<Buffer | undefined> {
  const stream = await store.get(key);
  if (!stream) return undefined;
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > maxBytes) return undefined;
    chunks.push(chunk);
  }
  const bytes = Buffer.concat(chunks);
  return sha256Of(bytes).toString('hex') === sha256 ? bytes : undefined;
}
