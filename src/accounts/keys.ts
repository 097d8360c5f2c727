import { sql } from 'kysely';
import { ApiError } from '../contract/errors.ts';
import { type ApiKeyView, type CreateKeyBody, MAX_LISTED_DEAD_KEYS } from '../contract/keys.ts';
import { makeApiKey } from '../crypto/api-key.ts';
import { uuidv7 } from '../crypto/uuid.ts';
import { databaseNow, inSeconds, secondsAgo } from '../database/clock.ts';
import { compileOnce } from '../database/compile-once.ts';
import { ACCOUNT_COLUMNS } from '../database/every-column.ts';
import type { Db, Tx } from '../database/pool.ts';
import type { KeyOrigin } from '../database/tables.ts';
import { recordEvent } from '../events/record.ts';
import { type Account, lockAccount } from './accounts.ts';
import { type Actor, appendAudit } from './audit.ts';
import { grantedRights, type KeyRights, requireKeyCapacity, requireRotatable, rightsOf } from './key-bounds.ts';
import { type ApiKey, isAliveRow, isListedRow, type JudgedKey, selectAlive } from './key-life.ts';
import { endWhatKeyMade } from './token-end.ts';

export interface CreatedKey {
  key: ApiKey;
  /** The raw key. It is not stored, and shown only once. */
  raw: string;
}

/** The successor of a key, and when the old key stops working. */
export interface RotatedKey extends CreatedKey {
  oldKeyUntil: Date;
}

/** The creator of a key over the API: a key, or a person with the rights of their role. */
export type KeyMaker = { key: ApiKey } | { rights: KeyRights };

function makerId(maker: KeyMaker | 'operator' | 'command'): string | null {
  return typeof maker === 'object' && 'key' in maker ? maker.key.id : null;
}

/**
 * Creates a key for the account. A key that is created over the API has at most the rights of its `maker`, and counts against the account's
 * limits. Without a `maker`, the operator creates the key, or a local command for its own use, and no limits apply.
 */
export async function createKey(
  tx: Tx,
  accountId: string,
  body: CreateKeyBody,
  by: Actor,
  maker: KeyMaker | 'operator' | 'command' = 'operator',
): Promise<CreatedKey> {
  const own = typeof maker === 'string' ? null : await lockMaker(tx, accountId, maker);
  const rights = grantedRights(body, own);
  if (own) await requireKeyCapacity(tx, accountId, 1);
  const origin = typeof maker === 'string' ? maker : 'account';
  const made = { account_id: accountId, name: body.name, origin, made_by: makerId(maker) } as const;
  const created = await insertKey(tx, { ...made, ...rights });
  if (!created.key.is_alive) {
    throw new ApiError('invalid_request', {
      field: 'expires_at',
      reason: 'is in the past',
      remedy: 'Send a later time',
    });
  }
  await appendAudit(tx, { ...by, action: 'key.created', target: created.key.id, result: 'ok' });
  await recordEvent(tx, { accountId }, 'key.created', { key_id: created.key.id });
  return created;
}

/**
 * Returns the keys of all accounts, newest first, for the operator. Includes the keys of local commands that have ended only on request.
 */
export async function listAllKeys(db: Db, options: { endedCommands: boolean }): Promise<JudgedKey[]> {
  const newest = db
    .selectFrom('api_keys')
    .selectAll()
    .select(selectAlive)
    .orderBy('created_at', 'desc')
    .orderBy('id', 'desc');
  if (options.endedCommands) return newest.execute();
  return newest.where(isListedRow).execute();
}

/**
 * Returns all keys that this key created or rotated, directly or through other keys, with their successors, newest first. If the key was
 * stolen, these keys must also be revoked. Reads the audit log.
 */
export async function listKeysMadeBy(db: Db, id: string): Promise<JudgedKey[]> {
  const made = sql<string>`
    WITH RECURSIVE births AS (
      SELECT actor, CASE action WHEN 'key.rotated' THEN target END AS old,
        CASE action WHEN 'key.rotated' THEN details->>'successor' ELSE target END AS child
      FROM audit_log WHERE action IN ('key.created', 'key.rotated')
    ), made (id) AS (
      SELECT child FROM births WHERE actor = ${`key:${id}`}
      UNION
      SELECT child FROM births JOIN made ON births.actor = 'key:' || made.id OR births.old = made.id
    )
    SELECT id::uuid FROM made`;
  return db
    .selectFrom('api_keys')
    .selectAll()
    .select(selectAlive)
    .where('id', 'in', sql<string>`(${made})`)
    .orderBy('created_at', 'desc')
    .orderBy('id', 'desc')
    .execute();
}

