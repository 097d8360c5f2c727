import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { makeClip } from '../../../testkit/media.ts';
import type { TestService } from '../../../testkit/service.ts';
import { openServiceDatabase } from '../../../testkit/service-database.ts';
import { until } from '../../../testkit/until.ts';

export const stoppingTheApi = (given: () => TestService) => () => {
  let service: TestService;
  let folder: string;
  let worker: number;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'airlock-stop-'));
    service = given();
    await makeClip(join(folder, 'clip.mp4'));
    // From now on, no upload is inspected and no job runs, so clients keep waiting.
    [worker] = service.pids('worker') as [number];
    process.kill(worker, 'SIGSTOP');
  });
  afterAll(async () => {
    process.kill(worker, 'SIGCONT');
    await rm(folder, { recursive: true, force: true });
  });

  it('returns responses to waiting clients, and is not delayed by connections without a request', async () => {
    const bytes = await readFile(join(folder, 'clip.mp4'));
    const body = { filename: 'clip.mp4', contentType: 'video/mp4', fileSize: bytes.length };
    const { uploadUrl, filename } = (await service.call('POST', '/v1/upload/presigned-url', body)).json.result;
    await fetch(uploadUrl, { method: 'PUT', headers: { 'content-type': 'video/mp4' }, body: new Uint8Array(bytes) });
    const url = 'https://media.example.com/a.mp4';
    const { id } = (await service.call('POST', '/v1/transcodes', { inputs: [{ url }], outputFormat: 'mp3' })).json;
    const silent = connect(Number(new URL(service.api).port), '127.0.0.1');
    silent.on('error', () => {});
    const closed = new Promise((resolve) => silent.once('close', resolve));

    const waiting = [
      service.call('GET', `/v1/transcodes/${id}?wait=60`),
      service.call('POST', '/v1/upload/confirm', { filename, fileSize: bytes.length }),
    ];
    const database = await openServiceDatabase(service);
    const confirming = `SELECT 1 FROM uploads WHERE state = 'confirming'`;
    await until(async () => (await database.query(confirming)).rowCount, { what: 'the confirm to wait' });
    await database.end();
    const [api] = service.pids('api') as [number];
    const at = performance.now();
    process.kill(api, 'SIGTERM');
    const [read, confirm] = await Promise.all(waiting);
    await closed;
    await until(() => !service.pids('api').includes(api), { what: 'the API to end' });
    // The limit is far below the 60 seconds for which the client would wait.
    expect(performance.now() - at).toBeLessThan(20_000);
    expect([read!.status, read!.json.status]).toEqual([200, 'pending']);
    expect([confirm!.status, confirm!.json.code]).toEqual([503, 'unavailable']);
    expect(confirm!.headers.get('retry-after')).toBe('1');
    // The API restarts on the same port, and the confirm can be repeated.
    process.kill(worker, 'SIGCONT');
    const again = await until(
      () => service.call('POST', '/v1/upload/confirm', { filename, fileSize: bytes.length }).catch(() => null),
      { what: 'the API to come back' },
    );
    expect(again.status).toBe(200);
    expect((await service.call('PATCH', `/v1/transcodes/${id}/cancel`)).status).toBe(200);
  });
};
