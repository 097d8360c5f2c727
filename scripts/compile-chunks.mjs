// Writes what V8 compiles chunks into: node OPTIONS scripts/compile-chunks.mjs FLAGS CHUNKS FOLDER ROLE NAME…
// FLAGS are the V8 flags that the loader sets, separated by spaces, or "". V8 compares FLAGS and OPTIONS when it loads compiled code.
// ROLE is the chunk of a role, or "" for every function of every chunk. With a role, it is loaded and not started: what V8
// has compiled then is most of what the role needs, and a fifth of the memory of all.
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { setFlagsFromString } from 'node:v8';
import { Script } from 'node:vm';

const [flags, chunks, folder, role, ...names] = process.argv.slice(2);
const requireInstalled = createRequire(join(chunks, 'chunks.js'));
const scripts = new Map();
const loaded = new Map();

function compile(name) {
  const known = scripts.get(name);
  if (known) return known;
  const script = new Script(readFileSync(join(chunks, name), 'latin1'), { filename: join(chunks, name) });
  scripts.set(name, script);
  return script;
}

function load(name) {
  const known = loaded.get(name);
  if (known) return known.exports;
  const module = { exports: {} };
  loaded.set(name, module);
  const path = join(chunks, name);
  const lazily = async () => Promise.reject(new Error('nothing is loaded lazily here'));
  const require = (specifier) => (specifier.startsWith('.') ? load(basename(specifier)) : requireInstalled(specifier));
  compile(name).runInThisContext()(module.exports, require, module, lazily, pathToFileURL(path).href, path, chunks);
  return module.exports;
}

for (const flag of flags.split(' ').filter(Boolean)) setFlagsFromString(flag);
if (role) load(role);
else setFlagsFromString('--no-lazy');
for (const name of names) compile(name);
// Part of what V8 compares.
setFlagsFromString('--lazy');
for (const [name, script] of scripts) writeFileSync(join(folder, name), script.createCachedData());
