import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { makeClip, transcode, upload } from '../../testkit/media.ts';
import { startService, type TestService } from '../../testkit/service.ts';

const run = promisify(execFile);

let folder: string;
let service: TestService | undefined;
let restored: TestService | undefined;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'airlock-backup-'));
});
afterAll(async () => {
  await restored?.remove();
  await service?.remove();
  await rm(folder, { recursive: true, force: true });
});

it('a data directory that is copied as documented and unpacked contains its key, outputs and waiting jobs', async () => {
  service = await startService({ AIRLOCK_WORKER_SLOTS: '1' }, { onDisk: true });
  const { fileUrl } = await upload(service, await makeClip(join(folder, 'clip.mp4')));
  const body = { inputs: [{ url: fileUrl }], outputFormat: 'mp4', options: [{ option: '-vf', argument: 'negate' }] };
  const { id: done } = await transcode(service, body);
  const waiting: string[] = [];
  for (let count = 0; count < 2; count += 1) waiting.push((await service.call('POST', '/v1/transcodes', body)).json.id);
  await service.stop();
  const archive = join(folder, 'airlock-backup.tar');
  const [parent, name] = [dirname(service.dataDir), basename(service.dataDir)];
  await run('tar', ['-C', parent, '-cpf', archive, name]);

  await rm(service.dataDir, { recursive: true, force: true });
  await run('tar', ['-C', parent, '-xpf', archive]);

  restored = await startService({}, { dataDir: service.dataDir });
  const get = (path: string) =>
    fetch(`${restored!.api}/v1/transcodes/${path}`, { headers: { authorization: `Bearer ${service!.key}` } });
  for (const id of waiting) {
    const job = await (await get(`${id}?wait=60`)).json();
    expect(job).toMatchObject({ status: 'completed', attempts: 1 });
  }
  const { url } = (await (await get(`${done}/download`)).json()) as { url: string };
  expect((await fetch(url)).status).toBe(200);
}, 180_000);
