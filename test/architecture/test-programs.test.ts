import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { ROOT } from './sources.ts';

/** Files that start a process from TypeScript, with what the process runs. */
const FROM_SOURCES: Readonly<Record<string, string>> = {
  'bench/cases/reconcile.ts': 'one function, whose memory is measured',
  'src/gateway/disk.test.ts': 'one function on a disk of 4 MB that only this process sees',
  'src/sandbox/cell/account.test.ts': 'one function that is killed',
  'src/sandbox/host/close-inherited.test.ts': 'one function that closes files of its process',
  'src/supervisor/data-dir.test.ts': 'one function on a disk of 32 MB that only this process sees',
  'src/supervisor/postgres.test.ts': 'one function that is killed',
  'src/supervisor/ready-file.test.ts': 'one function that is killed',
  'src/threads/thread-entry.ts': 'threads of programs that developers run from the sources; tests replace it',
  'test/chaos/full-disk.test.ts': 'code of the test, which starts the build on a small disk',
  'test/deploy/image/main.ts': 'code of the tool, which runs images of the build',
  'test/deploy/image/run.ts': 'code of the tool, which runs images of the build',
  'test/docs/reference.test.ts': 'the script that generates pages',
  'test/docs/scripts.test.ts': 'the options of scripts that developers run from the sources',
  'test/e2e/prepared-database.test.ts': 'one function that is killed at one point',
  'test/hostile/fetcher-namespace.test.ts': 'the fetcher alone in a network where every address is this machine',
  'test/hostile/long-build.mjs': 'one function that is killed',
  'testkit/attacks/routes/run-attacks.ts': 'code of the attacker',
};

const files = ['bench', 'src', 'test', 'testkit'].flatMap((folder) =>
  readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((path) => /\.(ts|mjs)$/.test(path) && !path.includes('node_modules'))
    .map((path) => ({ path: `${folder}/${path}`, text: readFileSync(join(ROOT, folder, path), 'utf8') })),
);

it('processes of tests and benchmarks run the build, except those that run single functions or test code', () => {
  const found = files.filter(({ text }) => /(--import|')[ ,=']*tsx\b|tsx\/esm/.test(text)).map(({ path }) => path);
  expect(found.sort()).toEqual(Object.keys(FROM_SOURCES).sort());
});

it('no file reads the variable CI, so that tests and programs behave alike on every machine', () => {
  const readers = files.filter(({ text }) =>
    /\benv(?:\.CI\b|\[['"]CI['"]\])|\{[^{}]*\bCI\b[^{}]*\} = process\.env\b/.test(text),
  );
  expect(readers.map(({ path }) => path)).toEqual([]);
});

it('tests start the build only with the options with which it was compiled', () => {
  const users = files.filter(({ text }) => text.includes("/program.ts'"));
  const bare = users.filter(({ text }) => /execPath,\s*\[?[^;\n]*\bPROGRAM\b/.test(text)).map(({ path }) => path);
  expect(bare).toEqual([]);
  const named = files.filter(
    ({ path, text }) => /^test|^bench/.test(path) && /['"/]dist['",/ ]+airlock\.js/.test(text),
  );
  expect(named.map(({ path }) => path).sort()).toEqual([
    'test/chaos/upgrade.ts',
    'test/launcher/compiled-code.test.ts',
    'test/launcher/private-folders.test.ts',
    'test/launcher/start.test.ts',
    'testkit/program.ts',
  ]);
});
