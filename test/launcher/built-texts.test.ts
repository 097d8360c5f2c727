import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Script } from 'node:vm';
import { beforeAll, describe, expect, it } from 'vitest';
import { createChunkLoader, readChunk } from '../../src/cli/chunk-loader.ts';
import { PROGRAM } from '../../testkit/program.ts';
import { type ProgramText, readProgram, sourcesOf, textsOf } from '../helpers/program-texts.ts';

const DIST = dirname(PROGRAM);
const {
  requireSameTexts,
}: {
  requireSameTexts: (folder: string, files: string[], read: (path: string) => string, chunks: string[]) => void;
} = await import(join(DIST, '..', 'scripts/check-texts.mjs'));

/** Names of the chunks of the newest build. */
const [newest]: string[][] = JSON.parse(readFileSync(join(DIST, 'builds.json'), 'utf8'));
const CHUNKS = newest!.filter((file) => /^chunks\/.*\.js$/.test(file));

describe('the built program, as its loader reads it,', () => {
  let built: ProgramText[];
  let sources: ProgramText[];
  beforeAll(() => {
    ({ built, sources } = readProgram(DIST, CHUNKS));
  });

  it('contains every string, template and regular expression of its sources that has characters beyond ASCII', () => {
    expect(sources.length).toBeGreaterThan(100);
    // esbuild may join texts, but does not divide them.
    const all = built.map(({ text }) => text).join('\0');
    expect(sources.filter(({ text }) => !all.includes(text))).toEqual([]);
  });

  it('contains no text that is UTF-8 misread as Latin-1, neither from the sources nor from a package', () => {
    expect(built.filter(({ text }) => isMisread(text))).toEqual([]);
  });
});

it('captions of the built program end after each mark that ends a sentence, and not after other letters', () => {
  const url = pathToFileURL(`${DIST}/chunks/`);
  const load = createChunkLoader(url, (_, path) => new Script(readChunk(path), { filename: path }));
  const isBuiltFrom = (file: string) => sourcesOf(join(DIST, file)).includes('src/captions/layout.ts');
  const { layoutCaptions } = load(basename(CHUNKS.find(isBuiltFrom)!)) as typeof import('../../src/captions/index.ts');
  const firstCaption = (word: string) => {
    const texts = [
      'We saw the boats in the harbour and went',
      word,
      'The others came later because of the weather that day',
    ];
    const words = texts.join(' ').split(' ');
    const spoken = words.map((text, at) => ({
      text,
      spaced: true,
      start: at * 400,
      end: at * 400 + 390,
      probability: 1,
    }));
    return layoutCaptions(spoken, { maxLine: 42 })[0]!.text.replace('\n', ' ');
  };
  for (const mark of '.。！？…؟۔।') expect(firstCaption(`away${mark}`)).toMatch(new RegExp(`away\\${mark}$`));
  for (const word of ['away', 'voilà', 'awayÃ'])
    expect(firstCaption(word)).toBe(firstCaption('aways').replace('aways', word));
});

describe('the texts of a program', () => {
  it('are its strings, templates and regular expressions, without comments and types', () => {
    const source = `// …\nconst a: 'é' = 'x\\u2026'; const b = \`\${a}“q”\${a}\`; const c = /[。]/u; const d = /[a-z]/;`;
    expect(textsOf('a.ts', source).map(({ text }) => text)).toEqual(['x…', '“q”', '/[。]/u']);
  });

  it.each([
    ['â\u0080\u009call toolsâ\u0080\u009d', true],
    ['1280Ã\u0097720', true],
    ['“all tools”', false],
    ['voilà, 1280×720', false],
  ])('are recognized as misread or correct: %j is %s', (text, misread) => {
    expect(isMisread(text)).toBe(misread);
  });
});

describe('the check of the build', () => {
  const asLatin1 = (path: string) => readFileSync(path, 'latin1');
  const check = (bytes: Buffer, read = readChunk) => {
    const folder = mkdtempSync(join(tmpdir(), 'airlock-texts-'));
    try {
      writeFileSync(join(folder, 'chunk.js'), bytes);
      requireSameTexts(folder, ['chunk.js'], read, ['chunk.js']);
    } finally {
      rmSync(folder, { recursive: true });
    }
  };

  it('accepts each kind of UTF-8 character, and a byte order mark', () => {
    for (const text of ['a\0\x7f', '\u0080ÿ', '“…”', '😀', '\ufeffa', '\ufffd'])
      expect(() => check(Buffer.from(text))).not.toThrow();
  });

  it('rejects a chunk that the loader would read in another encoding', () => {
    expect(() => check(Buffer.from('ASCII'), asLatin1)).not.toThrow();
    for (const text of ['é', '“', '😀'])
      expect(() => check(Buffer.from(text), asLatin1)).toThrow('The loader would misread chunk.js');
  });

  it('rejects a file with bytes that are not UTF-8', () => {
    for (const bytes of [
      [0x80],
      [0xe9, 0x61],
      [0xc0, 0xaf],
      [0xed, 0xa0, 0x80],
      [0xf5, 0x80, 0x80, 0x80],
      [0xe2, 0x80],
    ])
      expect(() => check(Buffer.from(bytes))).toThrow('chunk.js is not UTF-8.');
  });
});

/** Returns whether the text contains characters that are the UTF-8 bytes of other characters. */
function isMisread(text: string): boolean {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  return (text.match(/[\x80-\xff]+/g) ?? []).some((run) => {
    try {
      return decoder.decode(Buffer.from(run, 'latin1')) !== '';
    } catch {
      return false;
    }
  });
}
