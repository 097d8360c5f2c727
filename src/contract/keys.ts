import ipaddr from 'ipaddr.js';
import * as z from 'zod';
import { deletedFields, someWarnings, timestamp } from './common.ts';
import { plainText, rule } from './faults/rule.ts';
import { listOf, nextField } from './lists.ts';

/** Scopes that grant access to one account. */
export const ACCOUNT_SCOPES = ['transcode', 'upload', 'read', 'admin'] as const;
/**
 * `operator` grants access to the accounts, workers and audit log of the entire server. A key gets this scope only if it is requested
 * explicitly.
 */
export const SCOPES = [...ACCOUNT_SCOPES, 'operator'] as const;
export type Scope = (typeof SCOPES)[number];

/** Maximum number of active keys of one account. Keys that the operator creates count, but are never rejected. */
export const MAX_LIVE_KEYS = 100;
/**
 * Maximum number of keys that an account may create in 24 hours, including rotations. The number is limited, because rows of keys and of
 * the audit log are kept.
 */
export const MAX_NEW_KEYS_A_DAY = 1000;
/** Maximum number of inactive keys in a list. The list contains the newest. */
export const MAX_LISTED_DEAD_KEYS = 100;

/** An address or a prefix. Bits set after the prefix are rejected, because 10.0.0.1/8 is ambiguous. */
const cidr = z
  .union([z.cidrv4(), z.cidrv6(), z.ipv4(), z.ipv6()])
  .refine(isNetworkAddress, rule('has bits set after its prefix', 'Send the first address of the range'));

function isNetworkAddress(text: string): boolean {
  if (!text.includes('/') || !ipaddr.isValidCIDR(text)) return true;
  const [address] = ipaddr.parseCIDR(text);
  const kind = address.kind() === 'ipv4' ? ipaddr.IPv4 : ipaddr.IPv6;
  return kind.networkAddressFromCIDR(text).toNormalizedString() === address.toNormalizedString();
}

export const createKeyBody = z
  .object({
    name: plainText(100).min(1).describe('For people.'),
    scopes: z
      .array(z.enum(SCOPES))
      .min(1)
      .nullish()
      .describe('Scopes of the key. If absent, all scopes of the calling key except `operator`.'),
    expires_at: z.iso
      .datetime({ offset: true })
      .nullish()
      .describe('When it expires. If absent, when the calling key expires.'),
    allowed_cidrs: z
      .array(cidr)
      .max(64)
      .nullish()
      .describe('Addresses from which it works. If absent, the addresses of the calling key.'),
  })
  .meta({ id: 'CreateKeyRequest', description: 'A key to create.' });

export type CreateKeyBody = z.infer<typeof createKeyBody>;

export const apiKey = z
  .object({
    id: z.uuid().describe('The id of the key; not a secret.'),
    name: z.string().describe('For people.'),
    hint: z.string().describe('Its last four characters.'),
    scopes: z.array(z.string().meta({ enum: [...SCOPES] })).describe('What it may do.'),
    allowed_cidrs: z.array(z.string()).describe('Addresses that can use the key; all addresses if empty.'),
    created_at: timestamp.describe('When it was created.'),
    expires_at: timestamp.nullable().describe('When it expires.'),
    last_used_at: timestamp.nullable().describe('When it was last used, to the minute.'),
    revoked_at: timestamp.nullable().describe('When it was revoked.'),
    dies_at: timestamp.nullable().describe('When the overlap of its rotation ends.'),
    replaced_by: z.uuid().nullable().describe('The key that replaced it.'),
    oauth_client: z
      .uuid()
      .nullable()
      .describe('The OAuth client that uses this access token, which has the same name; null for other keys.'),
  })
  .meta({ id: 'ApiKey', description: 'A key, without the secret.' });

export type ApiKeyView = z.infer<typeof apiKey>;

export const revokedApiKey = apiKey
  .extend({ ...deletedFields('key'), warnings: someWarnings })
  .meta({ id: 'RevokedApiKey', description: 'A key that is revoked.' });

export const newApiKey = apiKey
  .extend({
    key: z
      .string()
      .nullable()
      .meta({ description: 'The raw key, shown once: null when an Idempotency-Key repeats the request.' }),
    warnings: someWarnings,
  })
  .meta({ id: 'NewApiKey', description: 'A new key, with the secret.' });

export const rotatedApiKey = newApiKey
  .extend({
    old_key_until: timestamp.describe(
      'When the old key stops working. Without an overlap, this is the time of the rotation.',
    ),
  })
  .meta({ id: 'RotatedApiKey', description: 'The successor of a key, with the secret.' });

export const keyList = z
  .object({ items: z.array(apiKey).describe('Newest first.'), next: nextField, warnings: someWarnings })
  .meta({ id: 'ApiKeyList', description: 'The keys of the account.' });

/** By default, a page contains every key in the list. Operators may create more active keys than `MAX_LIVE_KEYS`. */
export const keysQuery = listOf(1000);

export const rotateKeyBody = z
  .object({
    overlap_seconds: z
      .number()
      .int()
      .min(0)
      .max(30 * 86_400)
      .nullish()
      .describe('Seconds for which the old key still works. Defaults to 0: the old key stops immediately.'),
  })
  .meta({ id: 'RotateKeyRequest', description: 'How to replace a key.' });
