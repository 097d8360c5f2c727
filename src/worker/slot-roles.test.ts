import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createLogger } from '../telemetry/index.ts';
import type { SlotClasses } from './deps.ts';
import { runSlot } from './slot.ts';
import { SlotRoles } from './slot-roles.ts';
import { createWakeups } from './wakeups.ts';

const OVERDUE_MS = 10_000;
beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** Opens the roles of slots that each run a job. */
function open(slots: SlotClasses[] = [['light'], ['light'], ['heavy'], ['interactive']]) {
  const woken: string[] = [];
  const roles = new SlotRoles(slots, (name) => woken.push(name));
  return { roles, woken, classes: () => slots.map((_, slot) => roles.classesOf(slot).join()) };
}

describe('a heavy slot with a brief job', () => {
  it('trades its classes with the light slot that became idle last, and wakes that slot for a heavy job', () => {
    const { roles, woken, classes } = open();
    for (const slot of [3, 1, 0]) expect(roles.markIdle(slot)).toBe(false);
    roles.markBrief(2, 'a');
    expect(classes()).toEqual(['heavy', 'light', 'light', 'interactive']);
    expect(woken).toEqual(['heavy']);
  });

  it('keeps its classes while no light slot is idle, then trades them with the next light slot that finds no job', () => {
    const { roles, woken, classes } = open();
    roles.markBrief(2, 'a');
    expect([classes()[2], woken]).toEqual(['heavy', []]);
    roles.markFree(1);
    expect(roles.markIdle(1)).toBe(true);
    expect(classes()).toEqual(['light', 'heavy', 'light', 'interactive']);
  });

  it('keeps its classes once its job has ended', () => {
    const { roles, classes } = open();
    roles.markBrief(2, 'a');
    roles.markFree(2);
    expect(roles.markIdle(1)).toBe(false);
    expect(classes()[2]).toBe('heavy');
  });

  it('never gets the classes of the last light slot', () => {
    const { roles, classes } = open();
    for (const slot of [0, 1]) roles.markIdle(slot);
    roles.markBrief(2, 'a');
    roles.markFree(1);
    roles.markBrief(1, 'a');
    expect(classes()).toEqual(['light', 'heavy', 'light', 'interactive']);
    expect(roles.markIdle(0)).toBe(false);
    // The first brief job ends, so another brief job may occupy a light slot.
    roles.markFree(2);
    expect(roles.markIdle(2)).toBe(true);
    expect(classes()).toEqual(['light', 'light', 'heavy', 'interactive']);
  });

  it('leaves light slots for the brief jobs of other accounts', () => {
    const { roles, classes } = open([['light'], ['light'], ['light'], ['light'], ['heavy']]);
    for (const slot of [0, 1, 2, 3]) roles.markIdle(slot);
    for (const slot of [4, 3, 2]) {
      roles.markFree(slot);
      roles.markBrief(slot, 'a');
    }
    // Account `a` has two of the three light slots for brief jobs.
    expect(classes()).toEqual(['light', 'light', 'heavy', 'light', 'light']);
    roles.markFree(2);
    roles.markBrief(2, 'b');
    expect(classes()).toEqual(['light', 'heavy', 'light', 'light', 'light']);
  });

  it('keeps its classes if the worker has one slot for light jobs, or one slot for both classes', () => {
    for (const slots of [
      [['light'], ['heavy']],
      [['light', 'heavy']],
      [['light'], ['heavy', 'light']],
    ] as SlotClasses[][]) {
      const { roles, woken, classes } = open(slots);
      const before = classes();
      roles.markIdle(0);
      roles.markBrief(slots.length - 1, 'a');
      expect([classes(), woken]).toEqual([before, []]);
    }
  });
});

describe('a job that runs for longer than expected', () => {
  /** Starts a brief job in slot 2. Slot 1 then accepts heavy jobs. */
  function overdue() {
    const world = open();
    world.roles.markIdle(1);
    world.roles.markBrief(2, 'a');
    expect(world.classes()).toEqual(['light', 'heavy', 'light', 'interactive']);
    world.woken.length = 0;
    return world;
  }

  it('trades the classes of its slot with an idle heavy slot', () => {
    const { roles, woken, classes } = overdue();
    roles.markFree(1);
    roles.markIdle(1);
    vi.advanceTimersByTime(OVERDUE_MS);
    expect(classes()).toEqual(['light', 'light', 'heavy', 'interactive']);
    expect(woken).toEqual(['light']);
  });

  it('trades the classes of its slot with the next heavy slot that becomes free, before that slot starts another job', () => {
    const { roles, classes } = overdue();
    roles.markFree(1);
    vi.advanceTimersByTime(OVERDUE_MS);
    expect(classes()[1]).toBe('heavy');
    roles.markFree(1);
    expect(classes()).toEqual(['light', 'light', 'heavy', 'interactive']);
  });

  it('keeps the other brief jobs of its account out of light slots', () => {
    const { roles, classes } = open([['light'], ['light'], ['light'], ['light'], ['heavy']]);
    for (const slot of [0, 1, 2, 3]) roles.markIdle(slot);
    roles.markBrief(4, 'a');
    roles.markFree(3);
    vi.advanceTimersByTime(OVERDUE_MS);
    expect(classes()).toEqual(['light', 'light', 'light', 'heavy', 'light']);
    roles.markBrief(3, 'a');
    expect(classes()[3]).toBe('heavy');
    roles.markFree(3);
    expect(classes()).toEqual(['light', 'light', 'light', 'light', 'heavy']);
  });

  it('no longer waits for a light slot', () => {
    const { roles, classes } = open();
    roles.markBrief(2, 'a');
    vi.advanceTimersByTime(OVERDUE_MS);
    expect(roles.markIdle(1)).toBe(false);
    expect(classes()[2]).toBe('heavy');
  });
});

describe('slots of a worker', () => {
  it('start the next heavy job while a brief job runs, and keep the number of heavy slots', async () => {
    const wakeups = createWakeups();
    const roles = new SlotRoles([['light'], ['light'], ['heavy']], wakeups.wake);
    const stop = new AbortController();
    const queue = ['a', 'b', 'c'];
    const running = new Map<string, () => void>();
    let most = 0;
    const work = (slot: number) => async (classes: SlotClasses) => {
      const job = classes.includes('heavy') ? queue.shift() : undefined;
      if (!job) return false;
      const ended = new Promise<void>((resolve) => running.set(job, resolve));
      roles.markBrief(slot, 'a');
      most = Math.max(most, running.size);
      await ended;
      running.delete(job);
      return true;
    };
    const options = { roles, wakeups, signal: stop.signal, logger: createLogger({ level: 'silent', role: 'test' }) };
    const slots = [0, 1, 2].map((slot) => runSlot({ ...options, slot, work: work(slot) }));
    await vi.advanceTimersByTimeAsync(0);
    expect([...running.keys()]).toEqual(['a', 'b']);
    running.get('a')!();
    await vi.advanceTimersByTimeAsync(0);
    expect([...running.keys()]).toEqual(['b', 'c']);
    for (const end of running.values()) end();
    await vi.advanceTimersByTimeAsync(0);
    expect([0, 1, 2].filter((slot) => roles.classesOf(slot).includes('heavy'))).toHaveLength(1);
    expect(most).toBe(2);
    stop.abort();
    await Promise.all(slots);
  });
});
