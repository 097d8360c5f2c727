import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { runtimeFlags } from '../../src/cli/v8-options.ts';
import { readConfig, toEnvironment } from '../../src/config/config.ts';
import { knownVariables } from '../../src/config/settings.ts';
import { readSources } from '../architecture/sources.ts';
import { ROOT, readPage, tableUnder } from './pages.ts';

const run = promisify(execFile);

describe('reference pages', () => {
  // The check runs in a separate process, because schemas that other tests have registered would appear in the document.
  it('reference pages and the types of the SDK match the code (npx tsx scripts/docs.ts writes them)', async () => {
    const args = [...runtimeFlags('test'), '--single-threaded-gc', '--import', 'tsx', 'scripts/docs.ts', '--check'];
    const check = run(process.execPath, args, { cwd: ROOT });
    await expect(check).resolves.toMatchObject({ stderr: '' });
  });
});

describe('configuration.md', () => {
  const { text } = readPage('docs/configuration.md');
  const settings = tableUnder(text, 'Settings');

  it('lists every AIRLOCK_ variable that the code contains, and no others', () => {
    const launcher = [
      'airlock',
      ...['in-namespace', 'install', 'private-folders'].map((n) => `scripts/launcher/${n}.sh`),
    ];
    const code = [
      ...readSources().map((source) => source.text),
      ...launcher.map((path) => readFileSync(join(ROOT, path), 'utf8')),
    ];
    expect(variables(text)).toEqual(variables(code.join('\n')));
    expect(knownVariables().sort()).toEqual(variables(text));
  });

  it('lists as settings exactly the variables that the configuration reads', () => {
    expect(settings.map(([name]) => name).sort()).toEqual(Object.keys(toEnvironment(readConfig({}))).sort());
  });

  it.each(settings)('states the default of %s: %s', (name, value) => {
    expect(name).toBeTruthy();
    if (value === 'none') expect(toEnvironment(readConfig({}))[name!]).toBe('');
    else expect(readConfig({ [name!]: value })).toEqual(readConfig({}));
  });
});

describe('monitoring.md', () => {
  it('lists every metric', () => {
    const metrics = readSources().filter(({ path }) => /^telemetry\/[a-z-]*metrics\.ts$/.test(path));
    const inCode = [
      ...metrics
        .map(({ text }) => text)
        .join()
        .matchAll(/'(airlock_[a-z_]+)'/g),
    ]
      .map((match) => match[1]!)
      .filter((n) => n !== 'airlock_');
    const inDocs = readPage('docs/operate/monitoring.md').text.matchAll(/`(airlock_[a-z_]+)`/g);
    expect(unique([...inDocs].map((match) => match[1]!))).toEqual(unique(inCode));
  });
});

describe('dependencies.md', () => {
  it('lists the production dependencies of package.json, each with its purpose', () => {
    const rows = tableUnder(readPage('docs/operate/dependencies.md').text, 'Packages in production');
    const { dependencies, optionalDependencies } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
    const names = Object.keys({ ...dependencies, ...optionalDependencies }).sort();
    expect(rows.map(([name]) => name).sort()).toEqual(names);
    expect(rows.filter(([, purpose]) => !purpose)).toEqual([]);
  });
});

describe('architecture.md', () => {
  it('has a row for every folder of src', () => {
    const rows = tableUnder(readPage('docs/architecture.md').text, 'Folders and arrows');
    const folders = readSources().map(({ folder }) => `${folder}/`);
    expect(rows.map(([folder]) => folder!).sort()).toEqual(unique(folders));
  });
});

function variables(text: string): string[] {
  return unique(text.match(/AIRLOCK_[A-Z]+(?:_[A-Z]+)*/g) ?? []);
}

function unique(names: string[]): string[] {
  return [...new Set(names)].sort();
}
