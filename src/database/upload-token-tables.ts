import type { Generated } from 'kysely';
import type { DefaultedTimestamp, Timestamp } from './columns.ts';

export interface UploadTokensTable {
  id: string;
  account_id: string;
  token_hash: Buffer;
  /** The key that created it; null if a person did. */
  key_id: string | null;
  user_id: string | null;
  /** `https://example.com`; null allows every origin. */
  origin: string | null;
  /** Null allows every type. */
  content_types: string[] | null;
  /** Bytes of one file. */
  max_bytes: number;
  max_files: number;
  /** Uploads that it has begun, whatever became of them. */
  files: Generated<number>;
  expires_at: Timestamp;
  created_at: DefaultedTimestamp;
}
