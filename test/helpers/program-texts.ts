import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import ts from 'typescript';
import { readChunk } from '../../src/cli/chunk-loader.ts';

/** A text of a program that contains characters beyond ASCII. */
export interface ProgramText {
  path: string;
  /** Value of a string or of a part of a template, or a regular expression as written. */
  text: string;
}

const BEYOND_ASCII = /[^\0-\x7f]/;
/** Only files with such characters are parsed, because parsing all files would take seconds. */
const MAY_CONTAIN = /[^\0-\x7f]|\\[ux]/;

/** Returns the texts of JavaScript or TypeScript in the order of the file. Comments and types are omitted. */
export function textsOf(path: string, source: string): ProgramText[] {
  if (!MAY_CONTAIN.test(source)) return [];
  const found: ProgramText[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isTypeNode(node)) return;
    const text = ts.isLiteralExpression(node) || ts.isTemplateLiteralToken(node) ? node.text : '';
    if (BEYOND_ASCII.test(text)) found.push({ path, text });
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile(path, source, ts.ScriptTarget.Latest));
  return found;
}

/** Returns the texts of built files as their loader reads them, and the texts of the files in `src` from which they were built. */
export function readProgram(dist: string, files: readonly string[]): { built: ProgramText[]; sources: ProgramText[] } {
  const built = files.flatMap((file) => textsOf(file, readChunk(join(dist, file))));
  const inputs = new Set(files.flatMap((file) => sourcesOf(join(dist, file))));
  const sources = [...inputs].flatMap((path) => textsOf(path, readFileSync(join(dirname(dist), path), 'utf8')));
  return { built, sources };
}

/** Returns paths below the root, from a source map. The maps are relative to the folder in which the build prepares its files. */
export function sourcesOf(path: string): string[] {
  const { sources } = JSON.parse(readFileSync(`${path}.map`, 'utf8')) as { sources: string[] };
  return sources.map((source) => source.replace(/^(\.\.\/)+/, '')).filter((source) => source.startsWith('src/'));
}
