-- Jobs of a key, and what a key has made ---------------------------------------------------------------------------

-- A key without the scope `read` sees only the jobs and batches of its own line: itself, what it replaced, and what
-- replaced it.
ALTER TABLE batches ADD COLUMN key_id uuid REFERENCES api_keys (id) ON DELETE SET NULL;
UPDATE batches SET key_id = (SELECT jobs.key_id FROM jobs WHERE jobs.batch_id = batches.id LIMIT 1);
CREATE INDEX batches_key ON batches (key_id) WHERE key_id IS NOT NULL;
CREATE INDEX jobs_key_newest ON jobs (key_id, created_at DESC, id DESC) WHERE key_id IS NOT NULL AND kind = 'transcode';
CREATE INDEX api_keys_replaced_by ON api_keys (replaced_by) WHERE replaced_by IS NOT NULL;

-- The key that created a key, or that last chose where a webhook sends its events. Revoking an OAuth token also ends
-- what it made.
ALTER TABLE api_keys ADD COLUMN made_by uuid REFERENCES api_keys (id) ON DELETE SET NULL;
CREATE INDEX api_keys_made_by ON api_keys (made_by) WHERE made_by IS NOT NULL;
ALTER TABLE webhooks
  ADD COLUMN made_by uuid REFERENCES api_keys (id) ON DELETE SET NULL,
  DROP CONSTRAINT webhooks_disabled_reason_check,
  ADD CONSTRAINT webhooks_disabled_reason_check CHECK (disabled_reason IN ('gone', 'failing', 'paused', 'revoked'));
CREATE INDEX webhooks_made_by ON webhooks (made_by) WHERE made_by IS NOT NULL;
