import { type Listener, listen } from '../database/notify.ts';
import type { ResourceClass } from '../database/tables.ts';
import type { Deliveries } from './deliveries.ts';
import type { WorkerDeps } from './deps.ts';
import type { RunningAttempts } from './running-attempts.ts';
import type { Wakeups } from './wakeups.ts';

interface Woken {
  running: Pick<RunningAttempts, 'stop'>;
  wakeups: Pick<Wakeups, 'wake' | 'wakeAll'>;
  deliveries: Pick<Deliveries, 'start'>;
}

/** Wakes slots, stops canceled jobs and sends webhooks as soon as the transaction commits that makes this necessary. */
export function listenForWork(
  { settings, logger }: { settings: Pick<WorkerDeps['settings'], 'databaseUrl'>; logger: WorkerDeps['logger'] },
  { running, wakeups, deliveries }: Woken,
): Promise<Listener> {
  return listen(settings.databaseUrl, ['airlock_queue', 'airlock_cancel', 'airlock_deliveries'], {
    onMessage(channel, payload) {
      if (channel === 'airlock_cancel') running.stop(payload, 'canceled');
      else if (channel === 'airlock_deliveries') deliveries.start();
      else wakeups.wake(payload as ResourceClass);
    },
    onConnect: () => wakeups.wakeAll(),
    onError: (error) => logger.warn({ err: error }, 'listener lost its connection'),
  });
}
