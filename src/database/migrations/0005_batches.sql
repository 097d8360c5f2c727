-- Batches -----------------------------------------------------------------------------------------------------------
-- Jobs that were created by one request. A batch is complete when the last of its jobs is final.

CREATE TABLE batches (
  id                uuid PRIMARY KEY,
  account_id        uuid NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
  total             integer NOT NULL CHECK (total >= 1),
  accepted          integer NOT NULL,
  refusals_sealed   bytea,                                               -- errors of the refused items
  metadata_sealed   bytea,
  webhook_sealed    bytea,                                               -- receives batch.completed
  retention_seconds integer NOT NULL,
  created_at        timestamptz NOT NULL DEFAULT now(),
  canceled_at       timestamptz,
  completed_at      timestamptz,
  expires_at        timestamptz                                          -- its texts are erased then
);
CREATE INDEX batches_due ON batches (expires_at) WHERE expires_at IS NOT NULL;

ALTER TABLE jobs ADD COLUMN batch_index integer;                         -- place in the request
CREATE INDEX jobs_batch ON jobs (batch_id, batch_index) WHERE batch_id IS NOT NULL;

ALTER TABLE events ADD COLUMN batch_id uuid;
CREATE INDEX events_batch ON events (batch_id, tx, id) WHERE batch_id IS NOT NULL;

ALTER TABLE webhook_deliveries ADD COLUMN batch_id uuid;

ALTER TABLE idempotency_keys ADD COLUMN batch_id uuid;
CREATE INDEX idempotency_keys_batch ON idempotency_keys (batch_id) WHERE batch_id IS NOT NULL;
