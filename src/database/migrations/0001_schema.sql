-- Accounts, keys and limits -------------------------------------------------------------------------------------

CREATE TABLE accounts (
  id                  uuid PRIMARY KEY,
  name                text NOT NULL UNIQUE,
  disabled_at         timestamptz,
  max_concurrent      integer NOT NULL DEFAULT 16 CHECK (max_concurrent >= 1),
  max_queued          integer NOT NULL DEFAULT 10000 CHECK (max_queued >= 1),
  requests_per_minute integer CHECK (requests_per_minute >= 1),          -- null: AIRLOCK_RATE_LIMIT
  max_upload_bytes    bigint NOT NULL DEFAULT 2048576000 CHECK (max_upload_bytes >= 1),
  max_stored_bytes    bigint NOT NULL DEFAULT 100000000000 CHECK (max_stored_bytes >= 0),
  max_open_uploads    integer NOT NULL DEFAULT 100 CHECK (max_open_uploads >= 1),
  retention_seconds   integer CHECK (retention_seconds >= 1),            -- null: AIRLOCK_RETENTION
  monthly_minutes     integer CHECK (monthly_minutes >= 0),              -- null: no quota
  disarm              boolean NOT NULL DEFAULT false,                    -- inputs reach FFmpeg remuxed or not at all
  -- Limits of a cell; null: what the server allows. The minimums are those of src/contract/limit-bounds.ts.
  memory_mb           integer CHECK (memory_mb >= 64),
  cpu_seconds         integer CHECK (cpu_seconds >= 1),
  wall_seconds        integer CHECK (wall_seconds >= 1),
  output_mb           integer CHECK (output_mb >= 1),
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
-- An account's keys are counted whenever one is made, and their rows stay: neither count reads them all.
CREATE INDEX api_keys_made ON api_keys (account_id, created_at DESC, id DESC);
CREATE INDEX api_keys_unrevoked ON api_keys (account_id) WHERE revoked_at IS NULL;

-- Minutes of input that an account has had transcoded in a month; counted when a job completes.
CREATE TABLE usage_months (
  account_id uuid NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
  month      date NOT NULL,
  minutes    bigint NOT NULL DEFAULT 0,
  jobs       bigint NOT NULL DEFAULT 0,
  PRIMARY KEY (account_id, month)
);

-- Jobs ----------------------------------------------------------------------------------------------------------
-- One row per job, whatever its kind. Text that users wrote is sealed (AES-256-GCM, key outside the database), so that
-- none of it outlives its row in dead tuples or the write-ahead log. JSON in clear holds numbers and words from fixed
-- lists only, and carries a version (src/database/stored-json.ts).

CREATE TABLE jobs (
  id                    uuid PRIMARY KEY,
  account_id            uuid NOT NULL REFERENCES accounts (id),
  key_id                uuid REFERENCES api_keys (id) ON DELETE SET NULL,
  request_id            text,
  kind                  text NOT NULL,                                   -- src/kinds/registry.ts
  resource_class        text NOT NULL CHECK (resource_class IN ('interactive', 'light', 'heavy')),
  status                text NOT NULL CHECK (status IN ('pending', 'processing', 'completed', 'failed', 'canceled')),
  parent_id             uuid REFERENCES jobs (id) ON DELETE CASCADE,
  batch_id              uuid,
  available_at          timestamptz NOT NULL,                            -- a waiting job starts no earlier
  fetches               boolean NOT NULL,                                -- a source has to be fetched by URL
  request_sealed        bytea,                                           -- without URLs, their queries, and metadata
  request_source_sealed bytea,                                           -- whole, while open; null: request_sealed is whole
  request_facts         jsonb NOT NULL,                                  -- what lists show of the request
  request_settings      jsonb,                                           -- the same; null once erased, or not asked for
  plan_sealed           bytea,
  warnings_sealed       bytea,
  metadata_sealed       bytea,
  limits                jsonb,                                           -- what the last cell was given, and which limit it hit
  progress              real NOT NULL DEFAULT 0,
  speed                 real,
  fps                   real,
  eta_seconds           integer,
  current_attempt       uuid,
  attempts              integer NOT NULL DEFAULT 0,
  input_seconds         double precision,
  error_code            text,
  error_sealed          bytea,
  retention_seconds     integer NOT NULL,
  created_at            timestamptz NOT NULL DEFAULT now(),
  updated_at            timestamptz NOT NULL DEFAULT now(),
  started_at            timestamptz,
  completed_at          timestamptz,
  expires_at            timestamptz,
  erased_at             timestamptz,
  erased_reason         text CHECK (erased_reason IN ('erased', 'retention', 'lost'))
);
CREATE INDEX jobs_account_newest ON jobs (account_id, kind, created_at DESC, id DESC);
CREATE INDEX jobs_account_updated ON jobs (account_id, kind, updated_at);
CREATE INDEX jobs_open ON jobs (account_id, status) WHERE status IN ('pending', 'processing');
CREATE INDEX jobs_final ON jobs (completed_at) WHERE status IN ('completed', 'failed', 'canceled');
CREATE INDEX jobs_due ON jobs (expires_at) WHERE erased_at IS NULL;
CREATE INDEX jobs_parent ON jobs (parent_id) WHERE parent_id IS NOT NULL;
-- A claim reads the oldest due job of one account; a position in the queue counts older jobs of a class.
CREATE INDEX jobs_waiting ON jobs (account_id, resource_class, available_at, id) WHERE status = 'pending';
CREATE INDEX jobs_waiting_age ON jobs (resource_class, created_at) WHERE status = 'pending';

-- Bytes ---------------------------------------------------------------------------------------------------------

-- What a job makes: one object, or a tree of them under one prefix.
CREATE TABLE job_outputs (
  id          uuid PRIMARY KEY,
  job_id      uuid NOT NULL REFERENCES jobs (id) ON DELETE CASCADE,
  account_id  uuid NOT NULL REFERENCES accounts (id),
  position    integer NOT NULL,
  format      text NOT NULL,
  status      text NOT NULL DEFAULT 'pending' CHECK (status IN ('pending', 'completed', 'failed')),
  name_sealed bytea,                                                     -- of the download; null once erased
  facts       jsonb,
  object_id   uuid,                                                      -- the file that a download starts with
  UNIQUE (job_id, position)
);
CREATE INDEX job_outputs_object ON job_outputs (object_id) WHERE object_id IS NOT NULL;

-- The only list of bytes in the storage. Belongs to an upload, or to an output of a job.
CREATE TABLE objects (
  id              uuid PRIMARY KEY,
  account_id      uuid NOT NULL REFERENCES accounts (id),
  -- In the order of its bytes, in which storages list their keys: reconciliation reads both side by side.
  key             text COLLATE "C" NOT NULL UNIQUE,
  kind            text NOT NULL CHECK (kind IN ('upload', 'output')),
  job_id          uuid,                                                  -- outputs: the job, whatever became of the attempt
  content_type    text NOT NULL,
  size            bigint,
  sha256          text,
  multipart_id    text,                                                  -- upload in parts of these bytes; a deletion aborts it
  state           text NOT NULL CHECK (state IN ('pending', 'live', 'deleting', 'deleted')),
  deletion_reason text CHECK (deletion_reason IN ('erased', 'retention', 'replaced', 'refused', 'lost')),
  delete_after    timestamptz,
  created_at      timestamptz NOT NULL DEFAULT now(),
  deleted_at      timestamptz
);
ALTER TABLE job_outputs ADD FOREIGN KEY (object_id) REFERENCES objects (id);
CREATE INDEX objects_due ON objects (delete_after) WHERE state IN ('pending', 'live');
CREATE INDEX objects_deleting ON objects (id) WHERE state = 'deleting';
CREATE INDEX objects_job ON objects (job_id) WHERE job_id IS NOT NULL;
-- Each presign adds up what its account holds. Sums over rows cannot drift; with these indexes they read only the index.
CREATE INDEX objects_held ON objects (account_id) INCLUDE (kind, state, size) WHERE state IN ('pending', 'live', 'deleting');

CREATE TABLE uploads (
  id                uuid PRIMARY KEY,
  account_id        uuid NOT NULL REFERENCES accounts (id),
  staging_key       text COLLATE "C" NOT NULL,                           -- what the signed PUT names
  object_id         uuid REFERENCES objects (id),                        -- set when sealed
  name_sealed       bytea,                                               -- null once the bytes are gone
  name_fingerprint  bytea NOT NULL,                                      -- HMAC: finds a name without knowing it
  declared_type     text NOT NULL,
  declared_size     bigint NOT NULL,
  state             text NOT NULL CHECK (state IN ('pending', 'confirming', 'confirmed', 'deleted')),
  inspection_id     uuid,                                                -- the job that inspects it
  probe             jsonb,
  url_expires_at    timestamptz NOT NULL,
  staging_closed_at timestamptz,                                         -- since then no URL can put bytes at staging_key
  late_puts         integer NOT NULL DEFAULT 0,                          -- times that bytes came there when none were wanted
  created_at        timestamptz NOT NULL DEFAULT now(),
  confirmed_at      timestamptz,
  refusal_sealed    bytea,                                               -- why the inspection failed
  UNIQUE (account_id, name_fingerprint)
);
CREATE INDEX uploads_open_staging ON uploads (url_expires_at) WHERE staging_closed_at IS NULL;
CREATE INDEX uploads_pending_key ON uploads (staging_key) WHERE state = 'pending';
CREATE INDEX uploads_pending ON uploads (created_at) WHERE state IN ('pending', 'confirming');
CREATE INDEX uploads_open ON uploads (account_id) INCLUDE (state, declared_size) WHERE state IN ('pending', 'confirming');

-- Inputs of a job, and the files that its filters name (assets). Asset i of a request with n inputs has the position n + i;
-- one that is also an input has no row.
CREATE TABLE job_sources (
  job_id        uuid NOT NULL REFERENCES jobs (id) ON DELETE CASCADE,
  position      integer NOT NULL,
  role          text NOT NULL DEFAULT 'input' CHECK (role IN ('input', 'asset')),
  kind          text CHECK (kind IN ('subtitle', 'lut', 'font', 'picture', 'media')),
  upload_id     uuid REFERENCES uploads (id),
  object_id     uuid REFERENCES objects (id),                            -- an upload or an earlier output
  url_sealed    bytea,                                                   -- without query; null once erased
  source_sealed bytea,                                                   -- whole, only while the job is open
  probe         jsonb,
  size          bigint,
  sha256        text,
  PRIMARY KEY (job_id, position),
  CONSTRAINT job_sources_kind CHECK ((role = 'asset') = (kind IS NOT NULL))
);
CREATE INDEX job_sources_upload ON job_sources (upload_id);
CREATE INDEX job_sources_object ON job_sources (object_id);

-- One row per attempt. The id is the fencing token: a finish that names another attempt changes nothing.
CREATE TABLE attempts (
  id              uuid PRIMARY KEY,
  job_id          uuid NOT NULL REFERENCES jobs (id) ON DELETE CASCADE,
  number          integer NOT NULL,
  worker_id       uuid NOT NULL,
  state           text NOT NULL CHECK (state IN ('running', 'completed', 'failed', 'canceled', 'lost', 'released')),
  tier            text NOT NULL,
  started_at      timestamptz NOT NULL DEFAULT now(),
  heartbeat_at    timestamptz NOT NULL DEFAULT now(),
  ended_at        timestamptz,
  exit_code       integer,
  signal          text,
  cpu_ms          bigint,
  max_rss         bigint,
  stderr_sealed   bytea,                                                 -- scrubbed, last 8 kB
  error_code      text,
  airlock_version text,
  ffmpeg_version  text,
  ffmpeg_package  text,
  command_sha256  text,                                                  -- of the canonical JSON of the arguments
  cleaned_at      timestamptz,                                           -- its worker has removed its copies and cells
  UNIQUE (job_id, number)
);
CREATE INDEX attempts_running ON attempts (heartbeat_at) WHERE state = 'running';

-- Fair scheduling -----------------------------------------------------------------------------------------------
-- One row per account that ever had a job. Claims take the accounts in the order of `running`, from an index, so that a
-- claim costs the same with 10 waiting jobs as with 100,000. The trigger below keeps the row, so that no code path that
-- changes a job's status can forget it. docs/decisions/0020-jobs-are-the-queue.md has the reasons and the figures.

CREATE TABLE account_schedule (
  account_id       uuid PRIMARY KEY REFERENCES accounts (id) ON DELETE CASCADE,
  running          integer NOT NULL DEFAULT 0,                           -- light and heavy jobs; interactive ones are not limited
  next_interactive timestamptz,                                          -- when the first waiting job may start; null: none waits
  next_light       timestamptz,
  next_heavy       timestamptz
) WITH (fillfactor = 50);
CREATE INDEX account_schedule_interactive ON account_schedule (next_interactive) WHERE next_interactive IS NOT NULL;
CREATE INDEX account_schedule_light ON account_schedule (running, next_light) WHERE next_light IS NOT NULL;
CREATE INDEX account_schedule_heavy ON account_schedule (running, next_heavy) WHERE next_heavy IS NOT NULL;

-- SECURITY DEFINER: API and worker change jobs, and through them this table; neither may write to it otherwise.
CREATE FUNCTION schedule_job() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  job  public.jobs := CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
  was  text := CASE WHEN TG_OP = 'INSERT' THEN '' ELSE OLD.status END;
  is_  text := CASE WHEN TG_OP = 'DELETE' THEN '' ELSE NEW.status END;
  step integer := 0;
  due  timestamptz;
BEGIN
  IF job.resource_class <> 'interactive' THEN
    step := (is_ = 'processing')::integer - (was = 'processing')::integer;
  END IF;
  IF was <> 'pending' AND is_ <> 'pending' AND step = 0 THEN RETURN NULL; END IF;

  -- The lock comes before the look: what commits later takes the same lock, and sees what was written here.
  PERFORM 1 FROM public.account_schedule WHERE account_id = job.account_id FOR UPDATE;
  IF NOT FOUND THEN
    INSERT INTO public.account_schedule (account_id) VALUES (job.account_id) ON CONFLICT DO NOTHING;
    PERFORM 1 FROM public.account_schedule WHERE account_id = job.account_id FOR UPDATE;
  END IF;
  IF was <> 'pending' AND is_ <> 'pending' THEN
    UPDATE public.account_schedule SET running = running + step WHERE account_id = job.account_id;
    RETURN NULL;
  END IF;
  SELECT available_at INTO due FROM public.jobs
    WHERE account_id = job.account_id AND resource_class = job.resource_class AND status = 'pending'
    ORDER BY available_at LIMIT 1;
  UPDATE public.account_schedule SET
    running = running + step,
    next_interactive = CASE job.resource_class WHEN 'interactive' THEN due ELSE next_interactive END,
    next_light = CASE job.resource_class WHEN 'light' THEN due ELSE next_light END,
    next_heavy = CASE job.resource_class WHEN 'heavy' THEN due ELSE next_heavy END
    WHERE account_id = job.account_id;
  RETURN NULL;
END $$;

-- Deferred: the row of the schedule is the last that a transaction locks, so that it never waits for another lock while
-- it holds this one, and holds it only while it commits.
CREATE CONSTRAINT TRIGGER jobs_inserted AFTER INSERT ON jobs DEFERRABLE INITIALLY DEFERRED
  FOR EACH ROW EXECUTE FUNCTION schedule_job();
CREATE CONSTRAINT TRIGGER jobs_updated AFTER UPDATE OF status, available_at ON jobs DEFERRABLE INITIALLY DEFERRED
  FOR EACH ROW
  WHEN (OLD.status IS DISTINCT FROM NEW.status OR OLD.available_at IS DISTINCT FROM NEW.available_at)
  EXECUTE FUNCTION schedule_job();
CREATE CONSTRAINT TRIGGER jobs_deleted AFTER DELETE ON jobs DEFERRABLE INITIALLY DEFERRED
  FOR EACH ROW WHEN (OLD.status IN ('pending', 'processing')) EXECUTE FUNCTION schedule_job();

-- Workers -------------------------------------------------------------------------------------------------------

CREATE TABLE workers (
  id                   uuid PRIMARY KEY,
  host                 text NOT NULL,
  boot                 text NOT NULL,                                    -- kernel boot id: a pid means nothing after a reboot
  pid                  integer NOT NULL,
  pid_start            text NOT NULL,
  version              text NOT NULL,
  slots                integer NOT NULL,
  tier                 text NOT NULL,
  ffmpeg               text NOT NULL,
  ffmpeg_package       text,                                             -- null: not from a package of the distribution
  ffmpeg_since         timestamptz,
  ffmpeg_report        jsonb,                                            -- newer package and known advisories; null: not asked yet
  memory_bound         text,                                             -- control_group, address_space
  output_bound         text,                                             -- kernel, watched
  arguments_hidden     boolean,                                          -- follows the installed FFmpeg
  self_test_passed     boolean,                                          -- null: not run yet
  self_test_checks     integer CHECK (self_test_checks >= 0),            -- attempts that were made
  self_test_exceptions text[] NOT NULL DEFAULT '{}',                     -- attempts that the tier does not promise to refuse
  self_test_at         timestamptz,
  draining             boolean NOT NULL DEFAULT false,
  started_at           timestamptz NOT NULL DEFAULT now(),
  heartbeat_at         timestamptz NOT NULL DEFAULT now()
);

-- Work that belongs to the whole fleet, as sweeps do, is done by the worker that holds the lease. Expired: any may take it.
CREATE TABLE fleet_leases (
  name       text PRIMARY KEY,
  holder     uuid NOT NULL,
  expires_at timestamptz NOT NULL
);

-- Events --------------------------------------------------------------------------------------------------------
-- An outbox: a change and its event commit together. `tx` orders by transaction: an id is taken before its transaction
-- commits, so a reader that remembers only the last id would skip events that commit late (src/events/read.ts).

CREATE TABLE events (
  id         bigint GENERATED ALWAYS AS IDENTITY,
  tx         xid8 NOT NULL DEFAULT pg_current_xact_id(),
  account_id uuid NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
  type       text NOT NULL,
  job_id     uuid,
  upload_id  uuid,
  data       jsonb NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (tx, id)
);
CREATE INDEX events_account ON events (account_id, tx, id);
CREATE INDEX events_job ON events (job_id, tx, id) WHERE job_id IS NOT NULL;
CREATE INDEX events_age ON events (created_at);

-- Idempotency, audit --------------------------------------------------------------------------------------------

-- A remembered answer goes with what it describes. The row stays for its time, so that the key is not used again.
CREATE TABLE idempotency_keys (
  account_id    uuid NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
  route         text NOT NULL,
  key           text NOT NULL,                                           -- HMAC
  request_print bytea,                                                   -- HMAC of the body; null once erased
  status        integer NOT NULL,
  answer_sealed bytea,                                                   -- null once erased
  job_id        uuid,                                                    -- what the request made
  upload_id     uuid,
  created_at    timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (account_id, route, key)
);
CREATE INDEX idempotency_keys_age ON idempotency_keys (created_at);
CREATE INDEX idempotency_keys_job ON idempotency_keys (job_id) WHERE job_id IS NOT NULL;
CREATE INDEX idempotency_keys_upload ON idempotency_keys (upload_id) WHERE upload_id IS NOT NULL;

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

-- Signed heads of the audit log: a log whose end was cut off no longer matches them.
CREATE TABLE audit_checkpoints (
  seq       bigint PRIMARY KEY,
  hash      bytea NOT NULL,
  at        timestamptz NOT NULL,
  kid       text NOT NULL,
  signature bytea NOT NULL
);

-- Public halves of the keys that have signed: an old signature can be checked after its key was replaced.
CREATE TABLE signing_keys (
  kid        text PRIMARY KEY,                                           -- RFC 7638 thumbprint
  public_key bytea NOT NULL CHECK (octet_length(public_key) = 32),       -- Ed25519
  created_at timestamptz NOT NULL DEFAULT now()
);

-- Points of the rate limiter (rate-limiter-flexible's layout); worth nothing after a crash, so not logged.
CREATE UNLOGGED TABLE rate_limits (
  key    text PRIMARY KEY,
  points integer NOT NULL DEFAULT 0,
  expire bigint
);
CREATE INDEX rate_limits_expire ON rate_limits (expire);
