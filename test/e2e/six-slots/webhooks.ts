import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Webhook } from 'standardwebhooks';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { makeClip, upload } from '../../../testkit/media.ts';
import type { TestService } from '../../../testkit/service.ts';
import { startSource } from '../../../testkit/source-server.ts';
import { until } from '../../../testkit/until.ts';

interface Message {
  path: string;
  headers: Record<string, string>;
  body: string;
}

export const webhooks = (given: () => TestService) => () => {
  let service: TestService;
  let folder: string;
  let receiver: Awaited<ReturnType<typeof startSource>>;
  const received: Message[] = [];
  beforeAll(async () => {
    service = given();
    folder = await mkdtemp(join(tmpdir(), 'airlock-webhooks-'));
    receiver = await startSource(async (request, response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk);
      const headers = request.headers as Record<string, string>;
      received.push({ path: request.url!, headers, body: Buffer.concat(chunks).toString() });
      // The first attempt fails, so that the second attempt is a retry.
      response.writeHead(received.length === 1 ? 503 : 200).end();
    });
  });
  afterAll(async () => {
    receiver.close();
    await rm(folder, { recursive: true, force: true });
  });

  it('receive events from the worker, also after a failed delivery', async () => {
    const types = ['transcode.completed'];
    const made = await service.call('POST', '/v1/webhooks', { url: `${receiver.url}/account`, types });
    const clip = join(folder, 'clip.mp4');
    await makeClip(clip, { size: '80x60' });
    const inputs = [{ url: (await upload(service, clip)).fileUrl }];
    const job = await service.call('POST', '/v1/transcodes?wait=30', {
      ...{ inputs, outputFormat: 'mp4' },
      webhook_url: `${receiver.url}/job`,
    });
    expect([job.status, job.json.status]).toEqual([201, 'completed']);
    await until(() => received.length >= 3, { what: 'three messages' });
    const { secret } = (await service.call('GET', '/v1/webhooks/secret')).json;
    for (const { path, headers, body } of received) {
      const message = new Webhook(path === '/account' ? made.json.secret : secret).verify(body, headers);
      expect(message).toMatchObject({ type: 'transcode.completed', data: { job_id: job.json.id } });
    }
    expect(new Set(received.map(({ headers }) => headers['webhook-id'])).size).toBe(2);
  });
};
