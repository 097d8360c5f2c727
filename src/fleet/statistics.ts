import { sql } from 'kysely';
import { bytesToCome, promisedToAll, storeSpace } from '../accounts/stored-bytes.ts';
import type { Context } from '../database/context.ts';
import { RESOURCE_CLASSES } from '../database/tables.ts';
import { aliveWorkers } from './workers.ts';

/** Metrics of the whole service, as opposed to one process. */
export async function readStatistics({ db, store }: Pick<Context, 'db' | 'store'>) {
  const [jobs, oldest, workers, stored, promised, space] = await Promise.all([
    db
      .selectFrom('jobs')
      .select((select) => ['status', 'resource_class', select.fn.countAll<number>().as('count')])
      .groupBy(['status', 'resource_class'])
      .execute(),
    db
      .selectFrom('jobs')
      .select(['resource_class', sql<number>`extract(epoch FROM now() - min(updated_at))::float8`.as('seconds')])
      .where('status', '=', 'pending')
      .where('available_at', '<=', sql<Date>`now()`)
      .groupBy('resource_class')
      .execute(),
    aliveWorkers(db),
    db
      .selectFrom('objects')
      .select(sql<number>`coalesce(sum(size), 0)::float8`.as('bytes'))
      .where('state', 'in', ['pending', 'live', 'deleting'])
      .executeTakeFirst(),
    promisedToAll(db),
    // Report the other figures even while the storage is unreachable.
    storeSpace({ store }).catch(() => null),
  ]);
  return {
    jobs,
    oldestWaitingSeconds: Object.fromEntries(
      RESOURCE_CLASSES.map((name) => [name, oldest.find((row) => row.resource_class === name)?.seconds ?? 0]),
    ),
    workers: workers.length,
    slots: workers.reduce((sum, worker) => sum + worker.slots, 0),
    storedBytes: stored?.bytes ?? 0,
    promisedBytes: bytesToCome(promised, space?.stagedBytes ?? 0),
    space,
  };
}
