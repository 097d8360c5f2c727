import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { REQUEST_BUDGET } from '../../src/contract/request-budget.ts';
import { checkOptions, parseRequest, textLength } from '../../src/ffmpeg/index.ts';
import { inBatches } from '../helpers/batches.ts';
import { openWorkshop, type Workshop } from './helpers.ts';
import { measure } from './measurements.ts';
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

const RUN = WILD_ROWS.filter((row) => !row.rejected);
/** Runs rows in as few processes as possible, and then takes all measurements in one process. */
const runRow = inBatches(RUN, 12, async (rows) => {
  const outcomes = await shop.transcodeAll(rows.map(asRequest), media.assets);
  const wanted = rows.map(({ checks }) => checks.flatMap(({ measurement }) => measurement ?? []));
  const measured = await measure(
    wanted.flatMap((list, at) => list.map((measurement) => ({ ...measurement, path: outcomes[at]!.path }))),
  );
  return outcomes.map((outcome, at) => ({ outcome, measured: measured.splice(0, wanted[at]!.length) }));
});

describe.concurrent('requests as people send them', { timeout: 60_000 }, () => {
  it.each(RUN.map((row) => [row.name, row] as const))('produce the expected video and audio: %s', async (_, row) => {
    expect(checkOptions(asRequest(row).request)).toEqual([]);
    const { outcome, measured } = await runRow(row);
    const rest = [...measured];
    for (const check of row.checks) check(outcome, check.measurement ? rest.shift()! : []);
  });

  it.each(WILD_ROWS.filter((row) => row.rejected).map((row) => [row.name, row] as const))(
    'are rejected with a reason: %s',
    (_, row) => {
      const rejections = checkOptions(asRequest(row).request);
      expect(rejections.map(({ option, reason }) => `${option} ${reason}`).join(' ')).toMatch(row.rejected!);
      for (const { suggestion } of rejections) expect(suggestion.length).toBeGreaterThan(10);
    },
  );
});

describe('the corpus of requests', () => {
  it('stays far below the limits of a request', () => {
    for (const row of WILD_ROWS) {
      const { request } = asRequest(row);
      const lists = [
        request.options ?? [],
        ...request.inputs.map((input) => ('options' in input ? input.options : [])),
      ];
      const graphs = parseRequest(request).video.length + (request.filters?.length ?? 0);
      const filters = JSON.stringify(request).split(/[,;]/).length;
      expect([row.name, lists.flat().length]).toEqual([row.name, below(REQUEST_BUDGET.options.most)]);
      expect([row.name, textLength([lists, request.filters])]).toEqual([
        row.name,
        below(REQUEST_BUDGET.characters.most),
      ]);
      expect([row.name, graphs]).toEqual([row.name, below(REQUEST_BUDGET.graphs.most)]);
      expect([row.name, filters]).toEqual([row.name, below(REQUEST_BUDGET.filters.most)]);
    }
  });

  it('has at least 120 rows, each with a unique name and a check', () => {
    expect(WILD_ROWS.length).toBeGreaterThanOrEqual(120);
    expect(new Set(WILD_ROWS.map((row) => row.name)).size).toBe(WILD_ROWS.length);
    for (const row of WILD_ROWS) expect(row.rejected || row.checks.length > 0, row.name).toBeTruthy();
  });
});

/** Matches a number below a fifth of the limit. */
function below(most: number) {
  return expect.toSatisfy((count: number) => count < most / 5);
}

function asRequest(row: WildRow) {
  const names = row.inputs.map((input) => (typeof input === 'string' ? ([input] as const) : input));
  const files = names.map(([name]) => media.files[name]);
  const inputs = names.map(([name, ...words]) => ({
    url: `https://files.example.com/inputs/${name}`,
    ...(words.length > 0 && { options: options(words.map((word) => (/^-\d/.test(word) ? `=${word}` : word))) }),
  }));
  return { files, request: { inputs, ...row.request } };
}
