import { execFile } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { access, copyFile, mkdir, rename, rm } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const FOLDER = join(import.meta.dirname, '..', 'node_modules', '.cache', 'airlock-media');

let version: Promise<string> | null = null;

/** A file as `ffmpeg ...args FILE` writes it. `args` name no files: their content is not part of the recipe. */
export interface Recipe {
  path: string;
  args: readonly string[];
}

/**
 * Puts at `path` what `ffmpeg ...args FILE` writes. A file that was made before by the same arguments and the same
 * FFmpeg is copied, in this run or another.
 */
export async function makeMedia(path: string, args: readonly string[]): Promise<void> {
  await makeAllMedia([{ path, args }]);
}

/**
 * Makes files with one process, for most of the time of a small file is the start of FFmpeg. Each recipe has all of its
 * inputs before the options of its output, and an output without `-map` takes every input.
 */
export async function makeAllMedia(recipes: readonly Recipe[]): Promise<void> {
  version ??= run('ffmpeg', ['-version']).then(({ stdout }) => stdout);
  const used = await version;
  const files = recipes.map(({ path, args }) => {
    const extension = extname(path);
    const hash = createHash('sha256')
      .update(JSON.stringify([used, args, extension]))
      .digest('hex');
    // Whole or not at all: others may look for it at this moment, and this process may be ended.
    const staged = join(FOLDER, `${randomBytes(8).toString('hex')}${extension}`);
    return { path, args, made: join(FOLDER, `${hash}${extension}`), staged };
  });
  const isKept = await Promise.all(files.map(({ made }) => exists(made)));
  const missing = files.filter((_, index) => !isKept[index]);
  try {
    if (missing.length > 0) {
      await mkdir(FOLDER, { recursive: true });
      await run('ffmpeg', ['-nostdin', '-v', 'error', '-y', ...joined(missing)], { timeout: 60_000 });
      for (const { staged, made } of missing) await rename(staged, made);
    }
  } finally {
    for (const { staged } of missing) await rm(staged, { force: true });
  }
  // Copied, never linked: tests change their files.
  await Promise.all(files.map(({ made, path }) => copyFile(made, path)));
}

/** The arguments that make all of them: every input, then every output with the inputs that are its own. */
function joined(files: readonly { args: readonly string[]; staged: string }[]): string[] {
  if (files.length === 1) return [...files[0]!.args, files[0]!.staged];
  const inputs: string[] = [];
  const outputs: string[] = [];
  let before = 0;
  for (const { args, staged } of files) {
    const count = args.filter((arg) => arg === '-i').length;
    const end = args.lastIndexOf('-i') + 2;
    const options = args.slice(end).map((arg, index, all) => {
      if (all[index - 1] !== '-map') return arg;
      return arg.replace(/^\d+/, (number) => String(before + Number(number)));
    });
    const everything = Array.from({ length: count }, (_, index) => ['-map', String(before + index)]).flat();
    inputs.push(...args.slice(0, end));
    outputs.push(...(options.includes('-map') ? [] : everything), ...options, staged);
    before += count;
  }
  return [...inputs, ...outputs];
}

function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
