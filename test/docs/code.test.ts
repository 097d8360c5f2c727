import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import ts from 'typescript';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openapiDocument } from '../../scripts/docs/openapi.ts';
import { CODE_BEFORE, type CodeBlock, codeBlocks, moduleOf } from './code-blocks.ts';
import { ROOT, readPage } from './pages.ts';

/** Path of the test that runs the blocks of each page. */
const RUN_BY: Readonly<Record<string, string>> = {
  'docs/backend.md': 'test/docs/backend.test.ts',
  'docs/blueprints.md': 'test/docs/sdk.test.ts',
  'docs/receipts.md': 'test/docs/receipts.test.ts',
  'docs/sdk.md': 'test/docs/sdk.test.ts',
  'docs/upload-from-a-web-page.md': 'test/web/uppy-page.ts',
  'docs/webhooks-quickstart.md': 'test/docs/webhooks-quickstart.test.ts',
  'docs/webhooks.md': 'test/docs/webhooks.test.ts',
  'sdk/README.md': 'test/docs/sdk.test.ts',
};

/** Milliseconds allowed for the compiler, which needs 5 s of processor time. */
const COMPILE_MS = 300_000;

/** Blocks of JavaScript whose types TypeScript cannot follow, with the reason. Their syntax is checked, and a test runs them. */
const UNTYPED: Readonly<Record<string, string>> = {
  'docs/backend.md 0': 'the format is the extension of an argument of the program',
  'docs/backend.md 1': 'its functions have options without types',
  'docs/upload-from-a-web-page.md 3': 'it tells the requests of Uppy apart by fields that only some of them have',
  'docs/upload-from-a-web-page.md 4': 'Uppy has no result of an upload without files',
  'docs/upload-from-a-web-page.md 5': 'it is for Uppy 5, and the types of Uppy 6 are installed',
  'docs/webhooks-quickstart.md 0': 'it prints a field that only some events have',
  'docs/webhooks-quickstart.md 1': 'the package that verifies returns a value without a type',
  'docs/webhooks-quickstart.md 2': 'the package that verifies returns a value without a type',
};

/** Paths at which blocks are saved that import files of the repository. */
const SAVED_AS: Readonly<Record<string, string>> = { 'docs/blueprints.md 0': 'src/blueprints/mirror/mirror.ts' };

const OPTIONS: ts.CompilerOptions = {
  ...{ noEmit: true, skipLibCheck: true, allowImportingTsExtensions: true, allowJs: true, checkJs: true },
  ...{ strict: true, exactOptionalPropertyTypes: true },
  target: ts.ScriptTarget.ES2022,
  module: ts.ModuleKind.NodeNext,
  lib: ['lib.es2023.d.ts', 'lib.dom.d.ts', 'lib.dom.iterable.d.ts', 'lib.dom.asynciterable.d.ts'],
  types: ['node'],
  typeRoots: [join(ROOT, 'node_modules/@types')],
  paths: { 'airlock-sdk': [join(ROOT, 'sdk/src/index.ts')] },
};

/**
 * Codes of errors about missing types of parameters, variables, caught values and results. They are ignored in JavaScript, which cannot
 * declare types.
 */
const UNDECLARED = [2810, 7005, 7006, 7016, 7019, 7023, 7024, 7031, 7034, 18046, 18047, 18048, 18049];

/** Declares the environment variables of the programs, as a TypeScript project would. */
const ENVIRONMENT = `declare namespace NodeJS {
  interface ProcessEnv { PORT: string; WEBHOOK_SECRET: string; AIRLOCK_WEBHOOK_SECRET: string }
}`;

const all = codeBlocks();
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'airlock-code-'));
  await symlink(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
  await writeFile(join(folder, 'package.json'), '{"type":"module"}');
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('the TypeScript and JavaScript of the pages', () => {
  it(
    'compiles with strict checks, including the samples of the OpenAPI document',
    async () => {
      await save();
      await writeFile(join(folder, 'samples.ts'), await samplesModule());
      await writeFile(join(folder, 'environment.d.ts'), ENVIRONMENT);
      const typed = all.filter(({ name }) => !(name in UNTYPED)).map(pathOf);
      expect(faultsIn([...typed, 'samples.ts'])).toEqual([]);
    },
    COMPILE_MS,
  );

  it('has valid syntax where TypeScript cannot check its types', () => {
    const untyped = all.filter(({ name }) => name in UNTYPED);
    expect(untyped.map(({ name }) => name)).toEqual(Object.keys(UNTYPED));
    for (const { name, code } of untyped) {
      const { diagnostics } = ts.transpileModule(code, { reportDiagnostics: true, fileName: 'block.mjs' });
      expect([name, diagnostics]).toEqual([name, []]);
    }
  });

  it('is run by a test for each page', () => {
    expect([...new Set(all.map(({ page }) => page))].sort()).toEqual(Object.keys(RUN_BY).sort());
    for (const [page, test] of Object.entries(RUN_BY))
      expect([test, readPage(test).text]).toEqual([test, expect.stringContaining(page)]);
    expect(Object.keys(CODE_BEFORE).filter((name) => !all.some((block) => block.name === name))).toEqual([]);
  });
});

/** Writes each block as a file, because blocks of a page may import each other. */
async function save(): Promise<void> {
  for (const block of all) {
    const path = join(folder, pathOf(block));
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, moduleOf(block));
  }
}

/** Returns the path of a block's file below the folder. A page may state the file name in the first line of a block. */
function pathOf({ name, page, language, code }: CodeBlock): string {
  const own = /^\/\/ (\w+\.js)\n/.exec(code)?.[1];
  if (own) return join(page.replace('.md', ''), own);
  // The extension .mts or .mjs makes every file a module.
  return SAVED_AS[name] ?? `${name.replaceAll(/\W+/g, '-')}.m${language}`;
}

function faultsIn(paths: readonly string[]): string[] {
  // A block that belongs in a folder of the repository can import the neighboring files.
  const rootDirs = [join(folder, 'src'), join(ROOT, 'src')];
  const roots = [...paths, 'environment.d.ts'].map((path) => join(folder, path));
  const program = ts.createProgram(roots, { ...OPTIONS, rootDirs });
  return paths.flatMap((path) => {
    const file = program.getSourceFile(join(folder, path))!;
    const found = [...program.getSyntacticDiagnostics(file), ...program.getSemanticDiagnostics(file)];
    const isJavaScript = path.endsWith('js');
    return found.flatMap(({ start = 0, code, messageText }) => {
      if (isJavaScript && UNDECLARED.includes(code)) return [];
      const { line } = file.getLineAndCharacterOfPosition(start);
      return [`${path}:${line + 1} ${code}: ${ts.flattenDiagnosticMessageText(messageText, ' ')}`];
    });
  });
}

/** Returns a module with a function for each sample, whose parameters are the variables that the sample uses. */
async function samplesModule(): Promise<string> {
  const { paths = {} } = await openapiDocument();
  const functions = Object.entries(paths).flatMap(([path, item]) =>
    Object.values(
      item as Record<string, { operationId?: string; 'x-codeSamples'?: { lang: string; source: string }[] }>,
    ).map(({ operationId, 'x-codeSamples': samples = [] }) => {
      const names = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => `${name}: string`);
      const { source } = samples.find(({ lang }) => lang === 'TypeScript')!;
      return `export async function ${operationId}(${names.join(', ')}) {\n${source}\nreturn response;\n}`;
    }),
  );
  expect(functions.length).toBeGreaterThan(80);
  return `import { Airlock } from 'airlock-sdk';\nconst airlock = new Airlock();\nconst csrf = '';\n${functions.join('\n')}`;
}
