import { describe, expect, it } from 'vitest';
import { createRequestSlots, type RequestSlot, type RequestSlots } from './request-slots.ts';

const key = (name: string, active = 2, open = 4) => ({ name, limits: { active, open } });
const account = key('account', 3, 100);
const forever = new Promise<void>(() => {});

async function enter(slots: RequestSlots, ...owners: ReturnType<typeof key>[]): Promise<RequestSlot | null> {
  const slot = slots.open(owners);
  if (!slot) return null;
  if (await slot.take(1)) return slot;
  slot.leave();
  return null;
}

describe('slots of requests', () => {
  it('never exceed the limit of their owner, and are freed exactly once when a request ends', async () => {
    const slots = createRequestSlots();
    const first = await enter(slots, key('a'), account);
    expect(await enter(slots, key('a'), account)).not.toBeNull();
    expect(await enter(slots, key('a'), account)).toBeNull();
    expect(await enter(slots, key('b'), account)).not.toBeNull();
    expect(await enter(slots, key('b'), account)).toBeNull();
    first!.leave();
    first!.leave();
    expect(await enter(slots, key('a'), account)).not.toBeNull();
    expect(await enter(slots, key('a'))).toBeNull();
    expect(await enter(slots, key('b'), account)).toBeNull();
  });

  it('are not occupied by waiting requests, which have their own limit', async () => {
    const slots = createRequestSlots();
    for (let index = 0; index < 4; index++) void (await enter(slots, key('a')))!.whileWaiting(forever);
    expect(slots.open([key('a')])).toBeNull();
  });

  it('are assigned in the order of arrival to the requests that arrived when no slot was free', async () => {
    const slots = createRequestSlots();
    const [first, second] = [await enter(slots, key('a')), await enter(slots, key('a'))];
    const order: number[] = [];
    const late = [slots.open([key('a')])!, slots.open([key('a')])!];
    const taken = late.map((slot, index) => slot.take(10_000).then(() => order.push(index)));
    first!.leave();
    await taken[0];
    expect(order).toEqual([0]);
    second!.leave();
    await taken[1];
    expect(order).toEqual([0, 1]);
  });

  it('are not assigned to a request of a key that has used all of its slots, but to later requests of other keys', async () => {
    const slots = createRequestSlots();
    const own = [await enter(slots, key('a'), account), await enter(slots, key('a'), account)];
    const third = (await enter(slots, key('b'), account))!;
    const started: string[] = [];
    const late = ['a', 'c'].map((name) => {
      const slot = slots.open([account, key(name)])!;
      return slot.take(10_000).then((hasSlot) => hasSlot && started.push(name));
    });
    third.leave();
    await late[1];
    expect(started).toEqual(['c']);
    own[0]!.leave();
    await late[0];
    expect(started).toEqual(['c', 'a']);
  });

  it('are assigned again to a request whose wait has ended only when a slot is free', async () => {
    const slots = createRequestSlots();
    const waiter = (await enter(slots, key('a')))!;
    let come = (_value: string) => {};
    let ended = false;
    const news = new Promise<string>((resolve) => {
      come = resolve;
    });
    const waiting = waiter.whileWaiting(news).finally(() => {
      ended = true;
    });
    const [other] = [await enter(slots, key('a')), await enter(slots, key('a'))];
    come('news');
    await new Promise((resolve) => setImmediate(resolve));
    expect(ended).toBe(false);
    other!.leave();
    expect(await waiting).toBe('news');
    expect(await enter(slots, key('a'))).toBeNull();
  });

  it('are not occupied by a request whose client has disconnected', async () => {
    const slots = createRequestSlots();
    const [first, second] = [(await enter(slots, key('a')))!, await enter(slots, key('a'))];
    const waiting = first.whileWaiting(Promise.resolve());
    const third = await enter(slots, key('a'));
    first.leave();
    await waiting;
    second!.leave();
    third?.leave();
    expect(await enter(slots, key('a'))).not.toBeNull();
  });
});
