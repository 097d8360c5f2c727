import type { Generated } from 'kysely';
import type { DefaultedTimestamp, Timestamp } from './columns.ts';

export interface UploadTokensTable {
  id: string;
  account_id: string;
  token_hash: Buffer;
  /** The key that created the token; null if a person created it. */
  key_id: string | null;
  user_id: string | null;
  /** `https://example.com`; null allows every origin. */
  origin: string | null;
  /** Null allows every type. */
  content_types: string[] | null;
  /** Maximum bytes of one file. */
  max_bytes: number;
  max_files: number;
  /** Number of uploads that the token has begun, including uploads that failed or were deleted. */
  files: Generated<number>;
  expires_at: Timestamp;
  created_at: DefaultedTimestamp;
}
