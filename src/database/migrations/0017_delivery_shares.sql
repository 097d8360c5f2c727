-- A webhook whose receiver does not answer is tried one delivery at a time, after a growing pause.
ALTER TABLE webhooks
  ADD COLUMN timeouts        integer NOT NULL DEFAULT 0,                  -- consecutive attempts without an answer in time
  ADD COLUMN backs_off_until timestamptz;                                 -- nothing is sent before; while one runs: when it counts as lost

-- Workers serve each account with due deliveries in turn, and find the accounts by one index probe each.
CREATE INDEX webhook_deliveries_accounts ON webhook_deliveries (account_id, next_attempt_at) WHERE state = 'pending';
