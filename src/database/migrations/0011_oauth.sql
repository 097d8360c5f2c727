-- OAuth -----------------------------------------------------------------------------------------------------------

-- Applications register themselves. Those that nobody has let in are deleted after a day.
CREATE TABLE oauth_clients (
  id            uuid PRIMARY KEY,
  name          text NOT NULL,
  redirect_uris text[] NOT NULL,
  created_at    timestamptz NOT NULL DEFAULT now()
);

-- An access token is a row of `api_keys`: it is checked, listed and revoked like a key. Its hash changes at each refresh.
ALTER TABLE api_keys
  ADD COLUMN oauth_client_id    uuid REFERENCES oauth_clients (id) ON DELETE SET NULL,
  ADD COLUMN oauth_user_id      uuid REFERENCES users (id) ON DELETE SET NULL,
  ADD COLUMN family_hash        bytea UNIQUE CHECK (octet_length(family_hash) = 32),  -- of the part that all refresh tokens share
  ADD COLUMN refresh_hash       bytea CHECK (octet_length(refresh_hash) = 32),        -- of the only one that still works
  ADD COLUMN refresh_expires_at timestamptz;
CREATE INDEX api_keys_oauth_client ON api_keys (oauth_client_id) WHERE oauth_client_id IS NOT NULL;
CREATE INDEX api_keys_oauth_user ON api_keys (oauth_user_id) WHERE oauth_user_id IS NOT NULL;

-- A used code is kept while it could have been valid: using it again ends what the first use gave.
CREATE TABLE oauth_codes (
  code_hash    bytea PRIMARY KEY CHECK (octet_length(code_hash) = 32),
  client_id    uuid NOT NULL REFERENCES oauth_clients (id) ON DELETE CASCADE,
  user_id      uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  redirect_uri text NOT NULL,
  challenge    text NOT NULL,                                                         -- S256
  scopes       text[] NOT NULL,
  expires_at   timestamptz NOT NULL,
  used_at      timestamptz,
  key_id       uuid REFERENCES api_keys (id) ON DELETE SET NULL
);
