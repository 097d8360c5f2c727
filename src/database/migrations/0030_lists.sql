-- The list of batches reads a page from an index: of an account, or of a key that sees only its own batches.
CREATE INDEX batches_newest ON batches (account_id, created_at DESC, id DESC);
CREATE INDEX batches_key_newest ON batches (key_id, created_at DESC, id DESC) WHERE key_id IS NOT NULL;
DROP INDEX batches_key;
