// Turns the modules into which esbuild has split the program into chunks that src/cli/loader.ts loads. Chunks are CommonJS, and each is an
// expression that is a function. Compiles them with V8 for each set of options that a process of the service has.
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { build, version } from 'esbuild';

const own = fileURLToPath(import.meta.url);
/** Parameters of a chunk. No variable in a chunk may have these names. */
const OWN_NAMES = ['$later', '$chunkUrl'];
const WRAPPER = ['(function (exports, require, module, $later, $chunkUrl, __filename, __dirname) {', '})'];

/**
 * A comment in each module. It changes the module's hash, which names the chunk, when this script makes the chunk differently: compiled
 * code belongs to a name.
 */
export const moduleFooter = `// ${createHash('sha256').update(readFileSync(own)).update(version).digest('hex')}`;

/**
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
 * Compiles the chunks in a process for each set of options, into the folder that the loader searches.
 * @param script the bundle of scripts/compile-chunks.mjs
 * @param sets `role` = the chunk of the role that starts with these options, or null for all other commands; `flags` = the V8 flags that
 * the loader sets
 * @returns their paths below `compiled`
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
