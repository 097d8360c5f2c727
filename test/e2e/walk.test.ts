import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ffprobe, makeClip, transcode, upload } from '../../testkit/media.ts';
import { shareService, type TestService } from '../../testkit/service.ts';

describe('the documented first job', () => {
  let service: TestService;
  let folder: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'airlock-walk-'));
    service = await shareService();
  });
  afterAll(async () => {
    await rm(folder, { recursive: true, force: true });
  });

  it('ends with a playable file at a link that expires after ten minutes', async () => {
    const clip = await makeClip(join(folder, 'clip.mp4'), { size: '640x360' });
    const { fileUrl } = await upload(service, clip, 'video/mp4', 'my clip.mp4');
    expect(fileUrl).toMatch(/^gs:\/\/airlock\/\d{8}-\d{6}-my clip\.mp4$/);

    const job = await transcode(service, {
      inputs: [{ url: fileUrl }],
      outputFormat: 'webm',
      preset: { quality: 'low' },
    });
    expect(job).toMatchObject({ status: 'completed', progress: 1, output_format: 'webm', billable_minutes: 1 });

    const link = await service.call('GET', `/v1/transcodes/${job.id}/download`);
    const url = new URL(link.json.url);
    expect(url.searchParams.get('X-Amz-Expires')).toBe('600');
    const response = await fetch(url);
    expect(response.headers.get('content-disposition')).toContain('my clip.webm');
    const output = join(folder, 'out.webm');
    await writeFile(output, Buffer.from(await response.arrayBuffer()));
    const probe = await ffprobe(output);
    expect(probe.streams.map((stream: { codec_name: string }) => stream.codec_name)).toEqual(['vp9', 'opus']);
    expect(probe.streams[0]).toMatchObject({ width: 640, height: 360 });
  });
});
