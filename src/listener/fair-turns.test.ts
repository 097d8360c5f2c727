import { setImmediate } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { createFairTurns } from './fair-turns.ts';

it('an address that starts a thousand requests does not delay another address by more than a turn', async () => {
  const turns = createFairTurns();
  const order: string[] = [];
  for (let count = 0; count < 1000; count++) turns.run('greedy', () => order.push('greedy'));
  expect(order).toHaveLength(1);
  turns.run('other', () => order.push('other'));
  expect(order.at(-1)).toBe('other');
  await setImmediate();
  for (let count = 0; count < 5; count++) turns.run('other', () => order.push('other'));
  while (order.filter((who) => who === 'other').length < 6) await setImmediate();
  expect(order.length).toBeLessThan(30);
  while (order.length < 1006) await setImmediate();
});

it('a turn ends after some milliseconds, and the next one continues with other addresses', async () => {
  const turns = createFairTurns();
  const order: string[] = [];
  const work = (address: string) => () => {
    const end = performance.now() + 15;
    while (performance.now() < end);
    order.push(address);
  };
  const run = (address: string) => {
    turns.run(address, () => {});
    turns.run(address, work(address));
  };
  for (const address of ['a', 'b', 'c']) run(address);
  await setImmediate();
  expect(order).toEqual(['a']);
  while (order.length < 3) await setImmediate();
  expect(order).toEqual(['a', 'b', 'c']);
});
