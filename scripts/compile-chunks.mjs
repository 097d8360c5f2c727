// Writes the code that V8 compiles from chunks: node OPTIONS compile-chunks.mjs FLAGS CHUNKS FOLDER ROLE NAME…
// FLAGS are the V8 flags that the loader sets, separated by spaces, or "". V8 compares FLAGS and OPTIONS when it loads compiled code.
// ROLE is the chunk of a role, or "" to compile every function of every chunk. With a role, the chunk is loaded and not started. The
// functions that V8 has compiled by then are most of the functions that the role needs, and use a fifth of the memory of all functions.
// The build bundles this file with the loader.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { setFlagsFromString } from 'node:v8';
import { Script } from 'node:vm';
import { createChunkLoader, readChunk } from '../src/cli/chunk-loader.ts';

const [flags, chunks, folder, role, ...names] = process.argv.slice(2);
const scripts = new Map();

function compile(name, path) {
  const script = scripts.get(name) ?? new Script(readChunk(path), { filename: path });
  scripts.set(name, script);
  return script;
}

for (const flag of flags.split(' ').filter(Boolean)) setFlagsFromString(flag);
if (role) createChunkLoader(pathToFileURL(`${chunks}/`), compile)(role);
else setFlagsFromString('--no-lazy');
for (const name of names) compile(name, join(chunks, name));
// Sets the default again, because V8 compares this flag when it loads compiled code.
setFlagsFromString('--lazy');
for (const [name, script] of scripts) writeFileSync(join(folder, name), script.createCachedData());
