import { createHmac, timingSafeEqual } from 'node:crypto';

/** Maximum seconds by which the clocks of sender and receiver may differ, as Standard Webhooks recommends. */
const TOLERANCE_SECONDS = 300;
const SECRET_PREFIX = 'whsec_';

export type Headers = Record<string, string | string[] | undefined>;

/**
 * Checks the unchanged bytes of a delivery by the Standard Webhooks specification. Returns null if the delivery is genuine, otherwise the
 * reason why it is not.
 */
export function findForgery(secret: string, headers: Headers, body: Buffer, now = Date.now()): string | null {
  const [id, timestamp, signatures] = ['id', 'timestamp', 'signature'].map((name) => headers[`webhook-${name}`]);
  if (typeof id !== 'string' || typeof timestamp !== 'string' || typeof signatures !== 'string') {
    return 'The headers webhook-id, webhook-timestamp and webhook-signature are missing.';
  }
  if (!/^\d{1,12}$/.test(timestamp)) return 'The timestamp is not a number.';
  if (Math.abs(now / 1000 - Number(timestamp)) > TOLERANCE_SECONDS) return 'The timestamp is too old.';
  const key = Buffer.from(secret.replace(SECRET_PREFIX, ''), 'base64');
  if (key.length === 0) return 'The secret is empty.';
  const expected = createHmac('sha256', key).update(`${id}.${timestamp}.`).update(body).digest();
  const isGenuine = signatures.split(' ').some((signature) => {
    if (!signature.startsWith('v1,')) return false;
    const given = Buffer.from(signature.slice(3), 'base64');
    return given.length === expected.length && timingSafeEqual(given, expected);
  });
  return isGenuine ? null : 'The signature is wrong.';
}
