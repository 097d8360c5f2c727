import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import ts from 'typescript';

export const ROOT = join(import.meta.dirname, '..', '..');
const SRC = join(ROOT, 'src');

export interface Source {
  /** Path below `src/`, e.g. `domain/keys.ts`. */
  path: string;
  /** First part of the path, such as `domain`. */
  folder: string;
  text: string;
  /** Everything that the file imports, including types and dynamic imports: packages by name, other files by path below `src/`. */
  imports: string[];
}

/** Returns the TypeScript files of `src/` without their tests. */
export function readSources(): Source[] {
  return readdirSync(SRC, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.ts') && !path.endsWith('.test.ts'))
    .map((path) => {
      const text = readFileSync(join(SRC, path), 'utf8');
      return { path, folder: path.split('/')[0]!, text, imports: importsOf(path, text) };
    });
}

export function importsOf(path: string, text: string): string[] {
  return ts.preProcessFile(text, true, true).importedFiles.map(({ fileName }) => {
    return fileName.startsWith('.') ? relative(SRC, resolve(SRC, dirname(path), fileName)) : fileName;
  });
}

export function isOwn(name: string): boolean {
  return name.endsWith('.ts');
}