/** Returns an account's keys, newest first: all active keys, and the newest inactive keys. */
export async function listKeys(db: Db, accountId: string): Promise<ApiKey[]> {
  const newest = db
    .selectFrom('api_keys')
    .where('account_id', '=', accountId)
    .orderBy('created_at', 'desc')
    .orderBy('id', 'desc');
  const inactive = newest
    .select('id')
    .where((row) => row.and([row.not(isAliveRow(row)), isListedRow(row)]))
    .limit(MAX_LISTED_DEAD_KEYS);
  return newest
    .selectAll()
    .where((row) => row.or([isAliveRow(row), row('id', 'in', inactive)]))
    .execute();
}

/**
 * Creates the successor of a key, with the same rights. The old key is revoked immediately, or expires after `overlapSeconds`. A key that
 * is inactive or already rotated is rejected. A `maker` can rotate only keys that have at most its own rights. Without a `maker`, the
 * operator rotates the key.
 */
export async function rotateKey(
  tx: Tx,
  id: string,
  options: { overlapSeconds: number; for?: { accountId: string; maker: KeyMaker } },
  by: Actor,
): Promise<RotatedKey> {
  const own = options.for && (await lockMaker(tx, options.for.accountId, options.for.maker));
  const old = await lockKey(tx, id, options.for?.accountId);
  if (!old.is_alive || old.replaced_by) {
    const reason = 'it is revoked, expired or already rotated';
    throw new ApiError('key_not_active', { field: 'id', reason, remedy: 'Create a new key' });
  }
  if (own) {
    requireRotatable(old, own);
    await requireKeyCapacity(tx, old.account_id, options.overlapSeconds > 0 ? 1 : 0);
  }
  const created = await insertKey(tx, {
    account_id: old.account_id,
    name: old.name,
    origin: options.for ? 'account' : 'operator',
    scopes: old.scopes,
    allowed_cidrs: old.allowed_cidrs,
    expires_at: old.expires_at,
    made_by: makerId(options.for?.maker ?? 'operator'),
  });
  const end = options.overlapSeconds > 0 ? { dies_at: inSeconds(options.overlapSeconds) } : { revoked_at: databaseNow };
  const { oldKeyUntil } = await tx
    .updateTable('api_keys')
    .set({ ...end, replaced_by: created.key.id })
    .where('id', '=', id)
    .returning(sql<Date>`LEAST(revoked_at, dies_at, expires_at)`.as('oldKeyUntil'))
    .executeTakeFirstOrThrow();
  await appendAudit(tx, {
    ...by,
    action: 'key.rotated',
    target: id,
    result: 'ok',
    details: { successor: created.key.id, overlap_seconds: options.overlapSeconds },
  });
  const event = { key_id: id, successor_id: created.key.id };
  await recordEvent(tx, { accountId: old.account_id }, 'key.rotated', event);
  return { ...created, oldKeyUntil };
}

/** Revokes a key immediately. For an OAuth token, also revokes the keys and disables the webhooks that the token made. Idempotent. */
export async function revokeKey(tx: Tx, id: string, accountId: string | undefined, by: Actor): Promise<ApiKey> {
  const key = await lockKey(tx, id, accountId);
  // What the token made ends even if the token has rotated itself.
  if (key.oauth_client_id) await endWhatKeyMade(tx, key, by);
  return endKey(tx, key, by);
}

/** Revokes a key, but not the keys and webhooks that it made. */
export async function endKey(tx: Tx, key: ApiKey, by: Actor): Promise<ApiKey> {
  if (key.revoked_at) return key;
  const { id } = key;
  const revoked = await tx
    .updateTable('api_keys')
    .set({ revoked_at: databaseNow })
    .where('id', '=', id)
    .returningAll()
    .executeTakeFirstOrThrow();
  await appendAudit(tx, { ...by, action: 'key.revoked', target: id, result: 'ok' });
  await recordEvent(tx, { accountId: key.account_id }, 'key.revoked', { key_id: id });
  return revoked;
}

const aMinuteAgo = secondsAgo(sql.lit(60));

