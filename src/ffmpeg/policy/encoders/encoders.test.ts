import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { run } from '../../../../testkit/run.ts';
import { ENCODERS, FORMAT_DEFAULTS, findEncoder } from './encoders.ts';

/** Options for encoders that do not accept every picture, or that are slow by default. */
const PICTURES: Readonly<Record<string, readonly string[]>> = {
  dnxhd: ['-s', '256x128', '-profile:v', 'dnxhr_sq', '-pix_fmt', 'yuv422p'],
  libsvtav1: ['-preset', '12'],
  libx265: ['-preset', 'ultrafast'],
};

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'airlock-encoders-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('the encoders', () => {
  test.each(ENCODERS)('$name can be written to each container that it lists', async (encoder) => {
    const source =
      encoder.kind === 'video' ? 'testsrc2=s=128x128:r=10:d=0.3' : 'sine=d=0.3:r=48000,aformat=channel_layouts=stereo';
    const stream = encoder.kind === 'video' ? 'v' : 'a';
    const outputs = encoder.formats.map((format) => ({
      format,
      path: join(folder, `${encoder.name}.${FORMAT_DEFAULTS[format].extension}`),
    }));
    const args = outputs.flatMap(({ format, path }) => [
      ...['-map', `0:${stream}`, `-c:${stream}`, encoder.name, ...(PICTURES[encoder.name] ?? [])],
      ...(['jpg', 'png'].includes(format) ? ['-frames:v', '1', '-update', '1'] : []),
      ...['-f', FORMAT_DEFAULTS[format].muxer, path],
    ]);
    await run('ffmpeg', ['-nostdin', '-v', 'error', '-f', 'lavfi', '-i', source, ...args], { timeout: 30_000 });
    for (const { path } of outputs) expect((await stat(path)).size).toBeGreaterThan(40);
  });

  test('are found by their names and aliases, which are unique', () => {
    const names = ENCODERS.flatMap(({ name, aliases }) => [name, ...aliases]);
    expect(new Set(names).size).toBe(names.length);
    for (const name of names) expect(findEncoder(name.toUpperCase())).not.toBeNull();
  });

  test('list every format whose default encoder they are', () => {
    for (const [format, { video, audio }] of Object.entries(FORMAT_DEFAULTS)) {
      for (const name of [video, audio]) {
        if (name !== null) expect(findEncoder(name)?.formats, `${name} in ${format}`).toContain(format);
      }
    }
  });
});
