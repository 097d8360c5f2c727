import { chmod, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { openRootImage } from '../../src/sandbox/image/root-image.ts';

/**
 * Puts `ffmpeg` and `ffprobe` at the front of PATH that use the libraries of a cell's image. Tests start them thousands of
 * times, and with stubs of unused libraries each start takes less than half the time.
 */
export async function quickFfmpeg(): Promise<{ close(): Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), 'airlock-ffmpeg-'));
  await chmod(folder, 0o755);
  const programs = { ffmpeg: '/usr/bin/ffmpeg', ffprobe: '/usr/bin/ffprobe' };
  const { path } = await openRootImage(join(folder, 'images'), programs);
  const libraries = join(path, 'usr/lib');
  const folders = (await readdir(libraries)).map((name) => join(libraries, name)).join(':');
  const bin = join(folder, 'bin');
  await mkdir(bin);
  for (const [name, program] of Object.entries(programs)) {
    const script = `#!/bin/sh\nLD_LIBRARY_PATH=${folders} exec ${program} "$@"\n`;
    await writeFile(join(bin, name), script, { mode: 0o755 });
  }
  process.env.PATH = `${bin}${delimiter}${process.env.PATH}`;
  return { close: () => rm(folder, { recursive: true, force: true }) };
}
