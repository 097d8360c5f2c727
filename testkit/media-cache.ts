import { createHash, randomBytes } from 'node:crypto';
import { access, copyFile, mkdir, rename, rm } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { joinArgs } from './join-args.ts';
import { run } from './run.ts';

const FOLDER = join(import.meta.dirname, '..', 'node_modules', '.cache', 'airlock-media');

let version: Promise<string> | null = null;

/** A file to write with `ffmpeg ...args FILE`. `args` must not name files, because the cache key does not include their content. */
export interface Recipe {
  path: string;
  args: readonly string[];
}

/**
 * Writes the output of `ffmpeg ...args FILE` to `path`. Copies it from a cache, kept across runs, if the same FFmpeg
 * has created it with the same arguments before.
 */
export async function makeMedia(path: string, args: readonly string[]): Promise<void> {
  await makeAllMedia([{ path, args }]);
}

/**
 * Creates files with one process, because starting FFmpeg takes most of the time of a small file. Each recipe has all
 * its inputs before the options of its output, and an output without `-map` uses every input.
 */
export async function makeAllMedia(recipes: readonly Recipe[]): Promise<void> {
  version ??= run('ffmpeg', ['-version']).then(({ stdout }) => stdout);
  const used = await version;
  const files = recipes.map(({ path, args }) => {
    const extension = extname(path);
    const hash = createHash('sha256')
      .update(JSON.stringify([used, args, extension]))
      .digest('hex');
    // The file is written under another name and then renamed, because other processes may look for it, and this process may be killed.
    const staged = join(FOLDER, `${randomBytes(8).toString('hex')}${extension}`);
    return { path, args, made: join(FOLDER, `${hash}${extension}`), staged };
  });
  const isKept = await Promise.all(files.map(({ made }) => exists(made)));
  const missing = files.filter((_, index) => !isKept[index]);
  try {
    if (missing.length > 0) {
      await mkdir(FOLDER, { recursive: true });
      await run(
        'ffmpeg',
        ['-nostdin', '-v', 'error', '-y', ...joinArgs(missing.map(({ args, staged }) => [...args, staged]))],
        { timeout: 60_000 },
      );
      for (const { staged, made } of missing) await rename(staged, made);
    }
  } finally {
    for (const { staged } of missing) await rm(staged, { force: true });
  }
  // The files are copied and not linked, because tests change them.
  await Promise.all(files.map(({ made, path }) => copyFile(made, path)));
}

function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
