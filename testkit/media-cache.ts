import { execFile } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { copyFile, mkdir, rename, rm } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const FOLDER = join(import.meta.dirname, '..', 'node_modules', '.cache', 'airlock-media');

let version: Promise<string> | null = null;

/**
 * Puts at `path` what `ffmpeg ...args FILE` writes. A file that was made before by the same arguments and the same
 * FFmpeg is copied, in this run or another. `args` name no files: their content is not part of the recipe.
 */
export async function makeMedia(path: string, args: readonly string[]): Promise<void> {
  version ??= run('ffmpeg', ['-version']).then(({ stdout }) => stdout);
  const extension = extname(path);
  const recipe = JSON.stringify([await version, args, extension]);
  const made = join(FOLDER, `${createHash('sha256').update(recipe).digest('hex')}${extension}`);
  if (await isCopied(made, path)) return;
  await mkdir(FOLDER, { recursive: true });
  // Whole or not at all: others may look for it at this moment, and this process may be ended.
  const staged = join(FOLDER, `${randomBytes(8).toString('hex')}${extension}`);
  try {
    await run('ffmpeg', ['-nostdin', '-v', 'error', '-y', ...args, staged], { timeout: 60_000 });
    await copyFile(staged, path);
    await rename(staged, made);
  } finally {
    await rm(staged, { force: true });
  }
}

/** Copied, never linked: tests change their files. */
async function isCopied(from: string, to: string): Promise<boolean> {
  try {
    await copyFile(from, to);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw error;
  }
}
