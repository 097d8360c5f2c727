import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeMedia } from '../../../testkit/media-cache.ts';
import type { Sandbox } from '../../sandbox/types.ts';
import { openSanitizer, type Sanitizer } from '../../sanitizer/index.ts';
import { describeOutput } from './describe-output.ts';

const PICTURES = ['-f', 'lavfi', '-i', 'testsrc2=s=96x64:r=10:d=1'];

describe('describeOutput', () => {
  let folder: string;
  let sanitizer: Sanitizer;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'airlock-output-'));
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

  async function describeFile(name: string, args: readonly string[]) {
    const path = join(folder, name);
    await makeMedia(path, args);
    const { size } = await stat(path);
    return {
      size,
      described: describeOutput({ sanitizer, sandbox }, { path, slot: 0, size }, AbortSignal.timeout(20_000)),
    };
  }

  it('describes an MP4 without a cell', async () => {
    const { size, described } = await describeFile('out.mp4', [...PICTURES, '-c:v', 'mpeg4']);
    expect(await described).toMatchObject({
      sizeBytes: size,
      durationSeconds: 1,
      video: [{ codec: 'mpeg4', displayWidth: 96, displayHeight: 64 }],
    });
  });

  it('runs ffprobe in a cell if the readers cannot fully describe a file', async () => {
    const { described } = await describeFile('out.avi', PICTURES);
    await expect(described).rejects.toThrow('a cell of ffprobe');
  });
});
