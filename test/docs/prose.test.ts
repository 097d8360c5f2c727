import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ROOT } from './pages.ts';

interface Sentence {
  line: number;
  text: string;
}
const { sentencesOf, textsOf }: { sentencesOf: Read; textsOf: Read } = await import(
  join(ROOT, 'scripts/prose/sentences.mjs')
);
const { faultsOf }: { faultsOf: (sentence: string) => string[] } = await import(join(ROOT, 'scripts/prose/rules.mjs'));
type Read = (text: string) => Sentence[];

describe('the check of prose', () => {
  it('reads the sentences of paragraphs, lists and tables with their lines, and omits code', () => {
    const page = [
      '# Title; not read',
      '',
      'One [sentence](a.md#b) with `code;`. Another',
      'on two lines.',
      '',
      '- An item:',
      '',
      '```sh',
      'a; b',
      '```',
      '',
      '| Cell | e.g. `one` |',
      '| --- | --- |',
    ];
    expect(sentencesOf(page.join('\n'))).toEqual([
      { line: 3, text: 'One sentence with `code`.' },
      { line: 3, text: 'Another on two lines.' },
      { line: 6, text: 'An item:' },
      { line: 12, text: 'Cell' },
      { line: 12, text: 'e.g. `code`' },
    ]);
  });

  it('reads the texts of string literals, and omits comments, identifiers and inserted values', () => {
    const code = [
      "const a = 'option_refused';",
      '// The whole text of a comment',
      'f(`The file $' + '{name} is too large.`);',
    ];
    expect(textsOf(code.join('\n'))).toEqual([{ line: 3, text: 'The file `code` is too large.' }]);
  });

  it.each([
    ['One fact; another fact.', 'semicolon'],
    ['Its times are those of the machine.', 'repeat the noun'],
    ['The API refuses the request.', 'write "reject"'],
    ['The API answers with 404.', 'write "return"'],
    ['Workers hold the file.', 'write "contain"'],
    ['It reads the whole file.', 'write "complete"'],
    [`Airlock ${'reads and writes '.repeat(12)}files.`, '38 words'],
  ])('reports %s', (sentence, remedy) => {
    expect(faultsOf(sentence).join()).toContain(remedy);
  });

  it.each([
    'If you omit `parts`, Airlock uses every part it has received.',
    `Use one of ${Array.from({ length: 60 }, (_, index) => `format${index}`).join(', ')}.`,
    'The threshold of the household is kept.',
  ])('accepts %s', (sentence) => {
    expect(faultsOf(sentence)).toEqual([]);
  });
});
