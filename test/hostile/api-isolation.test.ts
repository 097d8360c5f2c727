import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeClip, transcode, upload } from '../../testkit/media.ts';
import { shareService, type TestService } from '../../testkit/service.ts';

describe('a key of another account', () => {
  let service: TestService;
  let folder: string;
  let stranger: Record<string, string>;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'airlock-isolation-'));
    [service] = await Promise.all([shareService(), makeClip(join(folder, 'clip.mp4'))]);
    stranger = { authorization: `Bearer ${(await service.makeKey('--account', 'stranger')).key}` };
  });
  afterAll(async () => {
    await service?.remove();
    await rm(folder, { recursive: true, force: true });
  });

  it('gets the same response for existing and nonexistent ids on every route, and changes nothing', async () => {
    const { fileUrl } = await upload(service, join(folder, 'clip.mp4'));
    const job = await transcode(service, { inputs: [{ url: fileUrl }], outputFormat: 'mp3' });
    const key = (await service.call('POST', '/v1/keys', { name: 'ours' })).json;
    const never = '0192f3c1-0000-7000-8000-000000000000';
    const routes = (id: string, keyId: string) =>
      [
        ['GET', `/v1/transcodes/${id}`],
        ['GET', `/v1/transcodes/${id}?wait=5`],
        ['GET', `/v1/transcodes/${id}/download`],
        ['GET', `/v1/transcodes/${id}/download?url=false`],
        ['PATCH', `/v1/transcodes/${id}/cancel`],
        ['DELETE', `/v1/transcodes/${id}`],
        ['POST', `/v1/keys/${keyId}/rotate`],
        ['DELETE', `/v1/keys/${keyId}`],
      ] as const;
    const ours = routes(job.id, key.id);
    const nobodys = routes(never, never);
    for (const [index, [method, path]] of ours.entries()) {
      const response = await service.call(method, path, undefined, stranger);
      const [, elsewhere] = nobodys[index]!;
      const empty = await service.call(method, elsewhere, undefined, stranger);
      expect([method, path, response.status, response.text]).toEqual([method, path, 404, empty.text]);
    }
    const inputs = await Promise.all(
      [fileUrl, job.output_url, job.output_url.replace(job.id, never)].map((url) =>
        service.call('POST', '/v1/transcodes', { inputs: [{ url }], outputFormat: 'mp3' }, stranger),
      ),
    );
    expect(inputs.map((response) => [response.status, response.json.code])).toEqual(
      Array(3).fill([422, 'source_not_owned']),
    );
    expect(new Set(inputs.slice(1).map((response) => response.text)).size).toBe(1);

    for (const path of ['/v1/transcodes', '/v1/keys']) {
      const { json } = await service.call('GET', path, undefined, stranger);
      expect(JSON.stringify(json)).not.toContain(job.id);
      expect(JSON.stringify(json)).not.toContain(key.id);
    }
    expect((await service.call('GET', '/v1/transcodes', undefined, stranger)).json.total).toBe(0);

    expect((await service.call('GET', `/v1/transcodes/${job.id}`)).json).toEqual(job);
    const still = await service.call('GET', '/v1/transcodes', undefined, { authorization: `Bearer ${key.key}` });
    expect(still.status).toBe(200);
    const { url } = (await service.call('GET', `/v1/transcodes/${job.id}/download`)).json;
    expect((await fetch(url)).status).toBe(200);
  });

  it('can send the same file name in the same second, and each account gets its own object', async () => {
    const body = { filename: 'same.mp4', contentType: 'video/mp4', fileSize: 10 };
    const [ours, theirs] = await Promise.all([
      service.call('POST', '/v1/upload/presigned-url', body),
      service.call('POST', '/v1/upload/presigned-url', body, stranger),
    ]);
    expect(new URL(ours.json.result.uploadUrl).pathname).not.toBe(new URL(theirs.json.result.uploadUrl).pathname);
    // Names are scoped to an account: equal names in two accounts are different objects.
    expect(theirs.json.result.filename).not.toMatch(/-2\.mp4$/);
  });
});
