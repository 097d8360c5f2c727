import { Webhook } from 'standardwebhooks';
import { describe, expect, expectTypeOf, it } from 'vitest';
import { type EventData, verifyWebhook, WebhookError } from '../../sdk/src/index.ts';
import { makeWebhookSecret, webhookHeaders } from '../../src/crypto/webhook-signature.ts';
import type { JobEventPayloads, ServiceEventPayloads } from '../../src/events/types.ts';

/** Data of the events of transcodes and of the service. */
type EventPayloads = ServiceEventPayloads & {
  [S in keyof JobEventPayloads as `transcode.${S}`]: JobEventPayloads[S];
};

const SECRET = makeWebhookSecret();
const EVENT = { id: 'MTI0Ny4zOA', type: 'webhook.test', timestamp: '2026-11-26T09:30:00.000Z', data: { name: 'ü' } };
const BODY = JSON.stringify(EVENT);

const delivery = (secrets = [SECRET], sentAt = new Date()) => ({
  body: BODY,
  headers: webhookHeaders({ id: 'msg_1', body: BODY, sentAt }, secrets) as unknown as Record<string, string>,
  secret: SECRET as string | string[],
});
const rejected = (given: Parameters<typeof verifyWebhook>[0]) =>
  expect(verifyWebhook(given)).rejects.toThrow(WebhookError);

it('the SDK declares every field that the service records for each type of event', () => {
  // The compiler checks the types. Nothing happens at run time.
  expectTypeOf<EventData>().toExtend<{ [T in keyof EventPayloads]: Omit<EventPayloads[T], 'v'> }>();
});

describe('verifyWebhook', () => {
  it('parses a genuine delivery, with headers and a body of any kind', async () => {
    const genuine = delivery();
    expect(await verifyWebhook(genuine)).toEqual(EVENT);
    expect(await verifyWebhook({ ...genuine, headers: new Headers(genuine.headers) })).toEqual(EVENT);
    expect(await verifyWebhook({ ...genuine, body: Buffer.from(BODY) })).toEqual(EVENT);
    const upper = Object.fromEntries(
      Object.entries(genuine.headers).map(([name, value]) => [name.toUpperCase(), value]),
    );
    expect(await verifyWebhook({ ...genuine, headers: upper })).toEqual(EVENT);
  });

  it('rejects a body that is already parsed, and names what to pass', async () => {
    for (const body of [JSON.parse(BODY), undefined, null, 5]) {
      const failed = await verifyWebhook({ ...delivery(), body }).catch((error) => error);
      expect(failed).toBeInstanceOf(TypeError);
      expect(failed.message).toMatch(/text or bytes, as it arrived.*express\.raw/);
    }
    const bytes = new TextEncoder().encode(BODY);
    expect(await verifyWebhook({ ...delivery(), body: bytes.buffer })).toMatchObject({ type: 'webhook.test' });
  });

  it('accepts signatures of the reference implementation', async () => {
    const sentAt = new Date();
    const headers = {
      'webhook-id': 'msg_2',
      'webhook-timestamp': String(Math.floor(sentAt.getTime() / 1000)),
      'webhook-signature': new Webhook(SECRET).sign('msg_2', sentAt, BODY),
    };
    expect(await verifyWebhook({ ...delivery(), headers })).toMatchObject({ type: 'webhook.test' });
  });

  it('accepts two signatures and two secrets during a rotation', async () => {
    const other = makeWebhookSecret();
    expect(await verifyWebhook(delivery([other, SECRET]))).toBeTruthy();
    expect(await verifyWebhook({ ...delivery(), secret: [other, SECRET] })).toBeTruthy();
    await rejected({ ...delivery(), secret: other });
    await rejected({ ...delivery(), secret: [] });
  });

  it('rejects a changed body, another id, an old or future time, and missing headers, and never shows the secret', async () => {
    await rejected({ ...delivery(), body: `${BODY} ` });
    await rejected({ ...delivery(), headers: { ...delivery().headers, 'webhook-id': 'msg_2' } });
    await rejected(delivery([SECRET], new Date(Date.now() - 600_000)));
    await rejected(delivery([SECRET], new Date(Date.now() + 600_000)));
    await rejected({ ...delivery(), headers: {} });
    for (const signature of [
      '',
      'v1,',
      'v1,%%',
      'v1a,AAAA',
      `v2${delivery().headers['webhook-signature']!.slice(2)}`,
    ]) {
      await rejected({ ...delivery(), headers: { ...delivery().headers, 'webhook-signature': signature } });
    }
    const error = await verifyWebhook({ ...delivery(), secret: 'whsec_%' }).catch(String);
    expect(error).toMatch(/whsec_ and base64/);
    expect(error).not.toContain('%');
  });
});
