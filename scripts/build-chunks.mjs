// Turns the modules into which esbuild has split the program into chunks, which src/cli/loader.ts loads. A chunk is CommonJS, and is an
// expression that evaluates to a function. This script also compiles the chunks with V8, for each set of options with which a process of
// the service runs.
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { build, version } from 'esbuild';

const own = fileURLToPath(import.meta.url);
/** Names of parameters of a chunk, which no variable in a chunk may have. */
const OWN_NAMES = ['$later', '$chunkUrl'];
const WRAPPER = ['(function (exports, require, module, $later, $chunkUrl, __filename, __dirname) {', '})'];

/**
 * A comment at the end of each module. It changes the module's hash, which names the chunk, whenever this script or esbuild changes,
 * because compiled code belongs to a chunk by its name.
 */
export const moduleFooter = `// ${createHash('sha256').update(readFileSync(own)).update(version).digest('hex')}`;

/**
 * Writes the chunks of the program.
 * @param modules the folder of the modules
 * @param chunks the folder to write to
 * @param common options of esbuild
 * @returns the names of the chunks
 */
export async function buildChunks(modules, chunks, common) {
  const names = readdirSync(modules).filter((name) => name.endsWith('.js'));
  for (const name of names) {
    const path = join(modules, name);
    const module = readFileSync(path, 'utf8');
    for (const own of OWN_NAMES) if (module.includes(own)) throw new Error(`${name} has a name of the chunks: ${own}`);
    // The replacement is as long as `import`, so that the source map stays valid. In Node.js 20, a script that V8 has compiled before has
    // no `import()` of its own, so the loader also imports packages.
    writeFileSync(path, module.replaceAll(/(?<![.\w$])import\("/g, '$later("'));
  }
  const [header, footer] = WRAPPER;
  const { plugins: _plugins, external: _external, ...rest } = common;
  await build({
    ...rest,
    entryPoints: names.map((name) => join(modules, name)),
    outdir: chunks,
    bundle: false,
    format: 'cjs',
    define: { 'import.meta.url': '$chunkUrl' },
    banner: { js: header },
    footer: { js: footer },
  });
  return names;
}

/**
 * Compiles the chunks in a process for each set of options, into the folder in which the loader searches.
 * @param script the bundle of scripts/compile-chunks.mjs
 * @param sets `role` is the chunk of the role that starts with these options, or null for all other commands. `flags` are the V8 flags that
 * the loader sets.
 * @returns the paths of the compiled files below `compiled`
 */
export async function compileChunks({ chunks, compiled, names, script }, sets) {
  const compile = async ({ options, role, flags }) => {
    const folder = options.join('');
    mkdirSync(join(compiled, folder), { recursive: true });
    const args = [script, flags.join(' '), chunks, join(compiled, folder), role ?? '', ...names];
    await promisify(execFile)(process.execPath, [...options, ...args]);
    return names.map((name) => join(folder, name));
  };
  return (await Promise.all(sets.map(compile))).flat();
}
