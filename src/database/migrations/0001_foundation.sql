-- Accounts, keys and limits -------------------------------------------------------------------------------------

CREATE TABLE accounts (
  id                  uuid PRIMARY KEY,
  name                text NOT NULL UNIQUE,
  disabled_at         timestamptz,
  max_concurrent      integer NOT NULL DEFAULT 16 CHECK (max_concurrent >= 1),
  max_queued          integer NOT NULL DEFAULT 10000 CHECK (max_queued >= 1),
  requests_per_minute integer CHECK (requests_per_minute >= 1),          -- null: AIRLOCK_RATE_LIMIT
  max_upload_bytes    bigint NOT NULL DEFAULT 2048576000 CHECK (max_upload_bytes >= 1),
  retention_seconds   integer CHECK (retention_seconds >= 1),            -- null: AIRLOCK_RETENTION
  monthly_minutes     integer CHECK (monthly_minutes >= 0),              -- null: no quota
  created_at          timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE api_keys (
  id            uuid PRIMARY KEY,
  account_id    uuid NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
  name          text NOT NULL,
  key_hash      bytea NOT NULL UNIQUE CHECK (octet_length(key_hash) = 32),
  hint          text NOT NULL,
  scopes        text[] NOT NULL,
  allowed_cidrs cidr[] NOT NULL DEFAULT '{}',
  created_at    timestamptz NOT NULL DEFAULT now(),
  expires_at    timestamptz,
  last_used_at  timestamptz,
  revoked_at    timestamptz,
  replaced_by   uuid REFERENCES api_keys (id) ON DELETE SET NULL,
  dies_at       timestamptz                                              -- end of a rotation's overlap
);
CREATE INDEX api_keys_account ON api_keys (account_id);

-- Minutes of input that an account has had transcoded in a month; counted when a job completes.
CREATE TABLE usage_months (
  account_id uuid NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
  month      date NOT NULL,
  minutes    bigint NOT NULL DEFAULT 0,
  jobs       bigint NOT NULL DEFAULT 0,
  PRIMARY KEY (account_id, month)
);

-- Bytes -----------------------------------------------------------------------------------------------------------

-- The only list of bytes that we own.
CREATE TABLE objects (
  id           uuid PRIMARY KEY,
  account_id   uuid NOT NULL REFERENCES accounts (id),
  key          text NOT NULL UNIQUE,
  kind         text NOT NULL CHECK (kind IN ('upload', 'output')),
  content_type text NOT NULL,
  size         bigint,
  sha256       text,
  state        text NOT NULL CHECK (state IN ('pending', 'live', 'deleting', 'deleted')),
  delete_after timestamptz,
  created_at   timestamptz NOT NULL DEFAULT now(),
  deleted_at   timestamptz
);
CREATE INDEX objects_due ON objects (delete_after) WHERE state IN ('pending', 'live');
CREATE INDEX objects_deleting ON objects (id) WHERE state = 'deleting';

CREATE TABLE uploads (
  id             uuid PRIMARY KEY,
  account_id     uuid NOT NULL REFERENCES accounts (id),
  staging_key    text NOT NULL,                                          -- what the signed PUT names
  object_id      uuid REFERENCES objects (id),                           -- set when sealed
  -- Names are sealed (AES-256-GCM, key outside the database), so that none of them outlives its row in dead tuples
  -- or the write-ahead log. The fingerprint (HMAC) finds a name without knowing it.
  name_sealed      bytea,                                                -- null once the bytes are gone
  name_fingerprint bytea NOT NULL,
  declared_type  text NOT NULL,
  declared_size  bigint NOT NULL,
  state          text NOT NULL CHECK (state IN ('pending', 'confirming', 'confirmed', 'deleted')),
  queue_job      uuid,                                                   -- the inspection's queue entry
  probe          jsonb,
  url_expires_at timestamptz NOT NULL,
  staging_swept  boolean NOT NULL DEFAULT false,                         -- deleted once more after the URL has died
  created_at     timestamptz NOT NULL DEFAULT now(),
  confirmed_at   timestamptz,
  refusal        text,                                                   -- why the inspection failed
  UNIQUE (account_id, name_fingerprint)
);
CREATE INDEX uploads_unswept ON uploads (url_expires_at) WHERE NOT staging_swept;
CREATE INDEX uploads_pending ON uploads (created_at) WHERE state IN ('pending', 'confirming');

-- Jobs --------------------------------------------------------------------------------------------------------------

CREATE TABLE transcodes (
  id               uuid PRIMARY KEY,
  account_id       uuid NOT NULL REFERENCES accounts (id),
  key_id           uuid REFERENCES api_keys (id) ON DELETE SET NULL,
  request_id       text,
  status           text NOT NULL CHECK (status IN ('pending', 'processing', 'completed', 'failed', 'canceled')),
  lane             text NOT NULL CHECK (lane IN ('light', 'heavy')),
  request          jsonb NOT NULL,                                       -- without URLs and metadata
  output_format    text NOT NULL,
  source           text NOT NULL,                                        -- preset | raw_options | defaults
  plan             jsonb,
  warnings         jsonb NOT NULL DEFAULT '[]',
  metadata_sealed  bytea,
  progress         real NOT NULL DEFAULT 0,
  speed            real,
  fps              real,
  eta_seconds      integer,
  current_attempt  uuid,
  queue_job        uuid NOT NULL,                                        -- the one queue entry that may start it
  attempts         integer NOT NULL DEFAULT 0,
  output_object_id uuid REFERENCES objects (id),
  output_name_sealed bytea,
  output_probe     jsonb,
  input_seconds    double precision,
  error_code       text,
  error_message    text,
  retention_seconds integer NOT NULL,
  created_at       timestamptz NOT NULL DEFAULT now(),
  updated_at       timestamptz NOT NULL DEFAULT now(),
  started_at       timestamptz,
  completed_at     timestamptz,
  expires_at       timestamptz,
  erased_at        timestamptz
);
CREATE INDEX transcodes_account_newest ON transcodes (account_id, created_at DESC, id DESC);
CREATE INDEX transcodes_account_updated ON transcodes (account_id, updated_at);
CREATE INDEX transcodes_open ON transcodes (account_id, status) WHERE status IN ('pending', 'processing');
CREATE INDEX transcodes_lane_waiting ON transcodes (lane, created_at) WHERE status = 'pending';
CREATE INDEX transcodes_final ON transcodes (completed_at) WHERE status IN ('completed', 'failed', 'canceled');

CREATE TABLE transcode_inputs (
  transcode_id uuid NOT NULL REFERENCES transcodes (id) ON DELETE CASCADE,
  position     integer NOT NULL,
  upload_id    uuid REFERENCES uploads (id),
  object_id    uuid REFERENCES objects (id),                             -- an upload or an earlier output
  url_sealed   bytea,                                                    -- without query; null once erased
  source_sealed bytea,                                                   -- whole, only while the job is open
  probe        jsonb,
  PRIMARY KEY (transcode_id, position)
);
CREATE INDEX transcode_inputs_upload ON transcode_inputs (upload_id);
CREATE INDEX transcode_inputs_object ON transcode_inputs (object_id);

-- One row per try. The id is the fencing token: a finish that names another attempt changes nothing.
CREATE TABLE attempts (
  id           uuid PRIMARY KEY,
  transcode_id uuid NOT NULL REFERENCES transcodes (id) ON DELETE CASCADE,
  number       integer NOT NULL,
  worker_id    uuid NOT NULL,
  queue_job    uuid NOT NULL,
  state        text NOT NULL CHECK (state IN ('running', 'completed', 'failed', 'canceled', 'lost', 'handed_back')),
  tier         text NOT NULL,
  started_at   timestamptz NOT NULL DEFAULT now(),
  heartbeat_at timestamptz NOT NULL DEFAULT now(),
  ended_at     timestamptz,
  exit_code    integer,
  signal       text,
  cpu_ms       bigint,
  max_rss      bigint,
  stderr_sealed bytea,                                                   -- scrubbed, last 8 kB
  error_code   text,
  UNIQUE (transcode_id, number)
);
CREATE INDEX attempts_running ON attempts (heartbeat_at) WHERE state = 'running';

CREATE TABLE workers (
  id           uuid PRIMARY KEY,
  host         text NOT NULL,
  boot         text NOT NULL,                                            -- kernel boot id: a pid means nothing after a reboot
  pid          integer NOT NULL,
  pid_start    text NOT NULL,
  version      text NOT NULL,
  slots        integer NOT NULL,
  tier         text NOT NULL,
  ffmpeg       text NOT NULL,
  draining     boolean NOT NULL DEFAULT false,
  started_at   timestamptz NOT NULL DEFAULT now(),
  heartbeat_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE events (
  id         bigserial PRIMARY KEY,
  account_id uuid NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
  job_id     uuid NOT NULL,
  type       text NOT NULL,
  data       jsonb NOT NULL DEFAULT '{}',
  at         timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX events_job ON events (job_id, id);
CREATE INDEX events_account ON events (account_id, id);
CREATE INDEX events_age ON events (at);

-- Idempotency, audit ------------------------------------------------------------------------------------------------

CREATE TABLE idempotency_keys (
  account_id    uuid NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
  route         text NOT NULL,
  key           text NOT NULL,
  request_hash  bytea NOT NULL,
  status        integer NOT NULL,
  answer_sealed bytea NOT NULL,
  created_at    timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (account_id, route, key)
);
CREATE INDEX idempotency_keys_age ON idempotency_keys (created_at);

-- Append-only; each row's hash covers the one before, so that a removed or altered row shows.
CREATE TABLE audit_log (
  seq        bigint PRIMARY KEY,
  at         timestamptz NOT NULL,
  actor      text NOT NULL,
  action     text NOT NULL,
  target     text,
  result     text NOT NULL,
  ip         text,
  request_id text,
  details    jsonb NOT NULL DEFAULT '{}',
  previous   bytea NOT NULL,
  hash       bytea NOT NULL
);

-- Points of the rate limiter (rate-limiter-flexible's layout); worth nothing after a crash, so not logged.
CREATE UNLOGGED TABLE rate_limits (
  key    text PRIMARY KEY,
  points integer NOT NULL DEFAULT 0,
  expire bigint
);
CREATE INDEX rate_limits_expire ON rate_limits (expire);
