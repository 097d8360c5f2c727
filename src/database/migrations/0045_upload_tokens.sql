-- Upload tokens: with one, a web page can upload files and do nothing else ----------------------------------------------

CREATE TABLE upload_tokens (
  id            uuid PRIMARY KEY,
  account_id    uuid NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
  token_hash    bytea NOT NULL,
  key_id        uuid,                                                    -- of the key that created it, with which it ends
  user_id       uuid,                                                    -- of the person who created it, if no key did
  origin        text,                                                    -- of the page; null: any
  content_types text[],                                                  -- null: all
  max_bytes     bigint NOT NULL,                                         -- of one file
  max_files     integer NOT NULL,
  files         integer NOT NULL DEFAULT 0,                              -- uploads that it has begun
  expires_at    timestamptz NOT NULL,
  created_at    timestamptz NOT NULL DEFAULT now()
);
CREATE UNIQUE INDEX upload_tokens_hash ON upload_tokens (token_hash);
CREATE INDEX upload_tokens_expired ON upload_tokens (expires_at);
CREATE INDEX upload_tokens_account ON upload_tokens (account_id);

ALTER TABLE uploads
  ADD COLUMN token_id uuid;                                              -- of the token that began it, which may be gone
