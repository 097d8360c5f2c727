import { prefixContains } from '../config/addresses.ts';
import { ApiError } from '../contract/errors.ts';
import { ACCOUNT_SCOPES, type CreateKeyBody, MAX_LIVE_KEYS, MAX_NEW_KEYS_A_DAY, SCOPES } from '../contract/keys.ts';
import { secondsAgo } from '../database/clock.ts';
import type { Tx } from '../database/pool.ts';
import { type ApiKey, countLiveKeys } from './key-life.ts';

/** The rights of a key: scopes, addresses and expiry. An empty list of addresses allows every address. */
export type KeyRights = Pick<ApiKey, 'scopes' | 'allowed_cidrs' | 'expires_at'>;

const EVERYTHING: KeyRights = { scopes: [...SCOPES], allowed_cidrs: [], expires_at: null };
const DAY_SECONDS = 86_400;

/**
 * Returns the rights of a new key: the rights in the request, and by default the rights of its creator, except the scope `operator`. If
 * `maker` is null, the operator creates the key on the command line, and may grant everything. Throws `key_exceeds_caller`.
 */
export function grantedRights(body: CreateKeyBody, maker: KeyRights | null): KeyRights {
  const own = maker ?? EVERYTHING;
  const asked: KeyRights = {
    scopes: body.scopes ?? own.scopes.filter((scope) => (ACCOUNT_SCOPES as readonly string[]).includes(scope)),
    allowed_cidrs: body.allowed_cidrs?.length ? body.allowed_cidrs : own.allowed_cidrs,
    expires_at: body.expires_at ? new Date(body.expires_at) : own.expires_at,
  };
  const excess = firstExcess(own, asked);
  if (!excess) return asked;
  throw new ApiError('key_exceeds_caller', {
    field: excess.field,
    reason: `the calling key has ${excess.has}, and the request asks for ${excess.asked}`,
    has: excess.value,
    remedy: `Omit ${excess.field} to grant the permissions of the calling key, request fewer permissions, or use a key that has more`,
  });
}

/** Throws unless the maker could have created the key, because rotating a key returns the raw key of its successor. */
export function requireRotatable(target: ApiKey, maker: KeyRights): void {
  const excess = firstExcess(maker, target);
  if (!excess) return;
  throw new ApiError('key_exceeds_caller', {
    field: 'id',
    reason: `in ${excess.field}, that key has ${excess.asked}, and the calling key has ${excess.has}`,
    has: excess.value,
  });
}

/** Returns the rights of a key. A key that was rotated with an overlap expires when the overlap ends. */
export function rightsOf(key: ApiKey): KeyRights {
  const ends = [key.expires_at, key.dies_at].filter((end) => end !== null).sort((a, b) => a.getTime() - b.getTime());
  return { scopes: key.scopes, allowed_cidrs: key.allowed_cidrs, expires_at: ends[0] ?? null };
}

interface Excess {
  field: keyof KeyRights;
  /** Texts for the reason: what the caller has, and what the request asks for. */
  has: string;
  asked: string;
  /** Value for `details`. */
  value: string[] | string | null;
}

function firstExcess(own: KeyRights, asked: KeyRights): Excess | null {
  const scopes = asked.scopes.filter((scope) => !own.scopes.includes(scope));
  if (scopes.length > 0) return excess('scopes', own.scopes, scopes);
  const outside = addressesOutside(own.allowed_cidrs, asked.allowed_cidrs);
  if (outside.length > 0) return excess('allowed_cidrs', own.allowed_cidrs, outside);
  if (own.expires_at && (!asked.expires_at || asked.expires_at > own.expires_at)) {
    const [has, wants] = [own.expires_at, asked.expires_at].map((end) => end?.toISOString() ?? 'no end');
    return { field: 'expires_at', has: has!, asked: wants!, value: has! };
  }
  return null;
}

function excess(field: keyof KeyRights, own: string[], asked: string[]): Excess {
  return { field, has: own.join(', '), asked: asked.join(', '), value: own };
}

/** Returns the requested ranges that no range of the caller contains. Adjacent ranges of the caller are not combined. */
function addressesOutside(own: readonly string[], asked: readonly string[]): string[] {
  if (own.length === 0) return [];
  if (asked.length === 0) return ['every address'];
  return asked.filter((range) => !own.some((ours) => prefixContains(ours, range)));
}

/**
 * Throws `too_many_keys` if `added` more active keys would exceed the account's limit, or if the account has reached its limit of new keys
 * in 24 hours. Keys that the operator or a local command creates do not count. Exact while the caller holds the account's lock.
 */
export async function requireKeyCapacity(tx: Tx, accountId: string, added: 0 | 1): Promise<void> {
  const live = await countLiveKeys(tx, accountId);
  if (live + added > MAX_LIVE_KEYS) {
    throw new ApiError('too_many_keys', {
      limit: MAX_LIVE_KEYS,
      live,
      reason: `the account has ${live} active keys, and ${MAX_LIVE_KEYS} are allowed`,
      remedy: 'Revoke keys that you no longer need, or rotate a key without overlap_seconds',
    });
  }
  const { made } = await tx
    .selectFrom('api_keys')
    .select((select) => select.fn.countAll<number>().as('made'))
    .where('account_id', '=', accountId)
    .where('origin', '=', 'account')
    .where('created_at', '>', secondsAgo(DAY_SECONDS))
    .executeTakeFirstOrThrow();
  if (made < MAX_NEW_KEYS_A_DAY) return;
  throw new ApiError('too_many_keys', {
    limit: MAX_NEW_KEYS_A_DAY,
    made,
    reason: `the account has created ${made} keys within 24 hours, and ${MAX_NEW_KEYS_A_DAY} are allowed`,
  });
}
