import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { SlotLease } from '../attempt/tools.ts';
import type { Claim } from '../jobs/rows.ts';
import { createLogger } from '../telemetry/index.ts';
import { createFetchPermits } from './fetch-permits.ts';
import { RunningAttempts } from './running-attempts.ts';
import { SlotLeases } from './slot-leases.ts';
import { SlotRoles } from './slot-roles.ts';

const FETCH_MS = 2_000;
beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

let lastId = 0;

/** Returns a claim of a job with one source, which is in storage if `object` is given, and otherwise must be fetched. */
const claimOf = (account: string, object: string | null = null): Claim => {
  lastId += 1;
  const job = { id: `job-${lastId}`, account_id: account, resource_class: 'light', fetches: object === null };
  return { attemptId: `attempt-${lastId}`, job } as never;
};

interface Work {
  /** Marks all sources of the job as staged. */
  fetched(): void;
  end(): void;
  /** The number of the job's slot, once the job has one. */
  slot(): number | null;
  /** Releases the job's slot, and waits for a slot as if the job's sources had just been staged. */
  releaseSlot(): void;
  /** Releases the job's slot permanently. */
  leave(): void;
  lease: SlotLease;
  reason(): unknown;
}

function deferred() {
  let settle: { resolve: () => void; reject: (reason: unknown) => void };
  const promise = new Promise<void>((resolve, reject) => {
    settle = { resolve, reject };
  });
  return { promise, ...settle! };
}

/** Opens leases of jobs that fetch and then encode until the test ends each step. */
function open() {
  const works = new Map<Claim, Work>();
  const woken: string[] = [];
  const running = new RunningAttempts();
  const work = async (claim: Claim, lease: SlotLease, signal: AbortSignal) => {
    const [fetched, ended] = [deferred(), deferred()];
    let slot: number | null = null;
    works.set(claim, {
      fetched: fetched.resolve,
      end: ended.resolve,
      slot: () => slot,
      releaseSlot() {
        slot = null;
        lease.release();
        void lease.acquire(signal).then((next) => {
          slot = next;
        });
      },
      leave: () => lease.leave(),
      lease,
      reason: () => signal.reason,
    });
    signal.addEventListener('abort', () => fetched.reject(signal.reason));
    try {
      await fetched.promise;
      slot = await lease.acquire(signal);
      await ended.promise;
    } catch {
      // Like the real work, this stores the failure instead of throwing it.
    }
  };
  const permits = createFetchPermits({ slots: 3, freeBytes: async () => 2 ** 50 });
  const roles = new SlotRoles([['light'], ['light'], ['heavy']], (name) => woken.push(name));
  const leases = new SlotLeases({
    work,
    running,
    permits,
    roles,
    slots: 3,
    fetchMs: FETCH_MS,
    wake: (name) => woken.push(name),
    logger: createLogger({ level: 'silent', role: 'test' }),
  });
  const start = (claim: Claim, slot = 0) => ({ free: leases.start(claim, slot), work: works.get(claim)! });
  return { leases, running, permits, roles, woken, start };
}

/** Starts a job that releases its slot and then, with its sources staged, waits for a slot. */
async function waiting({ leases, start, woken }: ReturnType<typeof open>, account: string) {
  const { free, work } = start(claimOf(account));
  await pass();
  await free;
  const before = woken.length;
  work.fetched();
  await expect.poll(() => woken.length).toBe(before + 1);
  return { work, resume: (slot: number) => leases.resume('light', slot) };
}

/** Advances the clock by the time for which a job may keep its slot during a fetch. */
const pass = () => vi.advanceTimersByTimeAsync(FETCH_MS);

/** Whether the promise resolves within the time for which a job may keep its slot during a fetch. */
async function settled(promise: Promise<void>): Promise<boolean> {
  let isSettled = false;
  promise.then(
    () => {
      isSettled = true;
    },
    () => {},
  );
  await pass();
  return isSettled;
}

