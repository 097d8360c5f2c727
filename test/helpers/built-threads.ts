import { readFileSync } from 'node:fs';
import { join, relative } from 'node:path';

const ROOT = join(import.meta.dirname, '..', '..');
const THREAD = /^([a-z]+-thread)-\w+\.js$/;

/** Returns for each thread the path of its file in the newest build. The path starts in `folder`. */
export function builtThreads(folder: string): Record<string, string> {
  const [newest]: string[][] = JSON.parse(readFileSync(join(ROOT, 'dist', 'builds.json'), 'utf8'));
  const files = (newest ?? []).map((file) => ({ file, name: THREAD.exec(file.slice('chunks/'.length))?.[1] }));
  return Object.fromEntries(
    files.flatMap(({ file, name }) => (name ? [[name, relative(folder, join(ROOT, 'dist', file))]] : [])),
  );
}

// Threads of the tests start from the build, like threads of the service, because compiling TypeScript takes half a second for each.
Object.assign(globalThis, { THREAD_FILES: builtThreads(join(ROOT, 'src', 'threads', 'chunks')) });
