import { describe, expect, it } from 'vitest';
import { createLogger } from '../telemetry/index.ts';
import { runSlot } from './slot.ts';
import { createWakeups } from './wakeups.ts';

const logger = createLogger({ level: 'silent', role: 'test' });

/** Runs a slot whose takes are these, one after the other; the last one ends it. Gives the milliseconds between them. */
async function run(takes: ((wakeups: ReturnType<typeof createWakeups>) => Promise<boolean>)[]): Promise<number[]> {
  const wakeups = createWakeups();
  const stop = new AbortController();
  const times: number[] = [];
  await runSlot({
    lanes: ['light'],
    wakeups,
    signal: stop.signal,
    logger,
    take: async () => {
      times.push(performance.now());
      const take = takes[times.length - 1]!;
      if (times.length === takes.length) stop.abort();
      return take(wakeups);
    },
  });
  return times.slice(1).map((time, index) => time - times[index]!);
}

const busy = async () => true;
const idle = async () => false;

describe('a slot', () => {
  it('takes again at once after work', async () => {
    const [first] = await run([busy, busy]);
    expect(first).toBeLessThan(500);
  });

  it('sleeps on an empty queue until its lane is woken, and not for another lane', async () => {
    const woken = async (wakeups: ReturnType<typeof createWakeups>) => {
      setTimeout(() => wakeups.wake('heavy'), 10);
      setTimeout(() => wakeups.wake('light'), 100);
      return false;
    };
    const [first] = await run([woken, busy]);
    expect(first).toBeGreaterThan(90);
    expect(first).toBeLessThan(900);
  });

  it('does not sleep when it was woken while it looked', async () => {
    const late = async (wakeups: ReturnType<typeof createWakeups>) => {
      wakeups.wake('light');
      return false;
    };
    const [first] = await run([late, busy]);
    expect(first).toBeLessThan(500);
  });

  it('looks again after a second, for a wake can be lost', async () => {
    const [first] = await run([idle, busy]);
    expect(first).toBeGreaterThan(900);
    expect(first).toBeLessThan(3000);
  });

  it('goes on after its surroundings failed', async () => {
    const fail = () => Promise.reject(new Error('the database is away'));
    const [first] = await run([fail, busy]);
    expect(first).toBeGreaterThan(400);
  });

  it('ends when it is told to while it sleeps', async () => {
    const wakeups = createWakeups();
    const stop = new AbortController();
    const ended = runSlot({ lanes: ['light'], wakeups, signal: stop.signal, logger, take: idle });
    setTimeout(() => stop.abort(), 20);
    const began = performance.now();
    await ended;
    expect(performance.now() - began).toBeLessThan(900);
  });
});
