import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { checkOptions } from '../../src/media/index.ts';
import { openWorkshop, type Workshop } from './helpers.ts';
import { WILD_ROWS } from './wild/index.ts';
import { type Media, makeMedia } from './wild/media.ts';
import { options, type WildRow } from './wild/row.ts';

let shop: Workshop;
let media: Media;
beforeAll(async () => {
  shop = await openWorkshop();
  media = await makeMedia(shop.dir);
}, 120_000);
afterAll(() => shop.remove());

describe.concurrent('requests as people send them', { timeout: 60_000 }, () => {
  it.each(WILD_ROWS.filter((row) => !row.refused).map((row) => [row.name, row] as const))(
    'give the right picture and sound: %s',
    async (_, row) => {
      const { request, files } = asRequest(row);
      expect(checkOptions(request)).toEqual([]);
      const outcome = await shop.transcode(files, request, media.assets);
      for (const check of row.checks) await check(outcome);
    },
  );

  it.each(WILD_ROWS.filter((row) => row.refused).map((row) => [row.name, row] as const))(
    'are refused with a reason: %s',
    (_, row) => {
      const refusals = checkOptions(asRequest(row).request);
      expect(refusals.map(({ option, reason }) => `${option} ${reason}`).join(' ')).toMatch(row.refused!);
      for (const { suggestion } of refusals) expect(suggestion.length).toBeGreaterThan(10);
    },
  );
});

describe('the corpus', () => {
  it('has 120 rows and more, each with a name and a check of its own', () => {
    expect(WILD_ROWS.length).toBeGreaterThanOrEqual(120);
    expect(new Set(WILD_ROWS.map((row) => row.name)).size).toBe(WILD_ROWS.length);
    for (const row of WILD_ROWS) expect(row.refused || row.checks.length > 0, row.name).toBeTruthy();
  });
});

function asRequest(row: WildRow) {
  const names = row.inputs.map((input) => (typeof input === 'string' ? ([input] as const) : input));
  const files = names.map(([name]) => media.files[name]);
  const inputs = names.map(([name, ...words]) => ({
    url: `https://files.example.com/inputs/${name}`,
    ...(words.length > 0 && { options: options(words.map((word) => (/^-\d/.test(word) ? `=${word}` : word))) }),
  }));
  return { files, request: { inputs, ...row.request } };
}
