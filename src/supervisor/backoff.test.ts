import { describe, expect, it } from 'vitest';
import { createBackoff, pause } from './backoff.ts';

describe('the restart delay', () => {
  it('doubles up to its maximum, and resets after a healthy run', () => {
    const backoff = createBackoff({ firstMs: 100, maximumMs: 1000, healthyMs: 60_000 });
    expect([0, 0, 0, 0, 0, 0].map((uptimeMs) => backoff.next(uptimeMs))).toEqual([100, 200, 400, 800, 1000, 1000]);
    expect(backoff.failures).toBe(6);
    expect(backoff.next(60_000)).toBe(100);
    expect(backoff.next(59_999)).toBe(200);
  });

  it('ends early when it is aborted', async () => {
    const abort = new AbortController();
    const waiting = pause(60_000, abort.signal);
    abort.abort();
    await waiting;
    await pause(60_000, abort.signal);
  });
});
