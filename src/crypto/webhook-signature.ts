import { createHmac, randomBytes } from 'node:crypto';

/** Prefix of a secret. According to Standard Webhooks (standardwebhooks.com), 24 to 64 random bytes in base64 follow. */
const PREFIX = 'whsec_';
const SECRET_BYTES = 32;

export function makeWebhookSecret(): string {
  return PREFIX + randomBytes(SECRET_BYTES).toString('base64');
}

/**
 * Returns the headers of a message according to Standard Webhooks, with a signature for each secret. `sentAt` is the time of the attempt:
 * receivers reject old messages, which prevents replays. `id` is the same for all retries.
 */
export function webhookHeaders(
  message: { id: string; body: string; sentAt: Date },
  secrets: readonly string[],
): Record<string, string> {
  const timestamp = Math.floor(message.sentAt.getTime() / 1000);
  const signed = `${message.id}.${timestamp}.${message.body}`;
  const sign = (secret: string) =>
    createHmac('sha256', Buffer.from(secret.slice(PREFIX.length), 'base64'))
      .update(signed)
      .digest('base64');
  return {
    'webhook-id': message.id,
    'webhook-timestamp': String(timestamp),
    'webhook-signature': secrets.map((secret) => `v1,${sign(secret)}`).join(' '),
  };
}
