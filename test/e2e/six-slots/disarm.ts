import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { makeClip, transcode, upload } from '../../../testkit/media.ts';
import { run } from '../../../testkit/run.ts';
import type { TestService } from '../../../testkit/service.ts';
import { openServiceDatabase } from '../../../testkit/service-database.ts';

const COVER = [
  ...['-f', 'lavfi', '-i', 'testsrc2=s=640x640:r=1/9:d=9', '-map', '0', '-map', '1'],
  ...['-c:v', 'png', '-disposition:v', 'attached_pic'],
];

export const disarming = (given: () => TestService) => () => {
  let service: TestService;
  let folder: string;
  let mp4: string;
  let avi: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'airlock-disarm-'));
    const clip = (name: string) => makeClip(join(folder, name), { size: '160x90' });
    service = given();
    await Promise.all([clip('clip.mp4'), clip('clip.avi')]);
    mp4 = (await upload(service, join(folder, 'clip.mp4'))).fileUrl;
    avi = (await upload(service, join(folder, 'clip.avi'), 'video/x-msvideo', 'clip.avi')).fileUrl;
  });
  afterAll(async () => {
    await rm(folder, { recursive: true, force: true });
  });

  it('remuxes a container if this loses nothing, and reports it', async () => {
    const job = await transcode(service, { inputs: [{ url: mp4 }], outputFormat: 'webm', disarm: true });
    expect(job).toMatchObject({ status: 'completed', warnings: [], inputs: [{ container: 'rewritten' }] });
    expect(job.inputs[0].size).toBe((await stat(join(folder, 'clip.mp4'))).size);
    expect(job.outputs[0]).toMatchObject({ width: 160, height: 90, duration_seconds: expect.closeTo(1, 1) });
  });

  it.each([
    ['a voice note', 'note.ogg', 'audio/ogg', ['-c:a', 'libopus', '-b:a', '24k', '-metadata', 'title=Note']],
    ['a podcast with a cover', 'show.mp3', 'audio/mpeg', [...COVER, '-c:a', 'libmp3lame', '-metadata', 'title=Show']],
    ['AAC without a container', 'raw.aac', 'audio/aac', ['-c:a', 'aac']],
  ])('disarms %s', async (_, name, contentType, args) => {
    const path = join(folder, name);
    await run('ffmpeg', ['-nostdin', '-v', 'error', '-y', '-f', 'lavfi', '-i', 'sine=d=3', ...args, path]);
    const { fileUrl } = await upload(service, path, contentType, name);
    const job = await transcode(service, { inputs: [{ url: fileUrl }], outputFormat: 'm4a', disarm: true });
    expect(job).toMatchObject({ status: 'completed', warnings: [], inputs: [{ container: 'rewritten' }] });
    expect(job.outputs[0]).toMatchObject({ audio_codec: 'aac', duration_seconds: expect.closeTo(3, 0) });
  });

  it('disarms fragmented files that recorders in browsers and DASH write', async () => {
    const movflags = 'frag_keyframe+empty_moov+default_base_moof';
    const path = await makeClip(join(folder, 'recorded.mp4'), { size: '160x90', args: ['-movflags', movflags] });
    const { fileUrl } = await upload(service, path, 'video/mp4', 'recorded.mp4');
    const job = await transcode(service, { inputs: [{ url: fileUrl }], outputFormat: 'webm', disarm: true });
    expect(job).toMatchObject({
      status: 'completed',
      warnings: [],
      inputs: [{ container: 'rewritten', duration: expect.closeTo(1, 1) }],
    });
    expect(job.outputs[0]).toMatchObject({ width: 160, height: 90, duration_seconds: expect.closeTo(1, 0) });
  });

  it('leaves a file unchanged if the reader does not support it, unless the request requires disarming', async () => {
    const plain = await transcode(service, { inputs: [{ url: mp4 }, { url: avi }], outputFormat: 'mp4' });
    expect(plain.inputs.map(({ container }: { container: string }) => container)).toEqual(['rewritten', 'original']);
    expect(plain.status).toBe('completed');
    const strict = await transcode(service, {
      inputs: [{ url: mp4 }, { url: avi }],
      outputFormat: 'mp4',
      disarm: true,
    });
    expect(strict).toMatchObject({
      status: 'failed',
      error_code: 'cannot_disarm',
      error_message: expect.stringMatching(/^Input 2 cannot be disarmed: it has a format \(avi\)/),
      error_advice: expect.stringMatching(/^Convert the file to MP4, .*MP3, .*FLAC first/),
    });
  });

  it('rejects files that cannot be disarmed at the confirm, for an account that requires disarming', async () => {
    const db = await openServiceDatabase(service);
    try {
      await db.query('UPDATE accounts SET disarm = true');
      await expect(upload(service, join(folder, 'clip.avi'), 'video/x-msvideo', 'b.avi')).rejects.toThrow(
        /cannot be disarmed/,
      );
      const { fileUrl } = await upload(service, join(folder, 'clip.mp4'));
      const job = await transcode(service, { inputs: [{ url: fileUrl }], outputFormat: 'mp3' });
      expect(job).toMatchObject({ status: 'completed', inputs: [{ container: 'rewritten' }] });
      const rejected = await transcode(service, { inputs: [{ url: avi }], outputFormat: 'mp4' });
      expect(rejected).toMatchObject({ status: 'failed', error_code: 'cannot_disarm' });
    } finally {
      await db.query('UPDATE accounts SET disarm = false');
      await db.end();
    }
  });

  it('leaves no container behind', async () => {
    const { stdout } = await run('find', [join(service.dataDir, 'work'), '-name', '*.container']);
    expect(stdout).toBe('');
    expect(await readdir(join(service.dataDir, 'work'))).toHaveLength(1);
  });
};
