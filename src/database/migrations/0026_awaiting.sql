-- Jobs that wait for something, and outputs that fail on their own ---------------------------------------------------

-- What a parent waits for while it has no slot: its children, or a person. No claim takes such a job, and no outage fails it.
-- `resume_sealed` is what its next attempt needs to go on.
ALTER TABLE jobs
  ADD COLUMN awaiting      text CHECK (awaiting IN ('children', 'review')),
  ADD COLUMN resume_sealed bytea;
UPDATE jobs SET awaiting = 'children' WHERE status = 'pending' AND available_at = 'infinity';

-- Workers of the release before know a waiting parent by its date, while both releases run. Whichever of the two a process
-- writes, this sets the other.
CREATE FUNCTION date_awaiting() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF NEW.awaiting IS DISTINCT FROM OLD.awaiting THEN
    IF NEW.awaiting IS NOT NULL THEN NEW.available_at := 'infinity';
    ELSIF NEW.available_at = 'infinity' THEN NEW.available_at := NEW.created_at;
    END IF;
  ELSIF NEW.available_at = 'infinity' THEN NEW.awaiting := 'children';
  ELSE NEW.awaiting := NULL;
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER jobs_awaiting_date BEFORE UPDATE OF awaiting, available_at ON jobs FOR EACH ROW
  WHEN (OLD.awaiting IS DISTINCT FROM NEW.awaiting OR OLD.available_at IS DISTINCT FROM NEW.available_at
    AND 'infinity' IN (OLD.available_at, NEW.available_at))
  EXECUTE FUNCTION date_awaiting();

-- Jobs that clients see as processing although they are in the queue: there are few (src/jobs/shown-status.ts).
DROP INDEX jobs_in_children;
CREATE INDEX jobs_awaiting ON jobs (account_id) WHERE status = 'pending' AND (awaiting IS NOT NULL OR progress > 0);

-- Why an output failed; a job with several may have others that are complete.
ALTER TABLE job_outputs ADD COLUMN error_code text;
