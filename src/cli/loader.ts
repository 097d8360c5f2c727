import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { setFlagsFromString } from 'node:v8';
import { Script } from 'node:vm';
import { createChunkLoader, readChunk } from './chunk-loader.ts';
import { runtimeFlags } from './v8-options.ts';

/*
 * The entry of the build: `dist/airlock.js`. It loads the chunks of the program, each with the code that V8 compiled when the program was
 * built (docs/decisions/0067-…). Node.js itself can load modules with compiled code only from version 22.1 on.
 */

/** Name of the file with the chunk that runs the command. Set by the build (scripts/build.mjs). */
declare const MAIN_CHUNK: string;

/**
 * Folder of the compiled code. V8 accepts compiled code only in a process with the same options, so there is a folder for each set of
 * options. If the folder is missing or V8 rejects its files, V8 compiles the source.
 */
const COMPILED = fileURLToPath(new URL(`./compiled/${process.execArgv.join('')}/`, import.meta.url));

function compile(name: string, path: string): Script {
  const cachedData = readCompiled(name);
  return new Script(readChunk(path), { filename: path, ...(cachedData && { cachedData }) });
}

function readCompiled(name: string): Buffer | null {
  try {
    return readFileSync(COMPILED + name);
  } catch {
    return null;
  }
}

for (const flag of runtimeFlags(process.argv[2])) setFlagsFromString(flag);
createChunkLoader(new URL('./chunks/', import.meta.url), compile)(MAIN_CHUNK);
