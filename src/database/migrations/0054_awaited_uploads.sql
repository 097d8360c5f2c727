-- Jobs whose inputs are uploaded after they were created ------------------------------------------------------------

-- NOT VALID: every row meets the narrower condition that this one replaces, so no row has to be read.
ALTER TABLE jobs
  DROP CONSTRAINT jobs_awaiting_check,
  ADD CONSTRAINT jobs_awaiting_check CHECK (awaiting IN ('children', 'review', 'upload')) NOT VALID;

ALTER TABLE uploads
  ADD COLUMN job_id   uuid,                                             -- of the job that it was created with
  ADD COLUMN check_at timestamptz;                                      -- the next look at the storage; null: no job needs it
CREATE INDEX uploads_due_checks ON uploads (check_at) WHERE check_at IS NOT NULL;
CREATE INDEX uploads_awaited ON uploads (job_id) WHERE check_at IS NOT NULL;
