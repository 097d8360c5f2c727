import { storeSpace } from '../accounts/store-space.ts';
import { bytesToCome, promisedToAll, storedByAll } from '../accounts/stored-bytes.ts';
import type { Context } from '../database/context.ts';
import { countStuck, stuckObjects } from '../objects/deletion.ts';

/** Maximum number of undeletable objects that an operator sees. */
const LISTED_OBJECTS = 100;

/**
 * Returns how full the storage is, and the objects that cannot be deleted. Reports the figures from the database even if the storage does
 * not respond.
 */
export async function readStorage({ db, store }: Pick<Context, 'db' | 'store'>) {
  const [stored, promised, undeletable, stuck, space] = await Promise.all([
    storedByAll(db),
    promisedToAll(db),
    countStuck(db),
    stuckObjects(db, LISTED_OBJECTS),
    storeSpace({ store }).catch(() => null),
  ]);
  return {
    stored_bytes: stored,
    promised_bytes: bytesToCome(promised, space?.stagedBytes ?? 0),
    undeletable: {
      total: undeletable,
      objects: stuck.map(({ deletion_failures, deletion_error, deletion_due_at, ...object }) => ({
        ...object,
        failures: deletion_failures,
        error: deletion_error,
        next_attempt_at: deletion_due_at.toISOString(),
      })),
    },
    disk: space && { spare_bytes: Math.max(0, space.spareBytes) },
  };
}
