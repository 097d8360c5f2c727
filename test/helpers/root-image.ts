import { chmod, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { ffmpegUpdate } from '../../src/sandbox/ffmpeg/update.ts';
import { openRootImage } from '../../src/sandbox/image/root-image.ts';
import { openSandbox, type Sandbox, type SandboxOptions } from '../../src/sandbox/index.ts';
import { PROGRAMS } from '../../src/sandbox/programs/table.ts';
import { linkRootImage } from '../../testkit/data-directory.ts';

/**
 * Builds the root image of cells once for a run, and puts `ffmpeg` and `ffprobe` that load its libraries at the front of PATH. Tests start
 * these programs thousands of times. With stubs of unused libraries, each start takes less than half of the time.
 */
export async function shareRootImage(): Promise<{ close(): Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), 'airlock-ffmpeg-'));
  await chmod(folder, 0o755);
  const programs = { ffmpeg: '/usr/bin/ffmpeg', ffprobe: '/usr/bin/ffprobe' };
  const images = join(folder, 'images');
  const { path } = await openRootImage(images, PROGRAMS, programs);
  // Keeps the output of apt next to the images, because each call of apt takes 0.7 seconds of processor time.
  await ffmpegUpdate(null, folder);
  const libraries = join(path, 'usr/lib');
  const folders = (await readdir(libraries)).map((name) => join(libraries, name)).join(':');
  const bin = join(folder, 'bin');
  await mkdir(bin);
  for (const [name, program] of Object.entries(programs)) {
    const script = `#!/bin/sh\nLD_LIBRARY_PATH=${folders} exec ${program} "$@"\n`;
    await writeFile(join(bin, name), script, { mode: 0o755 });
  }
  // Test files inherit the environment.
  process.env.PATH = `${bin}${delimiter}${process.env.PATH}`;
  process.env.TEST_ROOT_IMAGES = images;
  return { close: () => rm(folder, { recursive: true, force: true }) };
}

/** Opens a sandbox in a new data directory, with links to the shared image instead of a separate build. */
export async function openTestSandbox(options: SandboxOptions): Promise<Sandbox> {
  await linkRootImage(options.dataDir);
  return openSandbox(options);
}
