import { setImmediate } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { createBodyTurns } from './body-turns.ts';

it('large bodies are parsed one in a turn of the event loop, those of each account in turn', async () => {
  const turns = createBodyTurns();
  const parsed: string[] = [];
  for (let count = 0; count < 3; count++) turns.run('greedy', () => parsed.push('greedy'));
  turns.run('other', () => parsed.push('other'));
  expect(parsed).toEqual([]);
  for (let count = 1; count <= 4; count++) {
    await setImmediate();
    expect(parsed.length).toBe(count);
  }
  expect(parsed).toEqual(['greedy', 'other', 'greedy', 'greedy']);
});
