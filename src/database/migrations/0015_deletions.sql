-- Deletions ---------------------------------------------------------------------------------------------------------
-- An object that storage does not delete waits longer after each failure and delays no other.

ALTER TABLE objects
  ADD COLUMN deletion_failures integer NOT NULL DEFAULT 0,
  ADD COLUMN deletion_due_at   timestamptz NOT NULL DEFAULT '-infinity', -- of the next attempt
  ADD COLUMN deletion_error    text;                                     -- code of the last failure, a word of storage

CREATE INDEX objects_deletions ON objects (deletion_due_at, id) WHERE state = 'deleting';
CREATE INDEX objects_undeletable ON objects (deletion_failures DESC, id) WHERE state = 'deleting' AND deletion_failures > 0;
