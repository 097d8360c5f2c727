import type { DefaultedTimestamp } from './columns.ts';

export interface ConnectionsTable {
  id: string;
  account_id: string;
  name: string;
  /** Endpoint, region, bucket and access key. */
  access_sealed: Buffer;
  created_at: DefaultedTimestamp;
}
