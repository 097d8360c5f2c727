import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';

const ROOT = join(import.meta.dirname, '..', '..');

/** Modules without which a test cannot start a program or thread, or open a connection. */
const IMPURE = new Set([
  ...['node:child_process', 'node:cluster', 'node:worker_threads'],
  ...['node:net', 'node:tls', 'node:http', 'node:https', 'node:http2', 'node:dgram', 'node:dns', 'node:dns/promises'],
  ...['pg', 'fastify', 'playwright-core'],
]);
/** A module that checks whether the process is root, for files of other accounts. */
const ACCOUNT = join(ROOT, 'src', 'supervisor', 'account.ts');

/** Matches imports and re-exports that remain after the types are removed, and dynamic imports of a constant. */
const IMPORT = /^(?:import|export) (?!type\b)(?:[^'"`;]*? from )?'([^']+)'|\bimport\('([^']+)'\)/gm;

/** Returns the modules that a TypeScript file loads: packages by name, other files as written. */
export function loadedBy(text: string): string[] {
  return [...text.matchAll(IMPORT)].map(([, fixed, dynamic]) => fixed ?? dynamic!);
}

const known = new Map<string, readonly string[]>();

function importsOf(path: string): readonly string[] {
  const found =
    known.get(path) ??
    loadedBy(readFileSync(path, 'utf8')).map((name) => (name.startsWith('.') ? resolve(dirname(path), name) : name));
  known.set(path, found);
  return found;
}

/**
 * Returns whether a test needs neither a build, PostgreSQL, FFmpeg nor root: nothing that it loads, directly or through other files, starts
 * programs or threads, opens connections or checks accounts.
 */
export function isPure(path: string): boolean {
  const seen = new Set([path]);
  for (const file of seen) {
    for (const name of importsOf(file)) {
      if (IMPURE.has(name) || name === ACCOUNT) return false;
      if (/\.(ts|tsx|mjs)$/.test(name) && existsSync(name)) seen.add(name);
    }
  }
  return true;
}

/** Returns the paths of all pure tests, below the root of the project. */
export function pureTests(): string[] {
  return ['src', 'test']
    .flatMap((folder) =>
      readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' }).map((path) => `${folder}/${path}`),
    )
    .filter((path) => path.endsWith('.test.ts') && isPure(join(ROOT, path)));
}
