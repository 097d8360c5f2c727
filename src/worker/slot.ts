import type { Logger } from '../telemetry/index.ts';
import type { SlotClasses } from './deps.ts';
import type { Wakeups } from './wakeups.ts';

/** The timer behind the notifications. */
const IDLE_MS = 1000;
const ERROR_MS = 500;

/**
 * One slot: take, work, take again; sleep only when nothing waits. `take` does one piece of work and reports
 * whether there was any. What it throws is a fault of the surroundings (database away): the slot waits a little and goes
 * on. Resolves when `signal` aborts and the work in hand is done.
 */
export async function runSlot(slot: {
  classes: SlotClasses;
  take: () => Promise<boolean>;
  wakeups: Wakeups;
  signal: AbortSignal;
  logger: Logger;
}): Promise<void> {
  while (!slot.signal.aborted) {
    try {
      const since = slot.wakeups.count(slot.classes);
      if (await slot.take()) continue;
      await slot.wakeups.sleep(slot.classes, IDLE_MS, slot.signal, since);
    } catch (error) {
      slot.logger.warn({ err: error }, 'slot waits: its surroundings failed');
      await slot.wakeups.sleep([], ERROR_MS, slot.signal);
    }
  }
}
