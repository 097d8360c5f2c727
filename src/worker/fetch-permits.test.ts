import { describe, expect, it } from 'vitest';
import { MAX_UPLOAD_BYTES } from '../contract/limits.ts';
import { createFetchPermits, type FetchPermits } from './fetch-permits.ts';

const open = async (largestSources: number, slots: ('light' | 'heavy')[][] = [['light'], ['light'], ['heavy']]) => {
  const permits = createFetchPermits({
    slots,
    freeBytes: async () => largestSources * MAX_UPLOAD_BYTES,
  });
  await permits.measure();
  return permits;
};

/** Takes permits until none is free; gives what returns them. */
function fill(permits: FetchPermits, account: string, resourceClass: 'light' | 'heavy' = 'light'): (() => void)[] {
  const leave: (() => void)[] = [];
  while (permits.isFree(resourceClass, account)) leave.push(permits.acquire(resourceClass, account));
  return leave;
}

describe('fetch permits', () => {
  it('are available to one account by half and to the next by half of the rest, so that the fourth still gets one', async () => {
    const permits = await open(1000);
    expect(['a', 'b', 'c', 'd', 'e'].map((account) => fill(permits, account).length)).toEqual([4, 2, 1, 1, 0]);
  });

  it('fetch permits of one class are not available to the other class', async () => {
    const permits = await open(1000);
    fill(permits, 'a');
    expect(fill(permits, 'a', 'heavy')).toHaveLength(4);
    expect(permits.isFree('heavy', 'b')).toBe(true);
  });

  it('are freed once when they are released', async () => {
    const permits = await open(1000);
    const [leave] = fill(permits, 'a');
    leave!();
    leave!();
    expect(fill(permits, 'a')).toHaveLength(1);
  });

  it('are as many as the largest sources for which the disk has space, over both classes, and are shared in the same way', async () => {
    const permits = await open(6);
    expect([fill(permits, 'a').length, fill(permits, 'a', 'heavy').length]).toEqual([3, 0]);
    expect([fill(permits, 'b').length, fill(permits, 'b', 'heavy').length]).toEqual([2, 0]);
    expect(fill(permits, 'c', 'heavy')).toHaveLength(1);
  });

  it('let more than one account fetch on a disk that is nearly full', async () => {
    const permits = await open(0);
    expect(fill(permits, 'a')).toHaveLength(2);
    expect(permits.isFree('heavy', 'b')).toBe(true);
  });

  it('let one account fetch into every slot of a large machine', async () => {
    const permits = await open(
      1000,
      Array.from({ length: 16 }, () => ['light']),
    );
    expect(fill(permits, 'a')).toHaveLength(16);
    expect(permits.isFree('light', 'b')).toBe(true);
  });
});
