import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { expect, it } from 'vitest';
import { ROOT } from './sources.ts';

/** Files that create servers themselves, with the reason for each. */
const EXCEPTIONS: Readonly<Record<string, string>> = {
  'testkit/servers.ts': 'every other file gets its servers from here',
  'test/fuzz/loop-probe.mjs': 'a service preloads it, and resolves no TypeScript',
  // The servers of testkit/servers.ts handle socket errors. They would hide that the product does not.
  'src/listener/connection-guard.test.ts': 'the guard under test receives a server as the product creates it',
  'src/listener/request-gate.test.ts': 'the gate under test receives a server as the product creates it',
  'src/attempt/outputs/read-directory.test.ts': 'it needs the file of a socket, to which nothing connects',
};
const MODULES = new Set(['http', 'https', 'http2', 'net', 'tls'].flatMap((name) => [name, `node:${name}`]));

it('tests and benchmarks create servers only through testkit/servers.ts, which expects aborted requests', () => {
  const paths = ['src', 'test', 'testkit', 'bench'].flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
      .filter((path) => /\.(ts|mjs)$/.test(path) && !path.includes('node_modules'))
      .filter((path) => folder !== 'src' || path.endsWith('.test.ts'))
      .map((path) => `${folder}/${path}`),
  );
  expect(paths.length).toBeGreaterThan(500);
  const creators = paths.filter((path) => createsServers(readFileSync(join(ROOT, path), 'utf8')));
  expect(creators.sort()).toEqual(Object.keys(EXCEPTIONS).sort());
});

it.each([
  "import { createServer } from 'node:http';",
  "import { connect, createServer as createTcpServer } from 'node:net';",
  "import net from 'node:net'; net.createServer();",
  "import { Server } from 'node:http'; new Server();",
])('the check for servers detects: %s', (text) => {
  expect(createsServers(text)).toBe(true);
});

it.each(["import { type Server, connect } from 'node:net';", "import { createServer } from 'vite';"])(
  'the check for servers ignores: %s',
  (text) => {
    expect(createsServers(text)).toBe(false);
  },
);

/**
 * Returns whether a file imports a function or class that creates servers from a module of Node.js, or imports such a module completely and
 * calls its `createServer`.
 */
function createsServers(text: string): boolean {
  // Parsing all files would take seconds, so files without these words are skipped.
  if (!/createServer|\bServer\b/.test(text)) return false;
  const { statements } = ts.createSourceFile('file.ts', text, ts.ScriptTarget.Latest);
  return statements.filter(ts.isImportDeclaration).some(({ importClause, moduleSpecifier }) => {
    if (!importClause || importClause.phaseModifier || !MODULES.has((moduleSpecifier as ts.StringLiteral).text))
      return false;
    const bindings = importClause.namedBindings;
    if (!bindings || !ts.isNamedImports(bindings)) return /\.createServer\(/.test(text);
    return bindings.elements.some(({ isTypeOnly, name, propertyName }) => {
      return !isTypeOnly && /^(create(Secure)?Server|Server)$/.test((propertyName ?? name).text);
    });
  });
}
