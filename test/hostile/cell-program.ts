import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import { builtThreads } from '../helpers/built-threads.ts';

const ROOT = join(import.meta.dirname, '..', '..');
/** A folder below `node_modules`: every account that can read the sources can run the program there, and linters skip it. */
const FOLDER = join(ROOT, 'node_modules', '.cache', 'airlock-cells', String(process.pid));

/** Returns the path of the bundle of `cell-child.ts`, which the process that test files share has made. */
export async function cellProgram(): Promise<string> {
  const response = await fetch(`${process.env.TEST_SHARING_URL}/cell-program`);
  if (!response.ok) throw new Error(await response.text());
  return ((await response.json()) as { program: string }).program;
}

/** Bundles `cell-child.ts` as scripts/build.mjs would, so that the program is compiled once although many processes run it. */
export async function buildCellProgram(): Promise<{ program: string; remove(): void }> {
  const chunks = join(FOLDER, 'chunks');
  mkdirSync(chunks, { recursive: true });
  const program = join(chunks, 'cell-child.mjs');
  await build({
    entryPoints: [join(import.meta.dirname, 'cell-child.ts')],
    outfile: program,
    bundle: true,
    format: 'esm',
    platform: 'node',
    define: { THREAD_FILES: JSON.stringify(builtThreads(chunks)) },
    logLevel: 'warning',
  });
  return { program, remove: () => rmSync(FOLDER, { recursive: true, force: true }) };
}
