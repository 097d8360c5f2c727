import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import { setFlagsFromString } from 'node:v8';
import { Script } from 'node:vm';
import { runtimeFlags } from './v8-options.ts';

/*
 * The entry of the build: `dist/airlock.js`. It loads the chunks of the program, each with the code that V8 compiled
 * when the program was built (docs/decisions/0056-…). Node loads no module with such code before version 22.1.
 */

/** File of the chunk that runs the command. Set by the build (scripts/build.mjs). */
declare const MAIN_CHUNK: string;

/** A chunk is an expression: a function of these. In the chunk, `$later` replaces `import()`, and `$chunkUrl` replaces `import.meta.url`. */
type ChunkFunction = (
  exports: unknown,
  require: (specifier: string) => unknown,
  module: { exports: unknown },
  lazily: (specifier: string) => Promise<unknown>,
  chunkUrl: string,
  __filename: string,
  __dirname: string,
) => void;

/*
 * Both end with a slash. The names of chunks contain only letters, digits, `-` and `.`, so the loader appends them to make paths and URLs.
 * A process loads more than a hundred chunks, for which the functions of Node would use 2 ms.
 */
const CHUNKS_URL = new URL('./chunks/', import.meta.url).href;
const CHUNKS = fileURLToPath(CHUNKS_URL);
/**
 * V8 accepts compiled code only from a process with the same options, so there is a folder for each set of options. Without
 * one, and when V8 rejects its files, it compiles the source.
 */
const COMPILED = fileURLToPath(new URL(`./compiled/${process.execArgv.join('')}/`, import.meta.url));
const requireInstalled = createRequire(import.meta.url);
const loaded = new Map<string, { exports: unknown }>();

/** Returns the exports of a chunk, a package or a module of Node. */
function requireAny(specifier: string): unknown {
  return specifier.startsWith('.') ? loadChunk(basename(specifier)) : requireInstalled(specifier);
}

/** Like `import()`: runs the chunk later, and rejects with what it throws. */
async function lazily(specifier: string): Promise<unknown> {
  if (!specifier.startsWith('.')) return import(specifier);
  await null;
  return loadChunk(basename(specifier));
}

function loadChunk(name: string): unknown {
  const known = loaded.get(name);
  if (known) return known.exports;
  const module = { exports: {} as unknown };
  loaded.set(name, module);
  const path = CHUNKS + name;
  const cachedData = readCompiled(name);
  // The build writes nothing but ASCII, which `latin1` reads without a check of each byte.
  const script = new Script(readFileSync(path, 'latin1'), {
    filename: path,
    ...(cachedData && { cachedData }),
  });
  const run = script.runInThisContext() as ChunkFunction;
  run(module.exports, requireAny, module, lazily, CHUNKS_URL + name, path, CHUNKS);
  return module.exports;
}

function readCompiled(name: string): Buffer | null {
  try {
    return readFileSync(COMPILED + name);
  } catch {
    return null;
  }
}

for (const flag of runtimeFlags(process.argv[2])) setFlagsFromString(flag);
loadChunk(MAIN_CHUNK);
