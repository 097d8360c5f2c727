-- Webhooks --------------------------------------------------------------------------------------------------------

CREATE TABLE webhooks (
  id                 uuid PRIMARY KEY,
  account_id         uuid NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
  url_sealed         bytea NOT NULL,
  description_sealed bytea,
  types              text[],                                             -- null: events of every type
  secret_sealed      bytea NOT NULL,
  old_secret_sealed  bytea,                                              -- signs as well until the overlap ends
  old_secret_until   timestamptz,
  failing_since      timestamptz,                                        -- first failure after the last success
  disabled_at        timestamptz,
  disabled_reason    text CHECK (disabled_reason IN ('gone', 'failing', 'paused')),
  created_at         timestamptz NOT NULL DEFAULT now(),
  updated_at         timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX webhooks_account ON webhooks (account_id, created_at);

-- Signs the events of jobs that name a URL of their own.
CREATE TABLE webhook_secrets (
  account_id        uuid PRIMARY KEY REFERENCES accounts (id) ON DELETE CASCADE,
  secret_sealed     bytea NOT NULL,
  old_secret_sealed bytea,
  old_secret_until  timestamptz
);

ALTER TABLE jobs ADD COLUMN webhook_sealed bytea;                        -- its own URL for final events

-- An event that goes to one URL. Written with the event, so neither exists without the other; pending rows are the queue.
CREATE TABLE webhook_deliveries (
  id              uuid PRIMARY KEY,
  account_id      uuid NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
  webhook_id      uuid REFERENCES webhooks (id) ON DELETE CASCADE,       -- null: the URL of the job
  endpoint        uuid NOT NULL,                                         -- the webhook, or the account of the job
  event_tx        xid8 NOT NULL,
  event_id        bigint NOT NULL,
  type            text NOT NULL,
  job_id          uuid,
  state           text NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'delivered', 'failed')),
  attempts        integer NOT NULL DEFAULT 0,
  next_attempt_at timestamptz DEFAULT now(),                             -- while an attempt runs: when it counts as lost
  status          integer,                                               -- of the last answer
  error           text,                                                  -- why the last attempt failed, a word of a fixed list
  created_at      timestamptz NOT NULL DEFAULT now(),
  attempted_at    timestamptz,
  FOREIGN KEY (event_tx, event_id) REFERENCES events (tx, id) ON DELETE CASCADE
);
CREATE INDEX webhook_deliveries_due ON webhook_deliveries (endpoint, next_attempt_at) WHERE state = 'pending';
CREATE INDEX webhook_deliveries_next ON webhook_deliveries (next_attempt_at) WHERE state = 'pending';
CREATE INDEX webhook_deliveries_newest ON webhook_deliveries (webhook_id, created_at DESC, id DESC);
CREATE INDEX webhook_deliveries_event ON webhook_deliveries (event_tx, event_id);
