import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { collectAfterStart } from './collect-after-start.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

it('a process collects garbage once, when it first idles after its start', () => {
  const collect = vi.fn(async () => {});
  const busyShare = vi.fn(() => 0.001).mockReturnValueOnce(0.5);
  collectAfterStart({ collect, busyShare });
  vi.advanceTimersByTime(5_500);
  expect(collect).not.toHaveBeenCalled();
  vi.advanceTimersByTime(60_000);
  expect(collect).toHaveBeenCalledTimes(1);
});