const selectKey = compileOnce((db, { hash }: { hash: Buffer }) =>
  db
    .selectFrom('api_keys')
    .innerJoin('accounts', 'accounts.id', 'api_keys.account_id')
    .select(ACCOUNT_COLUMNS.map((column) => `accounts.${column}` as const))
    .select(['api_keys.id as key_id', 'api_keys.name as key_name', 'api_keys.created_at as key_created_at'])
    .select(['account_id', 'key_hash', 'hint', 'scopes', 'allowed_cidrs'])
    .select(['expires_at', 'last_used_at', 'revoked_at', 'replaced_by', 'dies_at', 'oauth_client_id', 'made_by'])
    .select(selectAlive)
    .select(sql<boolean>`coalesce(last_used_at >= ${aMinuteAgo}, false)`.as('is_noted'))
    .where('key_hash', '=', hash),
);

/** A key, active or not. */
interface FoundKey {
  key: ApiKey;
  account: Account;
  isAlive: boolean;
  /** Whether its use was recorded less than a minute ago. */
  isNoted: boolean;
}

/** Finds the key with this hash and its account. Uses a single query, because every request runs it. */
export async function findKey(db: Db, hash: Buffer): Promise<FoundKey | undefined> {
  const [found] = await selectKey(db, { hash });
  if (!found) return undefined;
  const { key_id: id, key_name: name, key_created_at: created_at, account_id, key_hash, hint, ...others } = found;
  const {
    scopes,
    allowed_cidrs,
    expires_at,
    last_used_at,
    revoked_at,
    replaced_by,
    dies_at,
    oauth_client_id,
    made_by,
    is_alive: isAlive,
    is_noted: isNoted,
    ...account
  } = others;
  const fields = { id, account_id, name, key_hash, hint, scopes, allowed_cidrs };
  const times = { created_at, expires_at, last_used_at, revoked_at };
  const key = { ...fields, ...times, replaced_by, dies_at, oauth_client_id, made_by };
  return { key, account, isAlive, isNoted };
}

/** Records the use of a key, at most once a minute to avoid a write for every request: see `FoundKey.isNoted`. */
export async function touchKey(db: Db, id: string): Promise<void> {
  await db
    .updateTable('api_keys')
    .set({ last_used_at: databaseNow })
    .where('id', '=', id)
    .where((where) => where.or([where('last_used_at', 'is', null), where('last_used_at', '<', aMinuteAgo)]))
    .execute();
}

export function viewKey(key: ApiKey): ApiKeyView {
  const time = (at: Date | null) => at?.toISOString() ?? null;
  return {
    id: key.id,
    name: key.name,
    hint: key.hint,
    scopes: key.scopes,
    allowed_cidrs: key.allowed_cidrs,
    created_at: key.created_at.toISOString(),
    expires_at: time(key.expires_at),
    last_used_at: time(key.last_used_at),
    revoked_at: time(key.revoked_at),
    dies_at: time(key.dies_at),
    replaced_by: key.replaced_by,
    oauth_client: key.oauth_client_id,
  };
}

async function insertKey(
  tx: Tx,
  values: Pick<ApiKey, 'account_id' | 'name' | 'scopes' | 'allowed_cidrs' | 'made_by'> & {
    origin: KeyOrigin;
    expires_at: Date | string | null;
  },
): Promise<CreatedKey & { key: JudgedKey }> {
  const made = makeApiKey();
  const key = await tx
    .insertInto('api_keys')
    .values({ ...values, id: uuidv7(), key_hash: made.hash, hint: made.hint })
    .returningAll()
    .returning(selectAlive)
    .executeTakeFirstOrThrow();
  return { key, raw: made.raw };
}

/**
 * Returns the permissions that the creating key may grant. Throws `unauthorized` if this key was revoked after the request was
 * authenticated. The account's lock serializes the creation of keys, so that limits are exact and two keys that rotate each other do not
 * deadlock.
 */
async function lockMaker(tx: Tx, accountId: string, maker: KeyMaker): Promise<KeyRights> {
  await lockAccount(tx, accountId);
  if ('rights' in maker) return maker.rights;
  const current = await lockKey(tx, maker.key.id, accountId);
  if (!current.is_alive) throw new ApiError('unauthorized');
  return rightsOf(current);
}

async function lockKey(tx: Tx, id: string, accountId: string | undefined): Promise<JudgedKey> {
  let query = tx.selectFrom('api_keys').selectAll().select(selectAlive).where('id', '=', id).forUpdate();
  if (accountId) query = query.where('account_id', '=', accountId);
  const key = await query.executeTakeFirst();
  if (!key) throw new ApiError('not_found');
  return key;
}
