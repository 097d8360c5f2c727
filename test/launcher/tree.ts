import { spawn, spawnSync } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { projectRoot } from '../../src/config/root.ts';

/** A program that prints what the launcher passed to it, and whether the service account can reach it. */
const MAIN = `
import { spawnSync } from 'node:child_process';
const [, file] = process.argv;
const drop = ['--reuid', 'airlock', '--regid', 'airlock', '--clear-groups', '--', 'test', '-r', file];
const reachable = process.getuid() === 0 ? spawnSync('setpriv', drop).status === 0 : null;
console.log(JSON.stringify({
  file, reachable, args: process.argv.slice(2), cwd: process.cwd(), mark: 'first',
  dataDir: process.env.AIRLOCK_DATA_DIR ?? null, shown: process.env.AIRLOCK_SHOWN_DATA_DIR ?? null,
}));
`;

/** Sources that the build itself imports. */
const BUILT_FROM = [
  ...['cli/loader.ts', 'cli/chunk-loader.ts', 'cli/v8-options.ts', 'cli/roles/migrate.ts'],
  ...['config/database-roles.ts', 'database/migrate.ts', 'database/roles.ts', 'supervisor'],
];

/** Replaces Vitest, which the launcher starts for `./airlock test`. */
const VITEST = `console.log(JSON.stringify({ args: process.argv.slice(2), cwd: process.cwd(), file: process.argv[1] }));`;

/** Replaces the build of the dashboard, because Vite takes half of the time of a build of these sources. */
const DASHBOARD = `
import { mkdirSync, writeFileSync } from 'node:fs';
export async function buildDashboard(outDir) {
  mkdirSync(\`\${outDir}/assets\`, { recursive: true });
  for (const name of ['index.html', 'player.html', 'assets/main.js']) writeFileSync(\`\${outDir}/\${name}\`, '');
  return ['main.js'];
}
`;

export interface Run {
  status: number | null;
  stderr: string;
  /** Standard output of the program, parsed as JSON. */
  output: Record<string, unknown>;
}

export const isRoot = process.getuid!() === 0;

/** Creates a temporary folder that other users can enter. */
export function makeFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'airlock-launcher-'));
  chmodSync(folder, 0o755);
  return folder;
}

/** Returns the sources of the threads that the build starts from separate files. */
function readThreads(build: string): string[] {
  const threads = readFileSync(build, 'utf8').match(/src\/[\w/-]+-thread\.ts/g) ?? [];
  if (threads.length === 0) throw new Error('the build names no thread');
  return threads;
}

export function removeFolder(folder: string): void {
  rmSync(folder, { recursive: true, force: true });
}

/**
 * Copies the launcher, scripts and lockfile to `folder`, together with a small program and with links to the packages of this repository.
 */
export function copyTree(folder: string): string {
  const root = projectRoot();
  for (const name of ['src/cli', 'sdk/src']) mkdirSync(join(folder, name), { recursive: true });
  for (const name of ['airlock', 'scripts', 'package.json', 'package-lock.json', 'tsconfig.json']) {
    cpSync(join(root, name), join(folder, name), { recursive: true });
  }
  for (const name of BUILT_FROM) cpSync(join(root, 'src', name), join(folder, 'src', name), { recursive: true });
  writeFileSync(join(folder, 'src/cli/main.ts'), MAIN);
  // The documentation of the copy has only one page.
  mkdirSync(join(folder, 'docs'));
  cpSync(join(root, 'docs/site'), join(folder, 'docs/site'), { recursive: true });
  writeFileSync(join(folder, 'docs/README.md'), '# Airlock\n\nOne page.\n');
  writeFileSync(join(folder, 'docs/pages.md'), '# All pages\n');
  for (const name of ['README', 'CONTRIBUTING', 'SECURITY', 'CHANGELOG'])
    writeFileSync(join(folder, `${name}.md`), '# Page\n');
  writeFileSync(join(folder, 'scripts/build-dashboard.mjs'), DASHBOARD);
  mkdirSync(join(folder, 'web'));
  // The build also makes the threads, so each needs a source file.
  for (const thread of readThreads(join(root, 'scripts/build.mjs'))) {
    mkdirSync(join(folder, dirname(thread)), { recursive: true });
    writeFileSync(join(folder, thread), 'export {};');
  }
  const modules = join(folder, 'node_modules');
  mkdirSync(join(modules, 'vitest'), { recursive: true });
  for (const name of readdirSync(join(root, 'node_modules'))) {
    const path = join(root, 'node_modules', name);
    // The launcher writes to its copy of the lockfile. Through a link, it would write to the lockfile of this repository.
    if (statSync(path).isFile()) cpSync(path, join(modules, name));
    else if (!['vitest', '.vite', '.vitest'].includes(name)) symlinkSync(path, join(modules, name));
  }
  writeFileSync(join(modules, 'vitest/vitest.mjs'), VITEST);
  mkdirSync(join(folder, 'bench'));
  writeFileSync(join(folder, 'bench/main.ts'), VITEST);
  return folder;
}

