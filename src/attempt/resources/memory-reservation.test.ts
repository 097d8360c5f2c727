import { describe, expect, it } from 'vitest';
import { openMemoryBudget } from './memory-reservation.ts';

const heavy = { isHeavy: true, signal: new AbortController().signal };
const light = { ...heavy, isHeavy: false };

/** Whether the promise has resolved after all microtasks have run. */
async function isDone(promise: Promise<unknown>): Promise<boolean> {
  const pending = Symbol();
  const turn = new Promise((resolve) => setImmediate(resolve, pending));
  return (await Promise.race([promise, turn])) !== pending;
}

describe('the memory budget of a worker', () => {
  it('admits heavy jobs while their estimates fit together, and in the order of their requests', async () => {
    const budget = openMemoryBudget(100);
    const first = await budget.reserve(60, heavy);
    const second = await budget.reserve(40, heavy);
    const large = budget.reserve(70, heavy);
    const small = budget.reserve(10, heavy);
    second();
    // The small job would fit, but the large job requested memory before it.
    expect([await isDone(large), await isDone(small)]).toEqual([false, false]);
    first();
    expect([await isDone(large), await isDone(small)]).toEqual([true, true]);
  });

  it('never delays a light job, or a heavy job while no other heavy job runs', async () => {
    const budget = openMemoryBudget(100);
    const lights = [await budget.reserve(80, light), await budget.reserve(80, light)];
    const alone = await budget.reserve(500, heavy);
    const next = budget.reserve(10, heavy);
    expect(await isDone(next)).toBe(false);
    expect(await isDone(budget.reserve(80, light))).toBe(true);
    for (const leave of lights) leave();
    expect(await isDone(next)).toBe(false);
    alone();
    alone();
    expect(await isDone(next)).toBe(true);
  });

  it('admits the next jobs of the queue when a waiting job is stopped', async () => {
    const budget = openMemoryBudget(100);
    await budget.reserve(60, heavy);
    const stopping = new AbortController();
    const large = budget.reserve(70, { isHeavy: true, signal: stopping.signal });
    const small = budget.reserve(30, heavy);
    stopping.abort('draining');
    await expect(large).rejects.toBe('draining');
    expect(await isDone(small)).toBe(true);
    await expect(budget.reserve(1, { isHeavy: true, signal: stopping.signal })).rejects.toBe('draining');
  });
});
