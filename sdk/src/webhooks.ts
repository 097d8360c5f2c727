import type { EventData, KeptEvent } from './event-data.ts';

/** A delivery that is not genuine, too old, or unreadable. Respond to the delivery with 400. */
export class WebhookError extends Error {
  override readonly name = 'WebhookError';
}

/** An event that a webhook receives. `type` determines what `data` contains. A newer server may send other types. */
export type WebhookEvent = {
  [T in KeptEvent]: { id: string; type: T; timestamp: string; data: EventData[T] };
}[KeptEvent];

/**
 * Maximum seconds by which the time of a delivery may differ from the time of this machine. Other deliveries are rejected, because an
 * attacker may have recorded them.
 */
const TOLERANCE_SECONDS = 300;

/**
 * Verifies a delivery as Standard Webhooks describes, and returns its event. Throws `WebhookError` unless the delivery is genuine, and
 * `TypeError` if the body was parsed already.
 * @param delivery.body the unchanged body, because parsing and printing the body changes its bytes
 * @param delivery.secret `whsec_…`, or several secrets while a secret is replaced
 */
export async function verifyWebhook(delivery: {
  body: string | Uint8Array | ArrayBuffer;
  headers: Headers | Readonly<Record<string, string | readonly string[] | undefined>>;
  secret: string | readonly string[];
  toleranceSeconds?: number;
}): Promise<WebhookEvent> {
  const body = bytesOf(delivery.body);
  const read = (name: string) => headerOf(delivery.headers, name);
  const [id, timestamp, signatures] = [read('webhook-id'), read('webhook-timestamp'), read('webhook-signature')];
  if (!id || !timestamp || !signatures) throw new WebhookError('The headers of the delivery are missing.');
  const { toleranceSeconds = TOLERANCE_SECONDS } = delivery;
  if (!/^\d+$/.test(timestamp) || Math.abs(Date.now() / 1000 - Number(timestamp)) > toleranceSeconds) {
    throw new WebhookError('The timestamp of the delivery is not of now.');
  }
  const signed = concat(new TextEncoder().encode(`${id}.${timestamp}.`), body);
  const given = signatures.split(' ').flatMap((text) => (text.startsWith('v1,') ? [fromBase64(text.slice(3))] : []));
  for (const secret of [delivery.secret].flat()) {
    const raw = fromBase64(secret.replace(/^whsec_/, ''));
    if (!raw || raw.length === 0) throw new WebhookError('The secret is not one of a webhook: whsec_ and base64.');
    const key = await crypto.subtle.importKey('raw', raw, { name: 'HMAC', hash: 'SHA-256' }, false, ['verify']);
    for (const signature of given) {
      // `verify` compares in constant time.
      if (signature && (await crypto.subtle.verify('HMAC', key, signature, signed))) return parse(body);
    }
  }
  throw new WebhookError('The signature of the delivery is wrong.');
}

/** Returns the bytes of the body. Callers without TypeScript may pass any value. */
function bytesOf(body: unknown): Uint8Array {
  if (typeof body === 'string') return new TextEncoder().encode(body);
  if (body instanceof ArrayBuffer) return new Uint8Array(body);
  if (ArrayBuffer.isView(body)) return new Uint8Array(body.buffer, body.byteOffset, body.byteLength);
  throw new TypeError(
    'The body of the delivery must be text or bytes, as it arrived: a parsed body cannot be verified. In Express, use ' +
      'express.raw({ type: "application/json" }) for this route; elsewhere, await request.text().',
  );
}

function parse(body: Uint8Array): WebhookEvent {
  try {
    return JSON.parse(new TextDecoder().decode(body)) as WebhookEvent;
  } catch {
    throw new WebhookError('The body of the delivery is not JSON.');
  }
}

function headerOf(headers: Parameters<typeof verifyWebhook>[0]['headers'], name: string): string | null {
  if (headers instanceof Headers) return headers.get(name);
  const entry = Object.entries(headers).find(([key]) => key.toLowerCase() === name);
  return entry?.[1] === undefined ? null : String(entry[1]);
}

function fromBase64(text: string): Uint8Array<ArrayBuffer> | null {
  try {
    return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
  } catch {
    return null;
  }
}

function concat(first: Uint8Array, second: Uint8Array): Uint8Array<ArrayBuffer> {
  const joined = new Uint8Array(first.length + second.length);
  joined.set(first);
  joined.set(second, first.length);
  return joined;
}
