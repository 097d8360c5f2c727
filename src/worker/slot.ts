import type { Logger } from '../telemetry/index.ts';
import type { SlotClasses } from './deps.ts';
import type { Wakeups } from './wakeups.ts';

/** The queue is watched for all slots (`watch-queue.ts`); this interval is for wake-ups that are lost. */
const IDLE_MS = 30_000;
const ERROR_MS = 500;

/**
 * Runs one slot: works, and sleeps only when there is no work. `work` does one piece of work and returns whether there
 * was any. It throws only for faults outside the job, such as an unreachable database; the slot then
 * pauses and continues. Resolves when `signal` aborts and the current work is done.
 */
export async function runSlot(slot: {
  classes: SlotClasses;
  work: () => Promise<boolean>;
  wakeups: Wakeups;
  signal: AbortSignal;
  logger: Logger;
}): Promise<void> {
  while (!slot.signal.aborted) {
    try {
      const since = slot.wakeups.count(slot.classes);
      if (await slot.work()) continue;
      await slot.wakeups.sleep(slot.classes, IDLE_MS, slot.signal, since);
    } catch (error) {
      slot.logger.warn({ err: error }, 'no work could be started; the slot pauses');
      await slot.wakeups.sleep([], ERROR_MS, slot.signal);
    }
  }
}
