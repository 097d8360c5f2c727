import { describe, expect, it } from 'vitest';
import { openMemoryBudget } from './memory-reservation.ts';

const heavy = { isHeavy: true, signal: new AbortController().signal };
const light = { ...heavy, isHeavy: false };

/** Whether the promise has resolved once all others that could have done so. */
async function isDone(promise: Promise<unknown>): Promise<boolean> {
  const pending = Symbol();
  const turn = new Promise((resolve) => setImmediate(resolve, pending));
  return (await Promise.race([promise, turn])) !== pending;
}

describe('the memory of a worker', () => {
  it('is reserved for heavy jobs while their estimates fit together, then in the order of their requests', async () => {
    const room = openMemoryBudget(100);
    const first = await room.take(60, heavy);
    const second = await room.take(40, heavy);
    const large = room.take(70, heavy);
    const small = room.take(10, heavy);
    second();
    // The small one would fit, but the large one asked before it.
    expect([await isDone(large), await isDone(small)]).toEqual([false, false]);
    first();
    expect([await isDone(large), await isDone(small)]).toEqual([true, true]);
  });

  it('never keeps a heavy job waiting that runs alone, nor a light one', async () => {
    const room = openMemoryBudget(100);
    const lights = [await room.take(80, light), await room.take(80, light)];
    const alone = await room.take(500, heavy);
    const next = room.take(10, heavy);
    expect(await isDone(next)).toBe(false);
    expect(await isDone(room.take(80, light))).toBe(true);
    for (const leave of lights) leave();
    expect(await isDone(next)).toBe(false);
    alone();
    alone();
    expect(await isDone(next)).toBe(true);
  });

  it('is reserved for the next jobs of the queue when a waiting job is stopped', async () => {
    const room = openMemoryBudget(100);
    await room.take(60, heavy);
    const stopping = new AbortController();
    const large = room.take(70, { isHeavy: true, signal: stopping.signal });
    const small = room.take(30, heavy);
    stopping.abort('draining');
    await expect(large).rejects.toBe('draining');
    expect(await isDone(small)).toBe(true);
    await expect(room.take(1, { isHeavy: true, signal: stopping.signal })).rejects.toBe('draining');
  });
});
