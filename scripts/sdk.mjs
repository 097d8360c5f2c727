// Builds the SDK for npm: sdk/src/ into sdk/dist/, JavaScript and types, with the license next to them. Does not check the types, because
// `npm run check` checks them. In a fresh clone without packages, installs the compiler of package-lock.json for this build alone.
import { execFileSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const sdk = join(root, 'sdk');
const COMPILER = ['typescript', '@types/node', 'undici-types'];

rmSync(join(sdk, 'dist'), { recursive: true, force: true });
const own = join(root, 'node_modules');
if (COMPILER.every((name) => existsSync(join(own, name)))) build(own);
else withCompiler(build);
copyFileSync(join(root, 'LICENSE'), join(sdk, 'LICENSE'));

/**
 * Compiles the SDK.
 * @param {string} modules a folder with the compiler and the types of Node
 */
function build(modules) {
  const tsc = join(modules, 'typescript', 'bin', 'tsc');
  const project = ['-p', join(sdk, 'tsconfig.json'), '--noCheck', '--typeRoots', join(modules, '@types')];
  // The output goes to standard error, because other programs read the --json of npm pack from standard output.
  execFileSync(process.execPath, [tsc, ...project], { stdio: ['ignore', 2, 2] });
}

/**
 * Installs the compiler in a temporary folder, in the version of package-lock.json, and calls `work` with its folder.
 * @param {(modules: string) => void} work
 */
function withCompiler(work) {
  const { packages } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'));
  const folder = mkdtempSync(join(tmpdir(), 'airlock-sdk-build-'));
  try {
    const entries = COMPILER.map((name) => [`node_modules/${name}`, packages[`node_modules/${name}`]]);
    const dependencies = Object.fromEntries(COMPILER.map((name) => [name, packages[`node_modules/${name}`].version]));
    const manifest = { name: 'airlock-sdk-build', version: '0.0.0', private: true, dependencies };
    const lock = { ...manifest, lockfileVersion: 3, packages: { '': manifest, ...Object.fromEntries(entries) } };
    writeFileSync(join(folder, 'package.json'), JSON.stringify(manifest));
    writeFileSync(join(folder, 'package-lock.json'), JSON.stringify(lock));
    // Excludes the settings of the npm that runs this script, such as its --json and --pack-destination.
    const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('npm_')));
    const args = ['ci', '--ignore-scripts', '--no-audit', '--no-fund'];
    execFileSync('npm', args, { cwd: folder, env, stdio: ['ignore', 2, 2] });
    work(join(folder, 'node_modules'));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
