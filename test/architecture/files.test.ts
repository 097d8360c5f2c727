import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ROOT, readSources } from './sources.ts';

const MAX_LINES = 400;

describe('source files', () => {
  const sources = readSources();

  it(`have at most ${MAX_LINES} lines`, () => {
    const long = [...sources, ...webFiles()].map(({ path, text }) => ({ path, lines: text.split('\n').length - 1 }));
    expect(long.filter(({ lines }) => lines > MAX_LINES)).toEqual([]);
  });

  it('start programs with arrays of arguments, never through a shell', () => {
    const scripts = readdirSync(join(ROOT, 'scripts'), { recursive: true, encoding: 'utf8' })
      .filter((path) => /\.(ts|mjs)$/.test(path))
      .map((path) => ({ path: `scripts/${path}`, text: readFileSync(join(ROOT, 'scripts', path), 'utf8') }));
    const throughShell = [...sources, ...scripts].filter(({ text }) => usesShell(text)).map(({ path }) => path);
    expect(throughShell).toEqual([]);
  });

  it("import Zod as a namespace, because an import of `z` would bundle Zod's messages in every language", () => {
    const complete = sources.filter(({ text }) => /^import \{[^}]*\bz\b[^}]*\} from 'zod'/m.test(text));
    expect(complete.map(({ path }) => path)).toEqual([]);
  });

  it.each([
    "import { exec } from 'node:child_process';",
    "import { spawn, execSync as run } from 'node:child_process';",
    "spawn('ls', { shell: true });",
    "spawn('ls', { shell: '/bin/sh' });",
    'child_process.exec(text);',
  ])('are rejected if they contain: %s', (text) => {
    expect(usesShell(text)).toBe(true);
  });

  it('may contain regular expressions', () => {
    expect(usesShell('const match = /a/.exec(text);')).toBe(false);
    expect(usesShell("import { execFile, spawn } from 'node:child_process';")).toBe(false);
  });
});

/** Files with code and styles of the dashboard. */
function webFiles(): { path: string; text: string }[] {
  return readdirSync(join(ROOT, 'web'), { recursive: true, encoding: 'utf8' })
    .filter((path) => /\.(tsx?|css)$/.test(path))
    .map((path) => ({ path: `web/${path}`, text: readFileSync(join(ROOT, 'web', path), 'utf8') }));
}

function usesShell(text: string): boolean {
  const imported = /import\s+(?:type\s+)?\{([^}]*)\}\s+from\s+'(?:node:)?child_process'/g;
  const names = [...text.matchAll(imported)].flatMap((match) => match[1]!.split(',').map((name) => name.trim()));
  const shellNames = names.filter((name) => /^exec(Sync)?\b/.test(name));
  // Default and namespace imports are rejected, because they would hide which function is called.
  const complete = /import\s+(?:\*\s+as\s+)?\w+\s+from\s+'(?:node:)?child_process'/.test(text);
  return (
    shellNames.length > 0 ||
    complete ||
    /child_process\.exec(Sync)?\(/.test(text) ||
    /\bshell:\s*(true|['"`])/.test(text)
  );
}
