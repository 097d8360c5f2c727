import { sql } from 'kysely';
import type { Tx } from '../database/pool.ts';
import type { StoreSpace } from '../storage/types.ts';
import type { Account } from './accounts.ts';
import { type RowFigures, requireRowShare, rowFiguresOf } from './row-bytes.ts';
import { bytesToCome, diskFull, hasSpaceLeft, promisedToAll } from './stored-bytes.ts';

/**
 * Checks whether an account may add a row of this size in bytes to the database, if the database shares the disk with the storage. Throws
 * `storage_quota` or `storage_full`.
 */
export async function requireRowCapacity(
  tx: Tx,
  account: Pick<Account, 'id'>,
  space: StoreSpace | null,
  bytes: number,
): Promise<void> {
  if (!space) return;
  const promised = await promisedToAll(tx);
  if (!hasSpaceLeft(space, promised)) throw diskFull(bytes);
  if (promised.accounts <= 1) return;
  const { rows } = await sql<RowFigures>`SELECT ${rowFiguresOf(account.id)}`.execute(tx);
  requireRowShare(rows[0]!, 0, space.spareBytes - bytesToCome(promised, space.stagedBytes) - bytes);
}
