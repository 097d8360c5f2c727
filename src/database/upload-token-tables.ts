import type { Generated } from 'kysely';
import type { DefaultedTimestamp, Timestamp } from './columns.ts';

export interface UploadTokensTable {
  id: string;
  account_id: string;
  token_hash: Buffer;
  /** Id of the key that created the token. Null if a person created it. */
  key_id: string | null;
  user_id: string | null;
  /** Allowed origin, such as `https://example.com`. Null allows every origin. */
  origin: string | null;
  /** Allowed content types. Null allows every type. */
  content_types: string[] | null;
  /** Maximum bytes of one file. */
  max_bytes: number;
  max_files: number;
  /** Number of uploads that the token has begun, including uploads that failed or were deleted. */
  files: Generated<number>;
  expires_at: Timestamp;
  created_at: DefaultedTimestamp;
}
