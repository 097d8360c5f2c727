import * as z from 'zod/mini';
import { unexpected } from './ask.ts';
import type { TemporaryKeys } from './types.ts';

/** A key, secret or token. The value is invalid if it contains a character that a header or URL cannot contain. */
const word = z.string().check(z.regex(/^[\x21-\x7e]{1,8192}$/));
const keyDocument = z.object({
  AccessKeyId: word,
  SecretAccessKey: word,
  Token: word,
  Expiration: z.string(),
});

/** Parses the JSON document of the metadata services of machines and containers. Throws `StorageError`. */
export function parseKeyDocument(text: string, whom: string): TemporaryKeys {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    throw unexpected(whom);
  }
  const { success, data } = keyDocument.safeParse(parsed);
  if (!success) throw unexpected(whom);
  return temporaryKeys(
    { id: data.AccessKeyId, secret: data.SecretAccessKey, token: data.Token, expiration: data.Expiration },
    whom,
  );
}

/** Checks the fields of temporary keys from any source. Throws `StorageError`. */
export function temporaryKeys(
  fields: { id: string | null; secret: string | null; token: string | null; expiration: string | null },
  whom: string,
): TemporaryKeys {
  const expiresAt = Date.parse(fields.expiration ?? '');
  const words = [fields.id, fields.secret, fields.token];
  if (Number.isNaN(expiresAt) || !words.every((text) => word.safeParse(text).success)) throw unexpected(whom);
  return { accessKeyId: fields.id!, secretAccessKey: fields.secret!, sessionToken: fields.token!, expiresAt };
}
