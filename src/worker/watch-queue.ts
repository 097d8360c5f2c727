import type { ResourceClass } from '../database/tables.ts';
import type { Logger } from '../telemetry/index.ts';
import type { Wakeups } from './wakeups.ts';

const LOOK_MS = 1000;
/**
 * Milliseconds until the first check. Heartbeats and leases are due at full seconds after the start. If all queries were sent at the same
 * moment, each would use a connection, and a connection costs the server 20 MB.
 */
const FIRST_LOOK_MS = 500;

/** Work that is due and that no notification has announced. */
export interface DueWork {
  /** Classes with a job whose retry is due, whose account may run another job, or whose notification was lost. */
  classes: readonly ResourceClass[];
  /** Whether a webhook is due. */
  deliveries: boolean;
}

/** Checks for due work once a second, for all slots and deliveries together. A check takes one round trip on one connection. */
export function watchQueue(options: {
  look: () => Promise<DueWork>;
  wakeups: Pick<Wakeups, 'wakeAll'>;
  sendWebhooks: () => void;
  logger: Logger;
}): { close(): void } {
  const { look, wakeups, sendWebhooks, logger } = options;
  let looking = false;
  let timer = setTimeout(() => {
    lookOnce();
    timer = setInterval(lookOnce, LOOK_MS);
  }, FIRST_LOOK_MS);

  function lookOnce(): void {
    if (looking) return;
    looking = true;
    look()
      .then(({ classes, deliveries }) => {
        if (classes.length > 0) wakeups.wakeAll(classes);
        if (deliveries) sendWebhooks();
      })
      .catch((error) => logger.warn({ err: error }, 'the queue could not be read; it is read again in a second'))
      .finally(() => {
        looking = false;
      });
  }

  return { close: () => clearInterval(timer) };
}
