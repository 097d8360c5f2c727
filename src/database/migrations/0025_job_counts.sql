-- Jobs by account, kind and status -----------------------------------------------------------------------------------

-- What lists count: a row for each kind and status that an account has had, so that a new kind or status needs no new
-- column. `account_schedule` keeps its columns for the release before, which reads the numbers of transcodes there.
LOCK TABLE jobs IN SHARE ROW EXCLUSIVE MODE;

CREATE TABLE job_counts (
  account_id uuid   NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
  kind       text   NOT NULL,
  status     text   NOT NULL,
  jobs       bigint NOT NULL,
  PRIMARY KEY (account_id, kind, status)
) WITH (fillfactor = 50);

INSERT INTO job_counts (account_id, kind, status, jobs)
  SELECT account_id, kind, status, count(*) FROM jobs GROUP BY account_id, kind, status;

-- SECURITY DEFINER: API and worker change jobs, and through them this table; neither may write to it otherwise.
CREATE FUNCTION count_job() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  -- In one order, so that two jobs that exchange their statuses do not wait for each other.
  INSERT INTO public.job_counts AS counted (account_id, kind, status, jobs)
    SELECT * FROM (VALUES
      (OLD.account_id, OLD.kind, OLD.status, -1), (NEW.account_id, NEW.kind, NEW.status, 1)
    ) AS change (account_id, kind, status, jobs)
    WHERE change.account_id IS NOT NULL ORDER BY status
    ON CONFLICT ON CONSTRAINT job_counts_pkey DO UPDATE SET jobs = counted.jobs + EXCLUDED.jobs;
  RETURN NULL;
END $$;

-- Deferred, like those of `account_schedule`, and by their names after them: that row is locked first.
CREATE CONSTRAINT TRIGGER status_counted AFTER INSERT OR DELETE ON jobs DEFERRABLE INITIALLY DEFERRED
  FOR EACH ROW EXECUTE FUNCTION count_job();
CREATE CONSTRAINT TRIGGER status_recounted AFTER UPDATE OF status ON jobs DEFERRABLE INITIALLY DEFERRED
  FOR EACH ROW WHEN (OLD.status IS DISTINCT FROM NEW.status) EXECUTE FUNCTION count_job();

-- Lists of all kinds ---------------------------------------------------------------------------------------------------

-- The jobs of a key, of whichever kind.
DROP INDEX jobs_key_newest;
CREATE INDEX jobs_key_newest ON jobs (key_id, kind, created_at DESC, id DESC) INCLUDE (account_id, status, updated_at)
  WHERE key_id IS NOT NULL;
