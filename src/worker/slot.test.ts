import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { ResourceClass } from '../database/tables.ts';
import { createLogger } from '../telemetry/index.ts';
import { runSlot } from './slot.ts';
import { SlotRoles } from './slot-roles.ts';
import { createWakeups, type Wakeups } from './wakeups.ts';
import { watchQueue } from './watch-queue.ts';

const logger = createLogger({ level: 'silent', role: 'test' });
/** Milliseconds, longer than the pause after an error. */
const LONG_MS = 10_000;

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** Runs a slot of the class `light`. `results` are the results of the first calls of `work`. Later calls find no work. */
function start(results: (boolean | Error)[] = [], onCall: (call: number, wakeups: Wakeups) => void = () => {}) {
  const wakeups = createWakeups();
  const stop = new AbortController();
  let calls = 0;
  const work = async () => {
    calls += 1;
    onCall(calls, wakeups);
    const result = results[calls - 1] ?? false;
    if (result instanceof Error) throw result;
    return result;
  };
  const roles = new SlotRoles([['light']], wakeups.wake);
  const ended = runSlot({ slot: 0, roles, wakeups, signal: stop.signal, logger, work });
  return { wakeups, stop, ended, calls: () => calls };
}

/** Advances the clock, and runs every timer that becomes due. */
const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms);

describe('a slot', () => {
  it('looks for work again immediately after it has done work', async () => {
    const slot = start([true, true, false]);
    await pass(0);
    expect(slot.calls()).toBe(3);
  });

  it('sleeps while the queue is empty, until its own class is woken', async () => {
    const slot = start();
    await pass(100);
    slot.wakeups.wake('heavy');
    await pass(0);
    expect(slot.calls()).toBe(1);
    slot.wakeups.wake('light');
    await pass(0);
    expect(slot.calls()).toBe(2);
  });

  it('is woken without the other slots of its class, because a notification announces one job', async () => {
    const slot = start();
    let others = 0;
    const nobody = new AbortController();
    await pass(100);
    for (let other = 0; other < 2; other += 1) {
      slot.wakeups
        .sleep(() => ['light'], LONG_MS, nobody.signal)
        .then(() => {
          others += 1;
        });
    }
    slot.wakeups.wake('light');
    await pass(0);
    expect([slot.calls(), others]).toEqual([2, 0]);
    slot.wakeups.wake('light');
    await pass(0);
    expect(others).toBe(1);
  });

  it('does not sleep if it was woken while it looked for work', async () => {
    const slot = start([], (take, wakeups) => {
      if (take === 1) wakeups.wake('light');
    });
    await pass(0);
    expect(slot.calls()).toBe(2);
  });

  it('looks for work again after half a minute, even when nothing wakes it', async () => {
    const slot = start();
    await pass(29_999);
    expect(slot.calls()).toBe(1);
    await pass(1);
    expect(slot.calls()).toBe(2);
  });

  it('is woken when the queue has work of its class that was not announced', async () => {
    const slot = start();
    const due: ResourceClass[][] = [[], ['heavy'], ['heavy', 'light']];
    const look = async () => ({ classes: due.shift() ?? [], deliveries: false });
    const watch = watchQueue({ look, wakeups: slot.wakeups, sendWebhooks: () => {}, logger });
    await pass(2_000);
    expect(slot.calls()).toBe(1);
    await pass(1_000);
    expect(slot.calls()).toBe(2);
    watch.close();
  });

  it('is not woken for a webhook, which needs no slot', async () => {
    const slot = start();
    let sent = 0;
    const look = async () => ({ classes: [], deliveries: true });
    const watch = watchQueue({ look, wakeups: slot.wakeups, sendWebhooks: () => sent++, logger });
    await pass(3_000);
    expect([slot.calls(), sent]).toEqual([1, 3]);
    watch.close();
  });

  it('continues after an error outside the job', async () => {
    const slot = start([new Error('the database is away'), true]);
    await pass(499);
    expect(slot.calls()).toBe(1);
    await pass(1);
    expect(slot.calls()).toBe(3);
  });

  it('stops immediately if it sleeps', async () => {
    const slot = start();
    await pass(0);
    slot.stop.abort();
    await slot.ended;
    await pass(LONG_MS);
    expect(slot.calls()).toBe(1);
  });
});