describe('slot leases', () => {
  it('are kept by a job whose sources are staged immediately', async () => {
    const { start } = open();
    const { free, work } = start(claimOf('a'), 3);
    work.fetched();
    expect(await settled(free)).toBe(false);
    expect(work.slot()).toBe(3);
    work.end();
    await free;
  });

  it('are released by a job with a long fetch, which continues in the next free slot', async () => {
    const world = open();
    const { free, work } = world.start(claimOf('a'), 0);
    await pass();
    await free;
    expect(work.slot()).toBeNull();
    expect(world.leases.resume('light', 1)).toBeNull();
    work.fetched();
    await expect.poll(() => world.woken).toEqual(['light']);
    expect(world.leases.resume('heavy', 1)).toBeNull();
    const resumed = world.leases.resume('light', 1)!;
    expect(await settled(resumed)).toBe(false);
    expect(work.slot()).toBe(1);
    work.end();
    await resumed;
    expect(world.running.size).toBe(0);
  });

  it('are released, and acquired again later, by a job that has to wait for its source', async () => {
    const world = open();
    const { free, work } = world.start(claimOf('a'), 0);
    work.fetched();
    await expect.poll(work.slot).toBe(0);
    work.releaseSlot();
    await free;
    const resumed = world.leases.resume('light', 2)!;
    await expect.poll(work.slot).toBe(2);
    work.releaseSlot();
    await resumed;
    const last = world.leases.resume('light', 1)!;
    await expect.poll(work.slot).toBe(1);
    work.end();
    await last;
    expect(world.running.size).toBe(0);
  });

  it('are never released by a job whose sources are in storage', async () => {
    const { start } = open();
    const { free, work } = start(claimOf('a', 'object'));
    expect(await settled(free)).toBe(false);
    work.fetched();
    work.end();
    await free;
  });

  it('are assigned to the account with the fewest slots, then to the job that has waited longest', async () => {
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

  it('return the fetch permit of a job only when the job has a slot', async () => {
    const world = open();
    const { work } = await waiting(world, 'a');
    expect(world.permits.count('light')).toBe(1);
    world.leases.resume('light', 0);
    await expect.poll(work.slot).toBe(0);
    expect(world.permits.count('light')).toBe(0);
  });

  it('allow no further fetches of an account while four of its staged jobs wait for a slot of the class', async () => {
    const world = open();
    for (let staged = 0; staged < 4; staged++) {
      expect(world.leases.isFull('light', 'a')).toBe(false);
      await waiting(world, 'a');
    }
    expect(world.leases.isFull('light', 'a')).toBe(true);
    expect([world.leases.isFull('heavy', 'a'), world.leases.isFull('light', 'b')]).toEqual([false, false]);
    world.leases.resume('light', 0);
    expect(world.leases.isFull('light', 'a')).toBe(false);
  });

  it('are released at once by a probe, which gets a slot again when its bytes have arrived', async () => {
    const world = open();
    const claim = claimOf('a');
    claim.job.resource_class = 'interactive';
    const { free, work } = world.start(claim, 3);
    await free;
    expect(world.leases.resume('interactive', 3)).toBeNull();
    work.fetched();
    await expect.poll(() => world.woken).toEqual(['interactive']);
    const resumed = world.leases.resume('interactive', 3)!;
    await expect.poll(work.slot).toBe(3);
    work.end();
    await resumed;
    expect([world.running.size, world.permits.count('interactive')]).toEqual([0, 0]);
  });

  it('are not assigned to a waiting job that was canceled', async () => {
    const world = open();
    const claim = claimOf('a');
    const { free, work } = world.start(claim);
    await pass();
    await free;
    work.fetched();
    await expect.poll(() => world.woken).toEqual(['light']);
    world.running.stop(claim.job.id, 'canceled');
    await expect.poll(() => world.running.size).toBe(0);
    expect(world.leases.resume('light', 0)).toBeNull();
    expect(world.permits.count('light')).toBe(0);
  });

  it('free the slot once the job no longer needs a cell, although a drain still waits for the job', async () => {
    const world = open();
    const delivering = world.start(claimOf('a'), 0);
    delivering.work.fetched();
    await expect.poll(delivering.work.slot).toBe(0);
    delivering.work.leave();
    await delivering.free;
    const drained = world.leases.drain();
    expect(await settled(drained)).toBe(false);
    expect(delivering.work.reason()).toBeUndefined();
    delivering.work.end();
    await drained;
  });

  it('are kept by a brief job, whose slot then has the classes of a light slot', async () => {
    const world = open();
    for (const slot of [0, 1]) world.roles.markIdle(slot);
    const { work } = world.start(claimOf('a', 'object'), 2);
    work.fetched();
    await expect.poll(work.slot).toBe(2);
    expect(work.lease.classes()).toEqual(['heavy']);
    work.lease.markBrief();
    expect(work.lease.classes()).toEqual(['light']);
    expect(world.woken).toEqual(['heavy']);
    work.end();
  });

  it('change no classes of slots if a job is marked as brief after it has left its slot', async () => {
    const world = open();
    for (const slot of [0, 1]) world.roles.markIdle(slot);
    const { work, free } = world.start(claimOf('a', 'object'), 2);
    work.fetched();
    await expect.poll(work.slot).toBe(2);
    work.leave();
    await free;
    work.lease.markBrief();
    expect([work.lease.classes(), world.woken]).toEqual([[], []]);
    work.end();
  });

  it('stop jobs without a slot and jobs with slow fetches during a drain, and let encoding jobs finish', async () => {
    const world = open();
    const [fetching, ready] = [world.start(claimOf('a')), await waiting(world, 'b')];
    await fetching.free;
    const [late, encoding] = [world.start(claimOf('d'), 1), world.start(claimOf('c'), 0)];
    encoding.work.fetched();
    await expect.poll(encoding.work.slot).toBe(0);
    const drained = world.leases.drain();
    expect(await settled(drained)).toBe(false);
    for (const { work } of [fetching, ready, late]) expect(work.reason()).toBe('draining');
    expect(encoding.work.reason()).toBeUndefined();
    encoding.work.end();
    await drained;
    await late.free;
  });
});
