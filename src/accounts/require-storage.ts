import type { Tx } from '../database/pool.ts';
import type { StoreSpace } from '../storage/types.ts';
import { lockAccount } from './accounts.ts';
import { bytesToCome, diskFull, overQuota, promisedToAll, readStoredBytes } from './stored-bytes.ts';

/**
 * Checks for a request whether an account may store this number of additional bytes, and locks the account until the row is committed.
 * Throws `storage_quota` or `storage_full`.
 */
export async function requireStorage(
  tx: Tx,
  accountId: string,
  bytes: number,
  space: StoreSpace | null,
): Promise<void> {
  const [account, stored] = await Promise.all([lockAccount(tx, accountId), readStoredBytes(tx, accountId)]);
  if (account && stored + bytes > account.max_stored_bytes) throw overQuota(account.max_stored_bytes, stored, bytes);
  if (!space) return;
  const promised = await promisedToAll(tx);
  if (bytes > space.spareBytes - bytesToCome(promised, space.stagedBytes)) throw diskFull(bytes);
}
