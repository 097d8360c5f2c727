-- An account's keys are counted whenever one is made, and their rows stay: neither count may read them all.
CREATE INDEX api_keys_made ON api_keys (account_id, created_at DESC, id DESC);
CREATE INDEX api_keys_unrevoked ON api_keys (account_id) WHERE revoked_at IS NULL;
DROP INDEX api_keys_account;
