import { expect, it, vi } from 'vitest';
import { collectWhenIdle } from './collect-when-idle.ts';

const MIB = 2 ** 20;

it('a process collects garbage outside of its heap once it is idle, but does not collect again while the rest is in use', async () => {
  vi.useFakeTimers();
  try {
    let [bytes, busy] = [20 * MIB, 0];
    const collect = vi.fn(() => {
      bytes = 40 * MIB;
    });
    const stop = collectWhenIdle({ collect, externalBytes: () => bytes, busyShare: () => busy }, 10);
    const look = () => vi.advanceTimersByTime(10);
    look();
    [bytes, busy] = [90 * MIB, 0.5];
    look();
    expect(collect).not.toHaveBeenCalled();
    busy = 0.01;
    look();
    look();
    expect(collect).toHaveBeenCalledTimes(1);
    bytes = 80 * MIB;
    look();
    expect(collect).toHaveBeenCalledTimes(2);
    stop();
    bytes = 200 * MIB;
    look();
    expect(collect).toHaveBeenCalledTimes(2);
  } finally {
    vi.useRealTimers();
  }
});
