import { mkdtemp, rm } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeClip, upload } from '../../testkit/media.ts';
import { startService, type TestService } from '../../testkit/service.ts';
import { startSource } from '../../testkit/source-server.ts';
import { until } from '../../testkit/until.ts';

interface Span {
  traceId: string;
  spanId: string;
  parentSpanId?: string;
  name: string;
  attributes: { key: string; value: object }[];
}

const TRACE = '0af7651916cd43dd8448eb211c80319c';
const CALLER = 'b7ad6b7169203331';
/** Words of the client that must be in no span. */
const PRIVATE = ['private-name', 'private-text', 'private-hook', 'private-title'];

describe('traces', () => {
  let service: TestService;
  let collector: Awaited<ReturnType<typeof startSource>>;
  let receiver: Awaited<ReturnType<typeof startSource>>;
  let folder: string;
  const bodies: string[] = [];
  const spans = (): Span[] =>
    bodies
      .flatMap((body) => JSON.parse(body).resourceSpans)
      .flatMap(({ scopeSpans }) => scopeSpans)
      .flatMap((scope) => scope.spans);

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'airlock-traces-'));
    collector = await startSource(async (request: IncomingMessage, response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk);
      bodies.push(Buffer.concat(chunks).toString());
      response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
    });
    receiver = await startSource((_request, response) => response.writeHead(204).end());
    service = await startService({
      AIRLOCK_TRACES: `${collector.url}/v1/traces`,
      AIRLOCK_FETCH_ALLOW: '127.0.0.1/32',
      OTEL_BSP_SCHEDULE_DELAY: '100',
    });
  });
  afterAll(async () => {
    await service?.remove();
    collector?.close();
    receiver?.close();
    await rm(folder, { recursive: true, force: true });
  });

  it('join request, job, cell and webhook to the trace of the caller, and say nothing of the client', async () => {
    const clip = await makeClip(join(folder, 'clip.mp4'));
    const { fileUrl } = await upload(service, clip, 'video/mp4', 'private-name.mp4');
    const body = {
      inputs: [{ url: fileUrl }],
      outputFormat: 'mp4',
      options: [
        { option: '-vf', argument: 'negate' },
        { option: '-metadata', argument: 'title=private-title' },
      ],
      metadata: { note: 'private-text' },
      webhook_url: `${receiver.url}/private-hook`,
    };
    const traceparent = `00-${TRACE}-${CALLER}-01`;
    const created = await service.call('POST', '/v1/transcodes?wait=60', body, { traceparent });
    expect(created.json).toMatchObject({ status: 'completed' });
    const ours = () => spans().filter(({ traceId }) => traceId === TRACE);
    await until(
      () =>
        ['webhook transcode.completed', 'attempt transcode', 'POST /v1/transcodes'].every((name) =>
          ours().some((span) => span.name === name),
        ),
      { what: 'the spans' },
    );

    const named = (name: string) => ours().find((span) => span.name === name)!;
    const request = named('POST /v1/transcodes');
    expect(request.parentSpanId).toBe(CALLER);
    const attempt = named('attempt transcode');
    for (const name of ['wait', 'attempt transcode', 'webhook transcode.completed']) {
      expect([name, named(name).parentSpanId]).toEqual([name, request.spanId]);
    }
    for (const name of ['plan', 'encode', 'store', 'cell ffmpeg']) {
      expect([name, named(name)?.parentSpanId]).toEqual([name, attempt.spanId]);
    }
    expect(attempt.attributes).toContainEqual({ key: 'airlock.job_id', value: { stringValue: created.json.id } });

    const sent = bodies.join('\n');
    const uploadName = fileUrl.split('/').at(-1)!;
    for (const word of [...PRIVATE, uploadName, service.key, receiver.url, 'gs://']) expect(sent).not.toContain(word);
    expect(sent).not.toMatch(/livez|readyz/);
  });

  it('begin anew for a request whose traceparent is malformed, and follow a caller that does not record', async () => {
    const before = spans().length;
    await service.call('GET', '/v1/transcodes', undefined, { traceparent: `00-${TRACE}-${CALLER}-00` });
    await service.call('GET', '/v1/webhooks', undefined, { traceparent: `00-${'0'.repeat(32)}-${CALLER}-01` });
    await until(() => spans().some(({ name }) => name === 'GET /v1/webhooks'), { what: 'the span' });
    const later = spans().slice(before);
    expect(later.find(({ name }) => name === 'GET /v1/webhooks')).not.toHaveProperty('parentSpanId', CALLER);
    expect(later.filter(({ name }) => name === 'GET /v1/transcodes')).toEqual([]);
  });
});
