import { describe, expect, it } from 'vitest';
import type { Claim } from '../domain/transcodes/row.ts';
import { createLogger } from '../telemetry/index.ts';
import { createFetchPlaces } from './fetch-places.ts';
import { RunningJobs } from './running.ts';
import { createSeats, type Seat } from './seats.ts';

const LEND_MS = 20;
let lastId = 0;

/** A claim of a job with one source to fetch, or (`object`) with one in the storage. */
const claimOf = (account: string, object: string | null = null): Claim => {
  lastId += 1;
  const job = { id: `job-${lastId}`, account_id: account };
  return { attemptId: `attempt-${lastId}`, lane: 'light', job, inputs: [{ object_id: object }], assets: [] } as never;
};

interface Work {
  /** All sources are there. */
  fetched(): void;
  end(): void;
  /** The slot it sat in, once it does. */
  slot(): number | null;
  reason(): unknown;
}

function deferred() {
  let settle: { resolve: () => void; reject: (reason: unknown) => void };
  const promise = new Promise<void>((resolve, reject) => {
    settle = { resolve, reject };
  });
  return { promise, ...settle! };
}

/** Seats whose work fetches and encodes for as long as the test says. */
function open() {
  const works = new Map<Claim, Work>();
  const woken: string[] = [];
  const running = new RunningJobs();
  const work = async (claim: Claim, seat: Seat, signal: AbortSignal) => {
    const [fetched, ended] = [deferred(), deferred()];
    let slot: number | null = null;
    works.set(claim, {
      fetched: fetched.resolve,
      end: ended.resolve,
      slot: () => slot,
      reason: () => signal.reason,
    });
    signal.addEventListener('abort', () => fetched.reject(signal.reason));
    try {
      await fetched.promise;
      slot = await seat.sit(signal);
      await ended.promise;
    } catch {
      // As the real work: how it ended is stored, not thrown.
    }
  };
  const places = createFetchPlaces({ slots: [['light']], freeBytes: async () => 2 ** 50 });
  const seats = createSeats({
    ...{ work, running, places, lendMs: LEND_MS, wake: (lane) => woken.push(lane) },
    logger: createLogger({ level: 'silent', role: 'test' }),
  });
  const begin = (claim: Claim, slot = 0) => ({ free: seats.begin(claim, slot), work: works.get(claim)! });
  return { seats, running, places, woken, begin };
}

/** A job that has given its slot back and has its sources. */
async function waiting({ seats, begin, woken }: ReturnType<typeof open>, account: string) {
  const { free, work } = begin(claimOf(account));
  await free;
  const before = woken.length;
  work.fetched();
  await expect.poll(() => woken.length).toBe(before + 1);
  return { work, resume: (slot: number) => seats.resume('light', slot) };
}

const settled = async (promise: Promise<void>) =>
  Promise.race([promise.then(() => true), new Promise((resolve) => setTimeout(resolve, 3 * LEND_MS, false))]);

describe('seats', () => {
  it('are kept by a job whose sources are there in a moment', async () => {
    const { begin } = open();
    const { free, work } = begin(claimOf('a'), 3);
    work.fetched();
    expect(await settled(free)).toBe(false);
    expect(work.slot()).toBe(3);
    work.end();
    await free;
  });

  it('are given back by a job that fetches for longer, which goes on in the slot that is free then', async () => {
    const world = open();
    const { free, work } = world.begin(claimOf('a'), 0);
    await free;
    expect(work.slot()).toBeNull();
    expect(world.seats.resume('light', 1)).toBeNull();
    work.fetched();
    await expect.poll(() => world.woken).toEqual(['light']);
    expect(world.seats.resume('heavy', 1)).toBeNull();
    const resumed = world.seats.resume('light', 1)!;
    expect(await settled(resumed)).toBe(false);
    expect(work.slot()).toBe(1);
    work.end();
    await resumed;
    expect(world.running.size).toBe(0);
  });

  it('are never given back by a job whose sources lie in the storage', async () => {
    const { begin } = open();
    const { free, work } = begin(claimOf('a', 'object'));
    expect(await settled(free)).toBe(false);
    work.fetched();
    work.end();
    await free;
  });

  it('go to the account that sits in the fewest, then to the one that waits longest', async () => {
    const world = open();
    const [first, second] = [await waiting(world, 'a'), await waiting(world, 'a')];
    const other = await waiting(world, 'b');
    first.resume(0);
    await expect.poll(first.work.slot).toBe(0);
    first.resume(1);
    await expect.poll(other.work.slot).toBe(1);
    first.resume(2);
    await expect.poll(second.work.slot).toBe(2);
  });

  it('keep a place of a fetch taken until the job has a slot', async () => {
    const world = open();
    for (let taken = 0; taken < 4; taken++) {
      await world.places.look();
      expect(world.places.mayEnter('light', 'a')).toBe(true);
      await waiting(world, 'a');
    }
    expect(world.places.mayEnter('light', 'a')).toBe(false);
    world.seats.resume('light', 0);
    await expect.poll(() => world.places.mayEnter('light', 'a')).toBe(true);
  });

  it('are no longer waited for by a job that is canceled', async () => {
    const world = open();
    const claim = claimOf('a');
    const { free, work } = world.begin(claim);
    await free;
    work.fetched();
    await expect.poll(() => world.woken).toEqual(['light']);
    world.running.stop(claim.job.id, 'canceled');
    await expect.poll(() => world.running.size).toBe(0);
    expect(world.seats.resume('light', 0)).toBeNull();
    for (let index = 0; index < 4; index++) world.begin(claimOf('a'));
    expect(world.places.mayEnter('light', 'a')).toBe(false);
  });

  it('when draining, are waited for by nobody: jobs without one are handed back, and so are slow fetches', async () => {
    const world = open();
    const [fetching, ready] = [world.begin(claimOf('a')), await waiting(world, 'b')];
    await fetching.free;
    const [late, encoding] = [world.begin(claimOf('d'), 1), world.begin(claimOf('c'), 0)];
    encoding.work.fetched();
    await expect.poll(encoding.work.slot).toBe(0);
    const drained = world.seats.drain();
    expect(await settled(drained)).toBe(false);
    for (const { work } of [fetching, ready, late]) expect(work.reason()).toBe('draining');
    expect(encoding.work.reason()).toBeUndefined();
    encoding.work.end();
    await drained;
    await late.free;
  });
});
