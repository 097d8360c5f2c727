import { describe, expect, it } from 'vitest';
import { readConfig } from '../../src/config/config.ts';
import { readSources } from '../architecture/sources.ts';
import { readPage, readPages, tableUnder } from './pages.ts';

const WORDS = ['no', 'one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine', 'ten'];

/** Returns a text on one line, so that a pattern finds a sentence regardless of line breaks. */
const joined = (text: string) => text.replaceAll(/\s+/g, ' ');
const sentencesOf = (text: string) => joined(text).split(/(?<=[.!?])['"`]? | \| /);

describe('texts about health checks', () => {
  const pages = readPages();
  /** String literals in the sources. The texts of the OpenAPI document come from these literals. */
  const literals = readSources().flatMap(({ path, text }) =>
    [...text.matchAll(/'(?:[^'\\\n]|\\.)*'|`[^`]*`/g)].map(([literal]) => ({ path, text: literal })),
  );
  const OK = /\bok["'`]?: ?true\b/;

  it('never state that `"ok":true` shows that a worker is alive', () => {
    const claims = [...pages, ...literals].flatMap(({ path, text }) =>
      sentencesOf(text)
        .filter((sentence) => /\bok["'`]?: ?true\b.*worker/i.test(sentence) && !/\bnot\b|n't\b/.test(sentence))
        .map((sentence) => `${path}: ${sentence}`),
    );
    expect(claims).toEqual([]);
  });

  it('state next to each `"ok":true` that the database and the storage respond, and which field contains the number of workers', () => {
    const guides = pages.filter(({ path, text }) => path.startsWith('docs/deploy/') && OK.test(text));
    expect(guides.length).toBeGreaterThanOrEqual(3);
    for (const { path, text } of guides) {
      const after = joined(text).slice(joined(text).search(OK));
      expect([path, after.slice(0, 250)]).toEqual([
        path,
        expect.stringMatching(/the database and the storage respond\. `workers\.alive` is the number of live workers/),
      ]);
    }
  });

  it('state in api.md and in the OpenAPI document that `workers.alive` does not change the result', () => {
    const route = literals.filter(({ path }) => path === 'api/routes/health.ts').map(({ text }) => text);
    expect(route.join()).toContain('`workers.alive` is the number of live workers, and does not change `ok`.');
    expect(readPage('docs/api.md').text).toContain(
      "`workers.alive` is the number of live workers, and doesn't change the status",
    );
  });
});

it('api.md lists as many exceptions to the rule for names of fields as it announces', () => {
  const [, announced, list] = /with (\w+) exceptions\. (.*?) The OpenAPI document,/.exec(
    joined(readPage('docs/api.md').text),
  )!;
  expect(sentencesOf(list!)).toHaveLength(WORDS.indexOf(announced!));
});

it('the README states the default retention as a default', () => {
  const [, ...hours] = /By default, Airlock deletes outputs after (\d+) hours, and uploads (\d+) hours after/.exec(
    joined(readPage('README.md').text),
  )!;
  expect(hours.map(Number)).toEqual(Array(2).fill(readConfig({}).retentionSeconds / 3600));
});

it('the landing page links to at most five tutorials, one in each row', () => {
  const { text } = readPage('docs/README.md');
  const section = text.split(/^## /m).find((part) => part.startsWith('Tutorials\n'))!;
  const links = section.match(/\]\(/g)!;
  expect(links.length).toBeLessThanOrEqual(5);
  expect(tableUnder(text, 'Tutorials')).toHaveLength(links.length);
});
