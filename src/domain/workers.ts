import type { Insertable } from 'kysely';
import type { Db } from '../database/pool.ts';
import type { WorkersTable } from '../database/tables.ts';
import { LOST_SECONDS } from './context.ts';

export async function registerWorker(db: Db, worker: Insertable<WorkersTable>): Promise<void> {
  await db.insertInto('workers').values(worker).execute();
}

/** `ffmpeg`: the build of now; it changes while a worker runs. */
export async function beatWorker(db: Db, id: string, now: { draining: boolean; ffmpeg: string }): Promise<void> {
  await db
    .updateTable('workers')
    .set({ heartbeat_at: new Date(), ...now })
    .where('id', '=', id)
    .execute();
}

export async function removeWorker(db: Db, id: string): Promise<void> {
  await db.deleteFrom('workers').where('id', '=', id).execute();
}

/** Workers that have been heard of lately. */
export async function aliveWorkers(db: Db) {
  return db
    .selectFrom('workers')
    .selectAll()
    .where('heartbeat_at', '>', new Date(Date.now() - LOST_SECONDS * 1000))
    .execute();
}

/** Other workers of the same host and boot: the caller can see by itself which of them still live. */
export async function workersOfHost(db: Db, host: string, boot: string) {
  return db.selectFrom('workers').selectAll().where('host', '=', host).where('boot', '=', boot).execute();
}

export async function removeSilentWorkers(db: Db, olderThanSeconds: number): Promise<void> {
  await db
    .deleteFrom('workers')
    .where('heartbeat_at', '<', new Date(Date.now() - olderThanSeconds * 1000))
    .execute();
}
