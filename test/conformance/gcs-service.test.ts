import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ffprobe, makeClip, transcode, upload } from '../../testkit/media.ts';
import { startService, type TestService } from '../../testkit/service.ts';
import { type GcsServer, startGcsServer } from './gcs-server/start.ts';

describe('a service on Google Cloud Storage', () => {
  let server: GcsServer;
  let service: TestService;
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'airlock-gcs-'));
    server = await startGcsServer();
    await writeFile(join(folder, 'key.json'), server.keyFile, { mode: 0o600 });
    await makeClip(join(folder, 'clip.mp4'));
    service = await startService({
      AIRLOCK_STORAGE_URL: `gs://${server.bucket.name}?endpoint=${server.endpoint}`,
      GOOGLE_APPLICATION_CREDENTIALS: join(folder, 'key.json'),
    });
  });
  afterAll(async () => {
    await service?.remove();
    await server?.close();
    await rm(folder, { recursive: true, force: true });
  });

  it('stores an upload, transcodes it, serves the output and erases both', async () => {
    const { fileUrl, uploadUrl } = await upload(service, join(folder, 'clip.mp4'));
    expect(uploadUrl).toContain(`${server.endpoint}/${server.bucket.name}/uploads/`);
    expect(fileUrl).toContain(`gs://${server.bucket.name}/`);
    const job = await transcode(service, {
      inputs: [{ url: fileUrl }],
      outputFormat: 'webm',
      preset: { quality: 'low' },
    });
    expect(job.status).toBe('completed');

    const { url } = (await service.call('GET', `/v1/transcodes/${job.id}/download`)).json;
    expect(url).toContain('X-Goog-Expires=600');
    const download = await fetch(url);
    expect(download.status).toBe(200);
    expect(download.headers.get('content-disposition')).toContain('attachment; filename=');
    const path = join(folder, 'output.webm');
    await writeFile(path, Buffer.from(await download.arrayBuffer()));
    expect((await ffprobe(path)).format.format_name).toContain('webm');

    expect((await service.call('DELETE', `/v1/transcodes/${job.id}?inputs=true`)).status).toBe(200);
    expect([...server.bucket.objects.keys()].filter((key) => key.startsWith('outputs/'))).toEqual([]);
    expect((await fetch(url)).status).toBe(404);
  });

  it('stores an output in parts while FFmpeg writes the output', async () => {
    const path = join(folder, 'long.mp4');
    await makeClip(path, { seconds: 6, size: '640x360' });
    const { fileUrl } = await upload(service, path);
    server.seen.length = 0;
    const noise = [
      { option: '-vf', argument: 'noise=alls=100:allf=t' },
      { option: '-c:v', argument: 'libx264' },
      { option: '-preset', argument: 'ultrafast' },
      { option: '-crf', argument: '10' },
    ];
    const job = await transcode(service, { inputs: [{ url: fileUrl }], outputFormat: 'mp4', options: noise });
    expect(job.status).toBe('completed');
    const output = [...server.bucket.objects].find(([key]) => key.includes(job.id))![1];
    expect(output.components).toBeGreaterThan(1);
    expect(server.seen.filter((line) => line.startsWith('POST ') && line.includes(job.id))).toHaveLength(2);
  });

  it('logs neither the key nor a signed URL', async () => {
    const log = service.output() + (await readFile(join(service.dataDir, 'ready.json'), 'utf8'));
    expect(log).not.toMatch(/X-Goog-Signature=[0-9a-f]|BEGIN PRIVATE KEY|Bearer ey/);
  });
});
