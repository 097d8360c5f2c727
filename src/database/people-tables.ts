import type { DefaultedTimestamp, Timestamp } from './columns.ts';

export interface UsersTable {
  id: string;
  account_id: string;
  /** Email address in lower case. */
  email: string;
  role: 'operator' | 'admin' | 'member' | 'viewer';
  /** Null until the person sets a password with a setup link. */
  password_hash: string | null;
  disabled_at: Timestamp | null;
  last_sign_in_at: Timestamp | null;
  created_at: DefaultedTimestamp;
}

export interface SessionsTable {
  id: string;
  user_id: string;
  token_hash: Buffer;
  created_at: DefaultedTimestamp;
  last_used_at: DefaultedTimestamp;
  expires_at: Timestamp;
}

export interface SetupLinksTable {
  token_hash: Buffer;
  user_id: string | null;
  expires_at: Timestamp;
  created_at: DefaultedTimestamp;
}

export interface OauthClientsTable {
  id: string;
  name: string;
  redirect_uris: string[];
  created_at: DefaultedTimestamp;
}

export interface OauthCodesTable {
  code_hash: Buffer;
  client_id: string;
  user_id: string;
  redirect_uri: string;
  /** Code challenge (PKCE). Its method is always S256. */
  challenge: string;
  scopes: string[];
  expires_at: Timestamp;
  used_at: Timestamp | null;
  /** Id of the token for which the code was exchanged. */
  key_id: string | null;
}
