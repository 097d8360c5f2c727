import { expect, it } from 'vitest';
import { until } from '../../testkit/until.ts';
import { createBodyTurns } from './body-turns.ts';

const WORK_MS = 10;

it('large bodies are parsed one after another with pauses between them, and the accounts take turns', async () => {
  const turns = createBodyTurns();
  const parsed: { owner: string; from: number; to: number }[] = [];
  const parse = (owner: string) => () => {
    const from = performance.now();
    while (performance.now() - from < WORK_MS);
    parsed.push({ owner, from, to: performance.now() });
  };
  for (let count = 0; count < 3; count++) turns.run('greedy', parse('greedy'));
  turns.run('other', parse('other'));
  expect(parsed).toEqual([]);
  await until(() => parsed.length === 4, { what: 'the bodies' });
  expect(parsed.map(({ owner }) => owner)).toEqual(['greedy', 'other', 'greedy', 'greedy']);
  // Timers are rounded to whole milliseconds.
  for (let index = 1; index < 4; index++) {
    expect(parsed[index]!.from - parsed[index - 1]!.to).toBeGreaterThan(3 * WORK_MS - 2);
  }
});
