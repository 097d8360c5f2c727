import { isFinal } from '../contract/common.ts';
import type { Tx } from '../database/pool.ts';
import { deleteBytes } from '../objects/deletion.ts';
import { markDeleting } from '../objects/objects.ts';
import { childrenOf } from './children.ts';
import { scrubJobs } from './erase.ts';
import type { JobsContext } from './kind.ts';

/** Deletes the outputs of the children of a job after their parent has read them, or has ended. */
export async function discardChildren(context: JobsContext, parentId: string): Promise<void> {
  const objects = await context.db.transaction().execute((tx) => markChildren(tx, parentId));
  await deleteBytes(context, objects);
}

/**
 * Like `discardChildren`, in a transaction of the caller, which has locked the children. Returns the ids of the objects. The sweeper
 * deletes their bytes.
 */
export async function markChildren(tx: Tx, parentId: string): Promise<string[]> {
  const final = (await childrenOf(tx, parentId)).filter(({ status, erased_at }) => isFinal(status) && !erased_at);
  const objects = await scrubJobs(
    tx,
    final.map(({ id }) => id),
    new Date(),
    'retention',
  );
  await markDeleting(tx, objects, 'replaced');
  return objects;
}