export interface RunOptions {
  cwd?: string;
  env?: NodeJS.ProcessEnv;
  /** Runs the launcher as the account `nobody`. This needs root. */
  asNobody?: boolean;
}

function invocation(launcher: string, args: string[], options: RunOptions) {
  const drop = ['--reuid', '65534', '--regid', '65534', '--clear-groups', '--', launcher, ...args];
  const [command, rest] = options.asNobody ? ['setpriv', drop] : [launcher, args];
  const { AIRLOCK_DATA_DIR: _data, AIRLOCK_SHOWN_DATA_DIR: _shown, AIRLOCK_URL: _url, ...inherited } = process.env;
  return { command, rest, spawnOptions: { cwd: options.cwd ?? '/', env: { ...inherited, ...options.env } } };
}

/** Runs `launcher`, and ends it after 30 s. */
export function run(launcher: string, args: string[], options: RunOptions = {}): Run {
  const { command, rest, spawnOptions } = invocation(launcher, args, options);
  const { status, stdout, stderr } = spawnSync(command, rest, { ...spawnOptions, encoding: 'utf8', timeout: 30_000 });
  return { status, stderr, output: parse(stdout) };
}

/** Runs `launcher` like `run`, but without blocking, so that several can run at the same time. */
export async function runAsync(launcher: string, args: string[], options: RunOptions = {}): Promise<Run> {
  const { command, rest, spawnOptions } = invocation(launcher, args, options);
  const child = spawn(command, rest, { ...spawnOptions, stdio: ['ignore', 'pipe', 'pipe'], timeout: 30_000 });
  const text = { stdout: '', stderr: '' };
  for (const stream of ['stdout', 'stderr'] as const) child[stream].on('data', (chunk) => (text[stream] += chunk));
  const status = await new Promise<number | null>((resolve) => child.once('close', resolve));
  return { status, stderr: text.stderr, output: parse(text.stdout) };
}

function parse(stdout: string): Record<string, unknown> {
  return stdout.trim() ? (JSON.parse(stdout) as Record<string, unknown>) : {};
}

/**
 * Creates a folder for PATH with all programs of this machine, except those in `without`. The scripts are shell scripts that replace
 * programs.
 */
export function makePath(folder: string, without: string[], scripts: Record<string, string> = {}): string {
  const bin = join(folder, 'bin');
  mkdirSync(bin, { recursive: true });
  const left = new Set([...without, ...Object.keys(scripts)]);
  const sources = [dirname(process.execPath), '/usr/bin'];
  for (const source of sources) {
    for (const name of readdirSync(source)) {
      if (left.has(name)) continue;
      left.add(name);
      symlinkSync(join(source, name), join(bin, name));
    }
  }
  for (const [name, text] of Object.entries(scripts)) {
    writeFileSync(join(bin, name), `#!/bin/bash\n${text}\n`, { mode: 0o755 });
  }
  return bin;
}
