import type { DefaultedTimestamp, Timestamp } from './columns.ts';

export interface TemplatesTable {
  id: string;
  account_id: string;
  name: string;
  /** Number of the newest version. */
  latest: number;
  created_at: DefaultedTimestamp;
  updated_at: DefaultedTimestamp;
  /** A deleted template still counts in the account's changes per day. */
  deleted_at: Timestamp | null;
}

export interface TemplateVersionsTable {
  template_id: string;
  account_id: string;
  /** Number of the version, beginning at 1. */
  version: number;
  /** Null once the template is deleted. */
  content_sealed: Buffer | null;
  created_at: DefaultedTimestamp;
}
