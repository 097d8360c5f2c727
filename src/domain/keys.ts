import type { Selectable } from 'kysely';
import { ApiError } from '../contract/errors.ts';
import { type ApiKeyView, type CreateKeyBody, SCOPES } from '../contract/keys.ts';
import type { Db, Tx } from '../database/pool.ts';
import type { ApiKeysTable } from '../database/tables.ts';
import { makeApiKey } from '../ids/api-key.ts';
import { uuidv7 } from '../ids/uuid.ts';
import type { Account } from './accounts.ts';
import { type AuditEntry, appendAudit } from './audit.ts';

export type ApiKey = Selectable<ApiKeysTable>;

/** Who asks, for the audit log. */
export type Actor = Pick<AuditEntry, 'actor' | 'ip' | 'requestId'>;

export interface CreatedKey {
  key: ApiKey;
  /** Shown once. */
  raw: string;
}

export async function createKey(tx: Tx, accountId: string, body: CreateKeyBody, by: Actor): Promise<CreatedKey> {
  if (body.expires_at && new Date(body.expires_at).getTime() <= Date.now()) {
    throw new ApiError('invalid_request', {
      field: 'expires_at',
      reason: 'lies in the past',
      remedy: 'Give a later time',
    });
  }
  const created = await insertKey(tx, {
    account_id: accountId,
    name: body.name,
    scopes: body.scopes ?? [...SCOPES],
    allowed_cidrs: body.allowed_cidrs ?? [],
    expires_at: body.expires_at ?? null,
  });
  await appendAudit(tx, { ...by, action: 'key.created', target: created.key.id, result: 'ok' });
  return created;
}

export async function listKeys(db: Db, accountId?: string): Promise<ApiKey[]> {
  let query = db.selectFrom('api_keys').selectAll().orderBy('created_at', 'desc').orderBy('id', 'desc');
  if (accountId) query = query.where('account_id', '=', accountId);
  return query.execute();
}

/**
 * Makes the successor of a key. The old one dies at once, or after `overlapSeconds`. A key that is already dead
 * or dying cannot be rotated: its successor exists.
 */
export async function rotateKey(
  tx: Tx,
  id: string,
  options: { accountId?: string; overlapSeconds: number },
  by: Actor,
): Promise<CreatedKey> {
  const old = await lockKey(tx, id, options.accountId);
  if (!isAlive(old) || old.replaced_by) {
    throw new ApiError('invalid_request', {
      field: 'id',
      reason: 'the key is revoked, expired or already rotated',
      remedy: 'Create a new key',
    });
  }
  const created = await insertKey(tx, {
    account_id: old.account_id,
    name: old.name,
    scopes: old.scopes,
    allowed_cidrs: old.allowed_cidrs,
    expires_at: old.expires_at,
  });
  const end =
    options.overlapSeconds > 0
      ? { dies_at: new Date(Date.now() + options.overlapSeconds * 1000) }
      : { revoked_at: new Date() };
  await tx
    .updateTable('api_keys')
    .set({ ...end, replaced_by: created.key.id })
    .where('id', '=', id)
    .execute();
  await appendAudit(tx, {
    ...by,
    action: 'key.rotated',
    target: id,
    result: 'ok',
    details: { successor: created.key.id, overlap_seconds: options.overlapSeconds },
  });
  return created;
}

/** Revokes at once; doing it twice changes nothing. */
export async function revokeKey(tx: Tx, id: string, accountId: string | undefined, by: Actor): Promise<ApiKey> {
  const key = await lockKey(tx, id, accountId);
  if (key.revoked_at) return key;
  const revoked = await tx
    .updateTable('api_keys')
    .set({ revoked_at: new Date() })
    .where('id', '=', id)
    .returningAll()
    .executeTakeFirstOrThrow();
  await appendAudit(tx, { ...by, action: 'key.revoked', target: id, result: 'ok' });
  return revoked;
}

/** A key and the account that it belongs to. */
export interface Caller {
  key: ApiKey;
  account: Account;
}

/** The key with that hash, dead or alive, and its account: one query, for it is asked with every request. */
export async function findCaller(db: Db, hash: Buffer): Promise<Caller | undefined> {
  const found = await db
    .selectFrom('api_keys')
    .innerJoin('accounts', 'accounts.id', 'api_keys.account_id')
    .selectAll('accounts')
    .select(['api_keys.id as key_id', 'api_keys.name as key_name', 'api_keys.created_at as key_created_at'])
    .select(['account_id', 'key_hash', 'hint', 'scopes', 'allowed_cidrs'])
    .select(['expires_at', 'last_used_at', 'revoked_at', 'replaced_by', 'dies_at'])
    .where('key_hash', '=', hash)
    .executeTakeFirst();
  if (!found) return undefined;
  const { key_id: id, key_name: name, key_created_at: created_at, account_id, key_hash, hint, ...others } = found;
  const { scopes, allowed_cidrs, expires_at, last_used_at, revoked_at, replaced_by, dies_at, ...account } = others;
  const told = { id, account_id, name, key_hash, hint, scopes, allowed_cidrs };
  const key = { ...told, created_at, expires_at, last_used_at, revoked_at, replaced_by, dies_at };
  return { key, account };
}

export function isAlive(key: Pick<ApiKey, 'revoked_at' | 'expires_at' | 'dies_at'>, now = Date.now()): boolean {
  const over = (at: Date | null) => at !== null && at.getTime() <= now;
  return key.revoked_at === null && !over(key.expires_at) && !over(key.dies_at);
}

/** Notes the use, at most once a minute a key: a write for every request would be wasted. */
export async function touchKey(db: Db, id: string): Promise<void> {
  await db
    .updateTable('api_keys')
    .set({ last_used_at: new Date() })
    .where('id', '=', id)
    .where((where) =>
      where.or([where('last_used_at', 'is', null), where('last_used_at', '<', new Date(Date.now() - 60_000))]),
    )
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
  };
}

async function insertKey(
  tx: Tx,
  values: Pick<ApiKey, 'account_id' | 'name' | 'scopes' | 'allowed_cidrs'> & { expires_at: Date | string | null },
): Promise<CreatedKey> {
  const made = makeApiKey();
  const key = await tx
    .insertInto('api_keys')
    .values({ ...values, id: uuidv7(), key_hash: made.hash, hint: made.hint })
    .returningAll()
    .executeTakeFirstOrThrow();
  return { key, raw: made.raw };
}

async function lockKey(tx: Tx, id: string, accountId: string | undefined): Promise<ApiKey> {
  let query = tx.selectFrom('api_keys').selectAll().where('id', '=', id).forUpdate();
  if (accountId) query = query.where('account_id', '=', accountId);
  const key = await query.executeTakeFirst();
  if (!key) throw new ApiError('not_found');
  return key;
}
