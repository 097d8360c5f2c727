import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { importsOf, isOwn, ROOT, readSources } from './sources.ts';

/** Folders that each folder may import besides itself. The diagram in docs/architecture.md shows the same arrows. */
const ARROWS: Record<string, readonly string[]> = {
  contract: [],
  crypto: [],
  pools: [],
  config: ['contract'],
  telemetry: ['config'],
  // `database` imports from `storage` only a type, which the context of functions on rows and bytes contains.
  database: ['storage'],
  storage: ['config'],
  ffmpeg: ['contract'],
  // Blueprints plan the transcodes of a run.
  blueprints: ['contract', 'captions', 'ffmpeg'],
  // Captions are texts with times. The folder depends on neither recognizers nor jobs.
  captions: [],
  // Only `threads/planning` imports other folders, because it runs their code in a thread.
  threads: ['ffmpeg', 'text-render', 'contract'],
  // `text-render` draws the layers of a plan. It imports only their types from `ffmpeg`.
  'text-render': ['ffmpeg'],
  // `sanitizer` imports from `ffmpeg` the limits of inputs, so that these limits are defined only once.
  sanitizer: ['ffmpeg', 'threads', 'contract'],
  // `sandbox` imports from `ffmpeg` how the messages and the progress of FFmpeg are read, for the table of programs.
  sandbox: ['config', 'threads', 'ffmpeg'],
  fetcher: ['config'],
  supervisor: ['config'],
  listener: ['config'],
  events: ['database', 'contract'],
  accounts: ['database', 'events', 'storage', 'contract'],
  // `templates` imports from `storage` the type of the free space on the disk.
  templates: ['accounts', 'database', 'storage', 'contract'],
  // `connections` gives S3 clients a transport that reaches no private address.
  connections: ['accounts', 'fetcher', 'database', 'storage', 'contract'],
  identity: ['accounts', 'database', 'contract'],
  objects: ['database', 'storage'],
  uploads: ['accounts', 'objects', 'events', 'database', 'storage', 'contract'],
  fleet: ['objects', 'accounts', 'database', 'storage', 'contract'],
  jobs: [...['uploads', 'accounts', 'objects', 'events', 'fleet'], ...['database', 'storage', 'contract']],
  attempt: [
    ...['jobs', 'uploads', 'accounts', 'objects', 'events', 'database', 'storage', 'contract'],
    ...['connections', 'ffmpeg', 'captions', 'sanitizer', 'threads', 'sandbox', 'fetcher'],
  ],
  kinds: [
    ...['jobs', 'uploads', 'accounts', 'objects', 'events', 'database', 'storage', 'contract'],
    ...[
      'attempt',
      'blueprints',
      'templates',
      'connections',
      'ffmpeg',
      'captions',
      'sanitizer',
      'threads',
      'sandbox',
      'fetcher',
    ],
  ],
  // Webhooks don't import the kinds of jobs. The composition root passes in how each kind shows its events.
  webhooks: ['accounts', 'events', 'fetcher', 'database', 'contract'],
  // The worker reaches the kinds of jobs only through their registry, which the composition root passes in.
  worker: [
    ...['kinds', 'attempt', 'jobs', 'uploads', 'accounts', 'objects', 'fleet', 'database', 'storage', 'contract'],
    ...['sanitizer', 'threads', 'sandbox', 'fetcher', 'webhooks'],
  ],
  api: [
    ...['kinds', 'jobs', 'uploads', 'accounts', 'identity', 'events', 'webhooks', 'fleet', 'database', 'contract'],
    ...['blueprints', 'templates', 'connections', 'ffmpeg', 'listener', 'mcp'],
  ],
  // MCP tools call the API only through requests.
  mcp: ['contract'],
  gateway: ['storage', 'listener'],
};
const FOR_EVERYONE = ['config', 'crypto', 'pools', 'telemetry'];
/** Folders without side effects. They may import a folder of FOR_EVERYONE only if ARROWS names it. */
const PURE = ['contract', 'crypto', 'pools', 'config', 'telemetry', 'ffmpeg', 'captions', 'blueprints'];

/** The entry of the SDK, which is all that other folders may import from it. */
const SDK = '../sdk/src/index.ts';

const sources = readSources();

function mayImport(from: string, to: string): boolean {
  if (from === to || from === 'cli') return true;
  if (ARROWS[from]?.includes(to)) return true;
  return !PURE.includes(from) && FOR_EVERYONE.includes(to);
}

