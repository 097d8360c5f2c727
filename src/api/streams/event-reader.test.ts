import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { openReader } from './event-reader.ts';

const LOOK_MS = 2_000;

describe('the reader of events', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  function open(hidden: boolean[] = []) {
    const reads: number[] = [];
    const errors: Error[] = [];
    const began = Date.now();
    const read = async () => {
      reads.push(Date.now() - began);
      return hidden.shift() ?? false;
    };
    const reader = openReader({ read, lookMs: LOOK_MS, onError: (error) => errors.push(error) });
    return { reader, reads, errors };
  }

  it('reads immediately when it is woken', async () => {
    const { reader, reads } = open();
    await vi.advanceTimersByTimeAsync(500);
    reader.wake();
    expect(reads).toEqual([500]);
    reader.stop();
  });

  it('reads once for all notifications that arrive within ten milliseconds', async () => {
    const { reader, reads } = open();
    for (let count = 0; count < 100; count += 1) reader.wake();
    await vi.advanceTimersByTimeAsync(100);
    expect(reads).toEqual([0, 10]);
    reader.stop();
  });

  it('reads again soon, and then less often, while events are hidden', async () => {
    const { reader, reads } = open([true, true, true, false]);
    reader.wake();
    await vi.advanceTimersByTimeAsync(1_000);
    expect(reads).toEqual([0, 5, 15, 35]);
    reader.stop();
  });

  it('reads without a notification only after two seconds', async () => {
    const { reader, reads } = open();
    await vi.advanceTimersByTimeAsync(4_500);
    expect(reads).toEqual([2_000, 4_000]);
    reader.stop();
    await vi.advanceTimersByTimeAsync(10_000);
    expect(reads).toHaveLength(2);
  });
});
