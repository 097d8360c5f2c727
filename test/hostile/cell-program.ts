import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { buildSync } from 'esbuild';
import { afterAll } from 'vitest';
import { builtThreads } from '../helpers/built-threads.ts';

const ROOT = join(import.meta.dirname, '..', '..');
/** Below `node_modules`, so that every account that can read the sources can run it, and linters skip it. */
const FOLDER = join(ROOT, 'node_modules', '.cache', 'airlock-cells', String(process.pid));

/**
 * Bundles `cell-child.ts` as scripts/build.mjs does, for one test file, so that a program that many processes run is
 * compiled once. Returns the path of the program.
 */
export function buildCellProgram(): string {
  const chunks = join(FOLDER, 'chunks');
  mkdirSync(chunks, { recursive: true });
  afterAll(() => rmSync(FOLDER, { recursive: true, force: true }));
  const outfile = join(chunks, 'cell-child.mjs');
  buildSync({
    entryPoints: [join(import.meta.dirname, 'cell-child.ts')],
    outfile,
    bundle: true,
    format: 'esm',
    platform: 'node',
    define: { THREAD_FILES: JSON.stringify(builtThreads(chunks)) },
    logLevel: 'warning',
  });
  return outfile;
}
