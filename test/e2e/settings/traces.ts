import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { makeClip, upload } from '../../../testkit/media.ts';
import type { TestService } from '../../../testkit/service.ts';
import { startSource } from '../../../testkit/source-server.ts';
import { until } from '../../../testkit/until.ts';

interface Span {
  traceId: string;
  spanId: string;
  parentSpanId?: string;
  name: string;
  attributes: { key: string; value: object }[];
}

const TRACE = '0af7651916cd43dd8448eb211c80319c';
const CALLER = 'b7ad6b7169203331';
/** Words of the client that no span may contain. */
const PRIVATE = ['private-name', 'private-text', 'private-hook', 'private-title'];

/** Tests a service with AIRLOCK_TRACES. `bodies` are the request bodies that its collector has received. */
export const traces = (given: () => TestService, bodies: readonly string[]) => () => {
  let receiver: Awaited<ReturnType<typeof startSource>>;
  let folder: string;
  const spans = (): Span[] =>
    bodies
      .flatMap((body) => JSON.parse(body).resourceSpans)
      .flatMap(({ scopeSpans }) => scopeSpans)
      .flatMap((scope) => scope.spans);

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'airlock-traces-'));
    receiver = await startSource((_request, response) => response.writeHead(204).end());
  });
  afterAll(async () => {
    receiver?.close();
    await rm(folder, { recursive: true, force: true });
  });

  it('contain request, job, cell and webhook below the span of the caller, and no data of the client', async () => {
    const clip = await makeClip(join(folder, 'clip.mp4'));
    const { fileUrl } = await upload(given(), clip, 'video/mp4', 'private-name.mp4');
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
    const created = await given().call('POST', '/v1/transcodes?wait=60', body, { traceparent });
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
    for (const word of [...PRIVATE, uploadName, given().key, receiver.url, 'gs://']) expect(sent).not.toContain(word);
    expect(sent).not.toMatch(/livez|readyz/);
  });

  it('start with a new ID if the traceparent of a request is malformed, and omit the request of a caller that does not record', async () => {
    const before = spans().length;
    await given().call('GET', '/v1/transcodes', undefined, { traceparent: `00-${TRACE}-${CALLER}-00` });
    await given().call('GET', '/v1/webhooks', undefined, { traceparent: `00-${'0'.repeat(32)}-${CALLER}-01` });
    await until(() => spans().some(({ name }) => name === 'GET /v1/webhooks'), { what: 'the span' });
    const later = spans().slice(before);
    expect(later.find(({ name }) => name === 'GET /v1/webhooks')).not.toHaveProperty('parentSpanId', CALLER);
    expect(later.filter(({ name }) => name === 'GET /v1/transcodes')).toEqual([]);
  });
};
