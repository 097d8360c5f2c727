-- Connections: buckets of the account's owner, to which outputs are delivered and from which sources are read ------------

CREATE TABLE connections (
  id            uuid PRIMARY KEY,
  account_id    uuid NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
  name          text NOT NULL,
  access_sealed bytea NOT NULL,                                          -- endpoint, region, bucket and access key
  created_at    timestamptz NOT NULL DEFAULT now()
);
CREATE UNIQUE INDEX connections_name ON connections (account_id, name);
