-- What every create and every list counts is kept as numbers, so that neither costs more with a million jobs than with
-- ten. docs/decisions/0028-the-api-counts-ahead.md has the reasons and the figures.

-- Permits that the last statement took: one row per limit, several permits at a time (src/accounts/limits.ts).
ALTER TABLE rate_limits ADD COLUMN granted integer NOT NULL DEFAULT 0;

LOCK TABLE jobs IN SHARE ROW EXCLUSIVE MODE;

ALTER TABLE account_schedule
  ADD COLUMN waiting_interactive integer NOT NULL DEFAULT 0,            -- waiting jobs by class, for limits and positions
  ADD COLUMN waiting_light       integer NOT NULL DEFAULT 0,
  ADD COLUMN waiting_heavy       integer NOT NULL DEFAULT 0,
  ADD COLUMN pending             bigint NOT NULL DEFAULT 0,             -- jobs of the kind transcode by status, for lists
  ADD COLUMN processing          bigint NOT NULL DEFAULT 0,
  ADD COLUMN completed           bigint NOT NULL DEFAULT 0,
  ADD COLUMN failed              bigint NOT NULL DEFAULT 0,
  ADD COLUMN canceled            bigint NOT NULL DEFAULT 0;

INSERT INTO account_schedule AS schedule (account_id, waiting_interactive, waiting_light, waiting_heavy,
    pending, processing, completed, failed, canceled)
  SELECT account_id,
    count(*) FILTER (WHERE status = 'pending' AND resource_class = 'interactive'),
    count(*) FILTER (WHERE status = 'pending' AND resource_class = 'light'),
    count(*) FILTER (WHERE status = 'pending' AND resource_class = 'heavy'),
    count(*) FILTER (WHERE status = 'pending' AND kind = 'transcode'),
    count(*) FILTER (WHERE status = 'processing' AND kind = 'transcode'),
    count(*) FILTER (WHERE status = 'completed' AND kind = 'transcode'),
    count(*) FILTER (WHERE status = 'failed' AND kind = 'transcode'),
    count(*) FILTER (WHERE status = 'canceled' AND kind = 'transcode')
  FROM jobs GROUP BY account_id
  ON CONFLICT (account_id) DO UPDATE SET
    (waiting_interactive, waiting_light, waiting_heavy, pending, processing, completed, failed, canceled) =
    (EXCLUDED.waiting_interactive, EXCLUDED.waiting_light, EXCLUDED.waiting_heavy,
     EXCLUDED.pending, EXCLUDED.processing, EXCLUDED.completed, EXCLUDED.failed, EXCLUDED.canceled);

-- A page of one status; the open ones are few, and in jobs_open.
CREATE INDEX jobs_final_newest ON jobs (account_id, kind, status, created_at DESC, id DESC)
  WHERE status IN ('completed', 'failed', 'canceled');

CREATE OR REPLACE FUNCTION schedule_job() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  job      public.jobs := CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
  was      text := CASE WHEN TG_OP = 'INSERT' THEN '' ELSE OLD.status END;
  is_      text := CASE WHEN TG_OP = 'DELETE' THEN '' ELSE NEW.status END;
  -- Counted only for the kind that has a list.
  listed   integer := (job.kind = 'transcode')::integer;
  run      integer := 0;
  wait     integer := (is_ = 'pending')::integer - (was = 'pending')::integer;
  due      timestamptz := NEW.available_at;
BEGIN
  IF job.resource_class <> 'interactive' THEN
    run := (is_ = 'processing')::integer - (was = 'processing')::integer;
  END IF;
  IF 'pending' NOT IN (was, is_) AND run = 0 AND (listed = 0 OR was = is_) THEN RETURN NULL; END IF;

  IF was = 'pending' OR (TG_OP <> 'INSERT' AND is_ = 'pending') THEN
    -- The lock comes before the look: what commits later takes the same lock, and sees what was written here.
    PERFORM 1 FROM public.account_schedule WHERE account_id = job.account_id FOR UPDATE;
    SELECT min(available_at) INTO due FROM public.jobs
      WHERE account_id = job.account_id AND resource_class = job.resource_class AND status = 'pending';
  END IF;
  LOOP
    UPDATE public.account_schedule SET
      running = running + run,
      waiting_interactive = waiting_interactive + CASE job.resource_class WHEN 'interactive' THEN wait ELSE 0 END,
      waiting_light = waiting_light + CASE job.resource_class WHEN 'light' THEN wait ELSE 0 END,
      waiting_heavy = waiting_heavy + CASE job.resource_class WHEN 'heavy' THEN wait ELSE 0 END,
      pending = pending + listed * wait,
      processing = processing + listed * ((is_ = 'processing')::integer - (was = 'processing')::integer),
      completed = completed + listed * ((is_ = 'completed')::integer - (was = 'completed')::integer),
      failed = failed + listed * ((is_ = 'failed')::integer - (was = 'failed')::integer),
      canceled = canceled + listed * ((is_ = 'canceled')::integer - (was = 'canceled')::integer),
      next_interactive = CASE WHEN job.resource_class <> 'interactive' OR 'pending' NOT IN (was, is_) THEN next_interactive
        WHEN TG_OP = 'INSERT' THEN least(next_interactive, due) ELSE due END,
      next_light = CASE WHEN job.resource_class <> 'light' OR 'pending' NOT IN (was, is_) THEN next_light
        WHEN TG_OP = 'INSERT' THEN least(next_light, due) ELSE due END,
      next_heavy = CASE WHEN job.resource_class <> 'heavy' OR 'pending' NOT IN (was, is_) THEN next_heavy
        WHEN TG_OP = 'INSERT' THEN least(next_heavy, due) ELSE due END
      WHERE account_id = job.account_id;
    EXIT WHEN FOUND;
    INSERT INTO public.account_schedule (account_id) VALUES (job.account_id) ON CONFLICT DO NOTHING;
  END LOOP;
  RETURN NULL;
END $$;

-- Final jobs are counted too.
DROP TRIGGER jobs_deleted ON jobs;
CREATE CONSTRAINT TRIGGER jobs_deleted AFTER DELETE ON jobs DEFERRABLE INITIALLY DEFERRED
  FOR EACH ROW EXECUTE FUNCTION schedule_job();
