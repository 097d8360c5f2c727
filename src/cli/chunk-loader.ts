import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Script } from 'node:vm';

/**
 * A chunk is an expression that evaluates to a function with these parameters. In the chunk, `$later` replaces `import()`, and `$chunkUrl`
 * replaces `import.meta.url`.
 */
type ChunkFunction = (
  exports: unknown,
  require: (specifier: string) => unknown,
  module: { exports: unknown },
  lazily: (specifier: string) => Promise<unknown>,
  chunkUrl: string,
  __filename: string,
  __dirname: string,
) => void;

/**
 * Reads the source of a chunk. esbuild writes characters beyond ASCII as escapes in strings, and as UTF-8 in regular expressions and tagged
 * templates. The build reads each chunk with this function too, and fails if the text differs (scripts/check-texts.mjs).
 */
export function readChunk(path: string): string {
  return readFileSync(path, 'utf8');
}

/**
 * Returns a function that loads a chunk once and returns the exports of the chunk.
 * @param folder the folder of the chunks, with a slash at its end
 * @param compile returns the script of a chunk. The scripts of the service contain the code that the build has compiled
 */
export function createChunkLoader(
  folder: URL,
  compile: (name: string, path: string) => Script,
): (name: string) => unknown {
  // The names of chunks contain only letters, digits, `-` and `.`, so the loader joins the names to paths and URLs itself. A process loads
  // more than a hundred chunks, for which the functions of Node would take 2 ms.
  const url = folder.href;
  const path = fileURLToPath(folder);
  const requireInstalled = createRequire(folder);
  const loaded = new Map<string, { exports: unknown }>();
  const load = (name: string): unknown => {
    const known = loaded.get(name);
    if (known) return known.exports;
    const module = { exports: {} as unknown };
    loaded.set(name, module);
    const run = compile(name, path + name).runInThisContext() as ChunkFunction;
    run(module.exports, requireAny, module, lazily, url + name, path + name, path);
    return module.exports;
  };
  /** Returns the exports of a chunk, a package or a module of Node. */
  const requireAny = (specifier: string): unknown =>
    specifier.startsWith('.') ? load(basename(specifier)) : requireInstalled(specifier);
  /** Like `import()`: runs the chunk later, and rejects with any error that it throws. */
  const lazily = async (specifier: string): Promise<unknown> => {
    if (!specifier.startsWith('.')) return import(specifier);
    await null;
    return load(basename(specifier));
  };
  return load;
}
