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
  it('go to one account by half, to the next by half of the rest, so that the fourth still finds one', async () => {
    const permits = await open(1000);
    expect(['a', 'b', 'c', 'd', 'e'].map((account) => fill(permits, account).length)).toEqual([4, 2, 1, 1, 0]);
  });

  it('of one class are none of the other’s', async () => {
    const permits = await open(1000);
    fill(permits, 'a');
    expect(fill(permits, 'a', 'heavy')).toHaveLength(4);
    expect(permits.isFree('heavy', 'b')).toBe(true);
  });

  it('are free again, once, when they are left', async () => {
    const permits = await open(1000);
    const [leave] = fill(permits, 'a');
    leave!();
    leave!();
    expect(fill(permits, 'a')).toHaveLength(1);
  });

  it('are as many as the disk has room for largest sources, over both classes, and shared alike', async () => {
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
