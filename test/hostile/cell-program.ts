import { mkdirSync, rmSync } from 'node:fs';
import { join, relative } from 'node:path';
import { buildSync } from 'esbuild';
import { afterAll } from 'vitest';

const ROOT = join(import.meta.dirname, '..', '..');
/** Below `node_modules`, so that every account that may read the sources may run it, and no check looks at it. */
const FOLDER = join(ROOT, 'node_modules', '.cache', 'airlock-cells', String(process.pid));
const THREAD = 'watchdog-thread';

/**
 * Bundles `cell-child.ts` and the watchdog's thread as scripts/build.mjs does, for a file of tests: what many processes
 * and threads start from is compiled once. Threads of this process start from it, too. Answers the path of the program.
 */
export function buildCellProgram(): string {
  const chunks = join(FOLDER, 'chunks');
  mkdirSync(chunks, { recursive: true });
  afterAll(() => rmSync(FOLDER, { recursive: true, force: true }));
  buildSync({
    entryPoints: {
      'cell-child': join(import.meta.dirname, 'cell-child.ts'),
      [THREAD]: join(ROOT, 'src', 'sandbox', 'watchdog', `${THREAD}.ts`),
    },
    outdir: chunks,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    format: 'esm',
    platform: 'node',
    define: { THREAD_FILES: JSON.stringify({ [THREAD]: `${THREAD}.mjs` }) },
    logLevel: 'warning',
  });
  const beside = relative(join(ROOT, 'src', 'threads', 'chunks'), join(chunks, `${THREAD}.mjs`));
  Object.assign(globalThis, { THREAD_FILES: { [THREAD]: beside } });
  return join(chunks, 'cell-child.mjs');
}
