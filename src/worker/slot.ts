import type { Logger } from '../telemetry/index.ts';
import type { SlotRoles } from './slot-roles.ts';
import type { Wakeups } from './wakeups.ts';
import type { Work } from './work-source.ts';

/**
 * Maximum milliseconds for which a slot sleeps. `watch-queue.ts` watches the queue for all slots, so this maximum matters only if a wake-up
 * is lost.
 */
const IDLE_MS = 30_000;
const ERROR_MS = 500;

/**
 * Runs one slot, which sleeps only when there is no work. `work` throws only for faults outside the job, such as an
 * unreachable database. The slot then pauses and continues. Resolves when `signal` aborts and the current work is done.
 */
export async function runSlot(options: {
  slot: number;
  roles: SlotRoles;
  work: Work;
  wakeups: Wakeups;
  signal: AbortSignal;
  logger: Logger;
}): Promise<void> {
  const { slot, roles, work, wakeups, signal, logger } = options;
  const classes = () => roles.classesOf(slot);
  while (!signal.aborted) {
    try {
      roles.markFree(slot);
      const since = wakeups.count(classes());
      if (await work(classes())) continue;
      if (roles.markIdle(slot)) continue;
      await wakeups.sleep(classes, IDLE_MS, signal, since);
    } catch (error) {
      logger.warn({ err: error }, 'no work could be started; the slot pauses');
      await wakeups.sleep(() => [], ERROR_MS, signal);
    }
  }
}
