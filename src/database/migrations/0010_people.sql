-- People ----------------------------------------------------------------------------------------------------------

CREATE TABLE users (
  id              uuid PRIMARY KEY,
  account_id      uuid NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
  email           text NOT NULL UNIQUE CHECK (email = lower(email)),
  role            text NOT NULL CHECK (role IN ('operator', 'admin', 'member', 'viewer')),
  password_hash   text,                                                    -- null until the setup link has been used
  disabled_at     timestamptz,
  last_sign_in_at timestamptz,
  created_at      timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX users_account ON users (account_id);

CREATE TABLE sessions (
  id           uuid PRIMARY KEY,
  user_id      uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  token_hash   bytea NOT NULL UNIQUE CHECK (octet_length(token_hash) = 32),
  created_at   timestamptz NOT NULL DEFAULT now(),
  last_used_at timestamptz NOT NULL DEFAULT now(),
  expires_at   timestamptz NOT NULL
);
CREATE INDEX sessions_user ON sessions (user_id, created_at);

-- A link that sets a password, once. Without a user it creates the first operator.
CREATE TABLE setup_links (
  token_hash bytea PRIMARY KEY CHECK (octet_length(token_hash) = 32),
  user_id    uuid UNIQUE REFERENCES users (id) ON DELETE CASCADE,
  expires_at timestamptz NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now()
);

-- Minutes of input and jobs that completed on a day (UTC); for charts. The quota counts months.
CREATE TABLE usage_days (
  account_id uuid NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
  day        date NOT NULL,
  minutes    bigint NOT NULL DEFAULT 0,
  jobs       bigint NOT NULL DEFAULT 0,
  PRIMARY KEY (account_id, day)
);

-- An operator wants the worker to take nothing new. It sees this at its next heartbeat.
ALTER TABLE workers ADD COLUMN drain_requested boolean NOT NULL DEFAULT false;
