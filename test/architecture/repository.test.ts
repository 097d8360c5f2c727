import { execFileSync } from 'node:child_process';
import { lstatSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ROOT } from './sources.ts';

const MAX_BYTES = 2 ** 20;
/** The host names are split, so that this file does not contain them. */
const REGISTRY_HOSTS = [
  ['registry', 'npmjs', 'org'],
  ['registry', 'yarnpkg', 'com'],
  ['npm', 'pkg', 'github', 'com'],
  ['deb', 'debian', 'org'],
  ['files', 'pythonhosted', 'org'],
  ['proxy', 'golang', 'org'],
].map((parts) => parts.join('.'));

describe('the repository', () => {
  const files = trackedFiles();

  it('names no host of a package registry, so that everyone installs from their own registry', () => {
    const found = files.flatMap((path) => {
      const text = readFileSync(join(ROOT, path), 'utf8');
      return REGISTRY_HOSTS.filter((host) => text.includes(host)).map((host) => `${path}: ${host}`);
    });
    expect(files.length).toBeGreaterThan(100);
    expect(found).toEqual([]);
  });

  it('pins every package by version and hash, and names no URL of a package', () => {
    const { packages } = JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8'));
    const entries = Object.entries(packages as Record<string, { resolved?: string; integrity?: string }>).slice(1);
    expect(entries.length).toBeGreaterThan(50);
    expect(entries.filter(([, entry]) => entry.resolved !== undefined).map(([path]) => path)).toEqual([]);
    expect(entries.filter(([, entry]) => !entry.integrity).map(([path]) => path)).toEqual([]);
  });

  it('requires exact versions of packages', () => {
    const { dependencies, devDependencies, optionalDependencies } = JSON.parse(
      readFileSync(join(ROOT, 'package.json'), 'utf8'),
    );
    const versions = Object.entries<string>({ ...dependencies, ...devDependencies, ...optionalDependencies });
    expect(versions.filter(([, version]) => !/^(npm:[\w@/-]+@)?\d+\.\d+\.\d+(-[\w.]+)?$/.test(version))).toEqual([]);
  });

  it('overrides no alias of a package, because npm 9 of Debian 13 then cannot read package-lock.json', () => {
    const { devDependencies, overrides } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
    const aliases = Object.keys(devDependencies).filter((name) => devDependencies[name].startsWith('npm:'));
    expect(Object.keys(overrides).filter((name) => aliases.includes(name))).toEqual([]);
  });

  it('contains no file over 1 MiB and no link', () => {
    const odd = files.filter((path) => {
      const facts = lstatSync(join(ROOT, path));
      return !facts.isFile() || facts.size > MAX_BYTES;
    });
    expect(odd).toEqual([]);
  });

  it('has the license that package.json names', () => {
    expect(JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')).license).toBe('Apache-2.0');
    expect(readFileSync(join(ROOT, 'LICENSE'), 'utf8')).toMatch(/Apache License\s+Version 2\.0, January 2004/);
  });
});

/** Accepts any owner of the checkout, because in a container root reads the files of an ordinary user. */
function trackedFiles(): string[] {
  const args = ['-c', 'safe.directory=*', 'ls-files', '-z'];
  const listed = execFileSync('git', args, { cwd: ROOT, encoding: 'utf8' }).split('\0').filter(Boolean);
  // Git still lists a file that is deleted but not committed.
  return listed.filter((path) => lstatSync(join(ROOT, path), { throwIfNoEntry: false }) !== undefined);
}
