import { describe, expect, it } from 'vitest';
import { MAX_UPLOAD_BYTES } from '../contract/limits.ts';
import { createFetchPlaces, type FetchPlaces } from './fetch-places.ts';

const open = async (largestSources: number, slots: ('light' | 'heavy')[][] = [['light'], ['light'], ['heavy']]) => {
  const places = createFetchPlaces({
    slots,
    freeBytes: async () => largestSources * MAX_UPLOAD_BYTES,
  });
  await places.look();
  return places;
};

/** Takes places until there is none; gives what returns them. */
function fill(places: FetchPlaces, account: string, lane: 'light' | 'heavy' = 'light'): (() => void)[] {
  const leave: (() => void)[] = [];
  while (places.mayEnter(lane, account)) leave.push(places.enter(lane, account));
  return leave;
}

describe('places of fetches', () => {
  it('go to one account by half, to the next by half of the rest, so that the fourth still finds one', async () => {
    const places = await open(1000);
    expect(['a', 'b', 'c', 'd', 'e'].map((account) => fill(places, account).length)).toEqual([4, 2, 1, 1, 0]);
  });

  it('of one lane are none of the other’s', async () => {
    const places = await open(1000);
    fill(places, 'a');
    expect(fill(places, 'a', 'heavy')).toHaveLength(4);
    expect(places.mayEnter('heavy', 'b')).toBe(true);
  });

  it('are free again, once, when they are left', async () => {
    const places = await open(1000);
    const [leave] = fill(places, 'a');
    leave!();
    leave!();
    expect(fill(places, 'a')).toHaveLength(1);
  });

  it('are as many as the disk has room for largest sources, over both lanes, and shared alike', async () => {
    const places = await open(6);
    expect([fill(places, 'a').length, fill(places, 'a', 'heavy').length]).toEqual([3, 0]);
    expect([fill(places, 'b').length, fill(places, 'b', 'heavy').length]).toEqual([2, 0]);
    expect(fill(places, 'c', 'heavy')).toHaveLength(1);
  });

  it('let more than one account fetch on a disk that is nearly full', async () => {
    const places = await open(0);
    expect(fill(places, 'a')).toHaveLength(2);
    expect(places.mayEnter('heavy', 'b')).toBe(true);
  });

  it('let one account fetch into every slot of a large machine', async () => {
    const places = await open(
      1000,
      Array.from({ length: 16 }, () => ['light']),
    );
    expect(fill(places, 'a')).toHaveLength(16);
    expect(places.mayEnter('light', 'b')).toBe(true);
  });
});
