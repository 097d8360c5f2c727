import type { ApiKeyView, CreateKeyBody } from '../../contract/keys.ts';
import { AT, ID, LATER } from './example-values.ts';

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
  RotatedApiKey: { ...apiKey, key: 'al_live_…', old_key_until: LATER },
  RevokedApiKey: { ...apiKey, revoked_at: LATER, object: 'key', deleted: true },
};
