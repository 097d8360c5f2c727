-- Objects that never became live are few. Without an index of their own, PostgreSQL expects as many of them to be due as of all
-- objects, most of which are deleted, and reads the entries of every object that is stored.
CREATE INDEX objects_abandoned ON objects (delete_after) WHERE state = 'pending';

-- The list of a key without the scope `read` counts all of its jobs: from this index alone, without reading their rows.
DROP INDEX jobs_key_newest;
CREATE INDEX jobs_key_newest ON jobs (key_id, created_at DESC, id DESC) INCLUDE (account_id, status, updated_at)
  WHERE key_id IS NOT NULL AND kind = 'transcode';
