-- What keeps one account from filling the disk: the bytes that it may hold, and the upload URLs that it may leave open.
ALTER TABLE accounts
  ADD COLUMN max_stored_bytes bigint  NOT NULL DEFAULT 100000000000 CHECK (max_stored_bytes >= 0),
  ADD COLUMN max_open_uploads integer NOT NULL DEFAULT 100 CHECK (max_open_uploads >= 1);

-- Each presign adds up what its account holds. Sums over rows cannot drift, as a counter beside them could; with these
-- indexes they read nothing but the index.
CREATE INDEX objects_held ON objects (account_id) INCLUDE (kind, state, size) WHERE state IN ('pending', 'live', 'deleting');
CREATE INDEX uploads_open ON uploads (account_id) INCLUDE (state, declared_size) WHERE state IN ('pending', 'confirming');
