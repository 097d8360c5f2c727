import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeMedia } from '../../../testkit/media-cache.ts';
import { run } from '../../../testkit/run.ts';
import type { Sandbox } from '../../sandbox/types.ts';
import { openSanitizer, type Sanitizer } from '../../sanitizer/index.ts';
import { stageMeter } from '../../telemetry/index.ts';
import { openMedia } from './open-media.ts';

const PICTURES = ['-f', 'lavfi', '-i', 'testsrc2=s=96x64:r=10:d=1'];
const H264 = ['-c:v', 'libx264', '-preset', 'ultrafast', '-pix_fmt', 'yuv420p'];

describe('openMedia', () => {
  let folder: string;
  let sanitizer: Sanitizer;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'airlock-input-'));
    sanitizer = openSanitizer({ threads: 1 });
  });
  afterAll(async () => {
    await sanitizer?.close();
    await rm(folder, { recursive: true, force: true });
  });

  /** A sandbox that only reports the name of the requested program. */
  const sandbox = {
    run: async ({ program }: { program: string }) => Promise.reject(new Error(`a cell of ${program}`)),
  } as unknown as Sandbox;

  async function open(file: string, args: readonly string[], options: { probeOnly?: boolean; disarm?: boolean } = {}) {
    const path = join(folder, file);
    await makeMedia(path, args);
    const location = { folder, name: file, slot: 0, subject: 'Input 1', disarm: false };
    return openMedia({ sanitizer, sandbox, measure: stageMeter(null) }, path, { ...location, ...options });
  }

  it('describes an MP4 and remuxes it without a cell', async () => {
    const { info, file, container } = await open('a.mp4', [...PICTURES, ...H264]);
    expect(info).toMatchObject({
      durationSeconds: 1,
      video: [{ codec: 'h264', width: 96, height: 64, frameRate: 10, pixelFormat: 'yuv420p' }],
    });
    expect([container, existsSync(file)]).toEqual(['rewritten', true]);
  });

  it('keeps the rotation of a video', async () => {
    const plain = join(folder, 'plain.mp4');
    await makeMedia(plain, [...PICTURES, ...H264]);
    const path = join(folder, 'rotated.mp4');
    await run('ffmpeg', ['-v', 'error', '-display_rotation', '90', '-i', plain, '-c', 'copy', path]);
    const options = { folder, name: 'rotated', slot: 0, subject: 'Input 1', disarm: false };
    const { info } = await openMedia({ sanitizer, sandbox, measure: stageMeter(null) }, path, options);
    expect(info.video[0]).toMatchObject({ rotation: 270, displayWidth: 64, displayHeight: 96 });
  });

  it('writes no container for an inspection, and still determines whether the file can be remuxed', async () => {
    const { file, container } = await open('b.mp4', [...PICTURES, ...H264], { probeOnly: true });
    expect([container, existsSync(file)]).toEqual(['rewritten', false]);
  });

  it('remuxes during the inspection if the account accepts only remuxed files', async () => {
    const { file } = await open('c.mp4', [...PICTURES, ...H264], { probeOnly: true, disarm: true });
    expect(existsSync(file)).toBe(true);
  });

  it('applies the limits of inputs without a cell', async () => {
    const long = ['-f', 'lavfi', '-i', 'testsrc2=s=32x32:r=1/30000:d=90000'];
    await expect(open('d.mp4', [...long, ...H264])).rejects.toMatchObject({ code: 'too_long' });
  });

  it('runs ffprobe in a cell if the readers cannot fully describe a file', async () => {
    await expect(open('e.mp4', [...PICTURES, '-c:v', 'mpeg4'])).rejects.toThrow('a cell of ffprobe');
    await expect(open('f.avi', [...PICTURES, ...H264])).rejects.toThrow('a cell of ffprobe');
  });
});
