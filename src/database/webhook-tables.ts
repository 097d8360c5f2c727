import type { Generated } from 'kysely';
import type { DefaultedTimestamp, Timestamp } from './columns.ts';

/**
 * Why a webhook was disabled. `gone`: its endpoint responded with 410. `failing`: deliveries to its endpoint failed for days. `paused`: its
 * owner disabled the webhook. `revoked`: the OAuth token that created the webhook was revoked.
 */
export type DisabledReason = 'gone' | 'failing' | 'paused' | 'revoked';

export interface WebhooksTable {
  id: string;
  account_id: string;
  url_sealed: Buffer;
  description_sealed: Buffer | null;
  types: string[] | null;
  secret_sealed: Buffer;
  old_secret_sealed: Buffer | null;
  old_secret_until: Timestamp | null;
  failing_since: Timestamp | null;
  timeouts: Generated<number>;
  backs_off_until: Timestamp | null;
  disabled_at: Timestamp | null;
  disabled_reason: DisabledReason | null;
  /** Id of the key that last set the URL or secret of the webhook. Null if a person set it. */
  made_by: string | null;
  created_at: DefaultedTimestamp;
  updated_at: DefaultedTimestamp;
}

export interface WebhookSecretsTable {
  account_id: string;
  secret_sealed: Buffer;
  old_secret_sealed: Buffer | null;
  old_secret_until: Timestamp | null;
}

export type DeliveryState = 'pending' | 'delivered' | 'failed';

export interface WebhookDeliveriesTable {
  id: string;
  account_id: string;
  webhook_id: string | null;
  endpoint: string;
  /** 64-bit transaction id, in decimal. */
  event_tx: string;
  event_id: number;
  type: string;
  job_id: string | null;
  batch_id: string | null;
  state: Generated<DeliveryState>;
  /** Number of attempts since the delivery was created, or was last sent again manually. */
  attempts: Generated<number>;
  earlier_attempts: Generated<number>;
  next_attempt_at: Timestamp | null;
  status: number | null;
  error: string | null;
  created_at: DefaultedTimestamp;
  attempted_at: Timestamp | null;
}
