import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export const ROOT = join(import.meta.dirname, '..', '..');

export interface Page {
  /** Path below the repository, e.g. `docs/api.md`. */
  path: string;
  text: string;
}

/** Returns every Markdown page at the root and below `docs/`. */
export function readPages(): Page[] {
  const root = readdirSync(ROOT).filter((name) => name.endsWith('.md'));
  const docs = readdirSync(join(ROOT, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`);
  return [...root, ...docs].map(readPage);
}

export function readPage(path: string): Page {
  return { path, text: readFileSync(join(ROOT, path), 'utf8') };
}

export interface FencedBlock {
  language: string;
  code: string;
}

/** Returns the fenced blocks that have a language, without their fences and without the indentation of a list. */
export function fencedBlocks(text: string): FencedBlock[] {
  return [...text.matchAll(/^( *)```(\w+)\n([\s\S]*?)^\1```$/gm)].map(([, indent, language, block]) => ({
    language: language!,
    code: block!.replaceAll(new RegExp(`^${indent}`, 'gm'), ''),
  }));
}

/** Returns the code of the fenced blocks in one of the languages. */
export function blocks(text: string, languages: readonly string[]): string[] {
  return fencedBlocks(text).flatMap(({ language, code }) => (languages.includes(language) ? [code] : []));
}

/** Returns the rows of the table under a heading, as cells without backticks. */
export function tableUnder(text: string, heading: string): string[][] {
  const section = text.split(/^## /m).find((part) => part.startsWith(`${heading}\n`)) ?? '';
  return section
    .split('\n')
    .filter((line) => line.startsWith('|'))
    .slice(2)
    .map((line) =>
      line
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim().replace(/^`([^`]*)`$/, '$1')),
    );
}
