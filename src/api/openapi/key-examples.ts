import type { ApiKeyView, CreateKeyBody } from '../../contract/keys.ts';

const ID = '019a1c5e-7d2a-7c3e-9f00-2b8d5a6c1e4f';
const AT = '2026-05-22T14:30:45.000Z';
const LATER = '2026-05-22T14:31:07.000Z';

const createKeyRequest: CreateKeyBody = { name: 'uploader', scopes: ['upload'], allowed_cidrs: ['203.0.113.0/24'] };
const apiKey: ApiKeyView = {
  id: ID,
  name: 'uploader',
  hint: 'x7Qd',
  scopes: ['upload'],
  allowed_cidrs: ['203.0.113.0/24'],
  created_at: AT,
  expires_at: null,
  last_used_at: null,
  revoked_at: null,
  dies_at: null,
  replaced_by: null,
  oauth_client: null,
};

/** Examples of requests and responses about keys, by the name of their schema. */
export const KEY_EXAMPLES: Readonly<Record<string, unknown>> = {
  CreateKeyRequest: createKeyRequest,
  RotateKeyRequest: { overlap_seconds: 3600 },
  ApiKeyList: { items: [apiKey], next: null },
  NewApiKey: { ...apiKey, key: 'al_live_…' },
  RevokedApiKey: { ...apiKey, revoked_at: LATER, object: 'key', deleted: true },
};
