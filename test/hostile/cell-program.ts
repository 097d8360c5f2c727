import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import { builtThreads } from '../helpers/built-threads.ts';

const ROOT = join(import.meta.dirname, '..', '..');
/** Below `node_modules`, so that every account that can read the sources can run it, and linters skip it. */
const FOLDER = join(ROOT, 'node_modules', '.cache', 'airlock-cells', String(process.pid));

/** Path of the bundle of `cell-child.ts`, from the process that test files share. */
export async function cellProgram(): Promise<string> {
  const response = await fetch(`${process.env.TEST_SHARING_URL}/cell-program`);
  if (!response.ok) throw new Error(await response.text());
  return ((await response.json()) as { program: string }).program;
}

/** Bundles `cell-child.ts` as scripts/build.mjs does, so that a program that many processes run is compiled once. */
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