describe('imports', () => {
  it('are read completely: types, dynamic imports and re-exports', () => {
    const text = `import type { A } from '../a/x.ts';\nexport * from './y.ts';\nawait import('../b/z.ts');\nimport pg from 'pg';`;
    expect(importsOf('here/file.ts', text)).toEqual(['a/x.ts', 'here/y.ts', 'b/z.ts', 'pg']);
  });

  it('follow the arrows between the folders', () => {
    expect(sources.length).toBeGreaterThan(100);
    const wrong = sources.flatMap(({ path, folder, imports }) =>
      imports
        .filter((name) => isOwn(name) && !mayImport(folder, name.split('/')[0]!))
        .map((name) => `${path} → ${name}`),
    );
    expect(wrong).toEqual([]);
  });

  it('imports of a kind of job name no file of another kind', () => {
    const kindOf = (path: string) => /^kinds\/([a-z-]+)\//.exec(path)?.[1] ?? null;
    const wrong = sources.flatMap(({ path, imports }) =>
      imports
        .filter((name) => kindOf(path) && kindOf(name) && kindOf(path) !== kindOf(name))
        .map((name) => `${path} → ${name}`),
    );
    expect(sources.filter(({ path }) => kindOf(path)).length).toBeGreaterThan(20);
    expect(wrong).toEqual([]);
  });

  it('do not leave src, except for the import of the SDK by the commands', () => {
    const wrong = sources.flatMap(({ path, folder, imports }) =>
      imports
        .filter((name) => name.startsWith('..') && !(folder === 'cli' && name === SDK))
        .map((name) => `${path} → ${name}`),
    );
    expect(wrong).toEqual([]);
  });

  it('imports of the SDK do not leave it, and only one of its files imports modules of Node', () => {
    const files = filesOf('sdk/src').flatMap(({ path, imports }) => imports.map((name) => ({ path, name })));
    expect(files.length).toBeGreaterThan(10);
    const outside = files.filter(({ path, name }) => !name.startsWith('../sdk/src/') && path !== 'node-files.ts');
    expect(outside).toEqual([]);
    expect(
      files
        .filter(({ name }) => name.endsWith('/node-files.ts'))
        .map(({ path }) => path)
        .sort(),
    ).toEqual(['blueprints.ts', 'kinds.ts', 'source.ts']);
  });

  it.each(['bench', 'testkit'])('imports of %s name no file of the tests', (folder) => {
    const files = filesOf(folder);
    expect(files.length).toBeGreaterThan(5);
    const imports = files.flatMap(({ path, imports }) => imports.map((name) => `${path} → ${name}`));
    expect(imports.filter((line) => line.includes(' → ../test/'))).toEqual([]);
  });

  it('imports of the dashboard name its own files and pure folders of src, and only types of the schemas in these folders', () => {
    const files = readdirSync(join(ROOT, 'web'), { recursive: true, encoding: 'utf8' }).filter((path) =>
      /\.tsx?$/.test(path),
    );
    expect(files.length).toBeGreaterThan(20);
    const texts = files.map((path) => ({ path, text: readFileSync(join(ROOT, 'web', path), 'utf8') }));
    const wrong = texts.flatMap(({ path, text }) =>
      importsOf(join('..', 'web', path), text)
        .filter((name) => name.endsWith('.ts') && !/^(\.\.\/web|contract|ffmpeg)\//.test(name))
        .map((name) => `${path} → ${name}`),
    );
    expect(wrong).toEqual([]);
    // The import of a schema would add Zod to the bundle.
    const schemas =
      /^import \{[^}]*\} from '[./]+\/src\/contract\/(?!account-settings|formats|limits|metrics|output-names)/m;
    expect(texts.filter(({ text }) => schemas.test(text)).map(({ path }) => path)).toEqual([]);
  });

  it.each(['src', 'web', 'sdk/src', 'testkit', 'bench'])('imports of %s contain no cycle', (folder) => {
    const imports = folder === 'src' ? new Map(sources.map((one) => [one.path, one.imports])) : importsIn(folder);
    expect(imports.size).toBeGreaterThan(5);
    expect([...imports.keys()].filter((path) => reachable(path, imports).has(path))).toEqual([]);
  });

  it('are declared for every folder', () => {
    const folders = new Set(sources.map(({ folder }) => folder));
    expect([...folders].filter((folder) => folder !== 'cli' && !(folder in ARROWS))).toEqual([]);
  });

  it('imports of the functions that seal and open values occur only in the file that names the column of each value', () => {
    const users = sources.filter(({ text }) => /\bvault\.(seal|open)\(/.test(text)).map(({ path }) => path);
    expect(users).toEqual(['database/sealed-columns.ts']);
  });

  it('imports of the function that opens a sealed transcode request occur only in one file of the attempt', () => {
    const users = sources.filter(({ text }) => /\bopenFullRequest\(vault, claim/.test(text)).map(({ path }) => path);
    const importers = sources.filter(({ text }) => /\bopenFullRequest\b/.test(text)).map(({ path }) => path);
    expect(users).toEqual(['kinds/transcode/attempt.ts']);
    expect(importers.sort()).toEqual(['kinds/transcode/attempt.ts', 'kinds/transcode/request.ts']);
  });

  it('imports of modules that start programs occur only in the sandbox and the supervisor', () => {
    expect(importersOf('node:child_process').sort()).toEqual(['sandbox', 'supervisor']);
    expect(importersOf('child_process')).toEqual([]);
    expect(importersOf('node:cluster')).toEqual([]);
  });
});

/** Returns the TypeScript files of a folder next to `src/`. Imports are relative to `src/`, so an imported test is `../test/…`. */
function filesOf(folder: string): { path: string; imports: string[] }[] {
  return readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.ts'))
    .map((path) => {
      const text = readFileSync(join(ROOT, folder, path), 'utf8');
      return { path, imports: importsOf(join('..', folder, path), text) };
    });
}

function importersOf(name: string): string[] {
  return [...new Set(sources.filter(({ imports }) => imports.includes(name)).map(({ folder }) => folder))];
}

/** Returns the imports of each TypeScript file of a folder. Files and imports are paths of the same form. */
function importsIn(folder: string): Map<string, string[]> {
  const paths = readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' }).filter(
    (path) => /\.tsx?$/.test(path) && !path.includes('node_modules'),
  );
  return new Map(
    paths.map((path) => {
      const name = join('..', folder, path);
      return [name, importsOf(name, readFileSync(join(ROOT, folder, path), 'utf8'))];
    }),
  );
}

/** Returns every file that a file imports, directly or through other files. */
function reachable(start: string, imports: ReadonlyMap<string, readonly string[]>): Set<string> {
  const found = new Set<string>();
  const open = [...(imports.get(start) ?? [])];
  for (let path = open.pop(); path !== undefined; path = open.pop()) {
    if (found.has(path)) continue;
    found.add(path);
    open.push(...(imports.get(path) ?? []));
  }
  return found;
}
