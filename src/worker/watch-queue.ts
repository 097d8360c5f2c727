import type { ResourceClass } from '../database/tables.ts';
import type { Logger } from '../telemetry/index.ts';
import type { Wakeups } from './wakeups.ts';

const LOOK_MS = 1000;

/**
 * Wakes slots for work that no notification announces: a retry whose delay has passed, an account whose job has ended
 * on another worker, or a job whose notification was lost. Looks once a second for all slots together, while any sleeps.
 */
export function watchQueue(options: {
  look: () => Promise<ResourceClass[]>;
  wakeups: Pick<Wakeups, 'wakeAll' | 'isAnyAsleep'>;
  logger: Logger;
}): { close(): void } {
  const { look, wakeups, logger } = options;
  let looking = false;
  const timer = setInterval(() => {
    if (looking || !wakeups.isAnyAsleep()) return;
    looking = true;
    look()
      .then((classes) => classes.length > 0 && wakeups.wakeAll(classes))
      .catch((error) => logger.warn({ err: error }, 'the queue could not be read; it is read again in a second'))
      .finally(() => {
        looking = false;
      });
  }, LOOK_MS);
  return { close: () => clearInterval(timer) };
}
