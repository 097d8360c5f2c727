import { describe, expect, it } from 'vitest';
import { createPlaces, type Place, type Places } from './places.ts';

const key = (name: string, active = 2, open = 4) => ({ name, bounds: { active, open } });
const account = key('account', 3, 100);
const forever = new Promise<void>(() => {});

async function enter(places: Places, ...owners: ReturnType<typeof key>[]): Promise<Place | null> {
  const place = places.open(owners);
  if (!place) return null;
  if (await place.take(1)) return place;
  place.leave();
  return null;
}

describe('places for requests', () => {
  it('are as many as each owner may have, and free again when a request leaves, once', async () => {
    const places = createPlaces();
    const first = await enter(places, key('a'), account);
    expect(await enter(places, key('a'), account)).not.toBeNull();
    expect(await enter(places, key('a'), account)).toBeNull();
    expect(await enter(places, key('b'), account)).not.toBeNull();
    expect(await enter(places, key('b'), account)).toBeNull();
    first!.leave();
    first!.leave();
    expect(await enter(places, key('a'), account)).not.toBeNull();
    expect(await enter(places, key('b'), account)).toBeNull();
  });

  it('are not taken by those who wait, who have a bound of their own', async () => {
    const places = createPlaces();
    for (let index = 0; index < 4; index++) void (await enter(places, key('a')))!.whileWaiting(forever);
    expect(places.open([key('a')])).toBeNull();
  });

  it('go in turn to those who came when none was free', async () => {
    const places = createPlaces();
    const [first, second] = [await enter(places, key('a')), await enter(places, key('a'))];
    const order: number[] = [];
    const late = [places.open([key('a')])!, places.open([key('a')])!];
    const taken = late.map((place, index) => place.take(10_000).then(() => order.push(index)));
    first!.leave();
    await taken[0];
    expect(order).toEqual([0]);
    second!.leave();
    await taken[1];
    expect(order).toEqual([0, 1]);
  });

  it('are given to those who have waited only when one is free', async () => {
    const places = createPlaces();
    const waiter = (await enter(places, key('a')))!;
    let come = (_value: string) => {};
    let ended = false;
    const news = new Promise<string>((resolve) => {
      come = resolve;
    });
    const waiting = waiter.whileWaiting(news).finally(() => {
      ended = true;
    });
    const [other] = [await enter(places, key('a')), await enter(places, key('a'))];
    come('news');
    await new Promise((resolve) => setImmediate(resolve));
    expect(ended).toBe(false);
    other!.leave();
    expect(await waiting).toBe('news');
    expect(await enter(places, key('a'))).toBeNull();
  });

  it('delay nobody whose client has disconnected', async () => {
    const places = createPlaces();
    const [first, second] = [(await enter(places, key('a')))!, await enter(places, key('a'))];
    const waiting = first.whileWaiting(Promise.resolve());
    const third = await enter(places, key('a'));
    first.leave();
    await waiting;
    second!.leave();
    third?.leave();
    expect(await enter(places, key('a'))).not.toBeNull();
  });
});
