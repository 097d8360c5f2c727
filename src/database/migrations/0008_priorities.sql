-- Priorities and shares ---------------------------------------------------------------------------------------------
-- A claim takes the highest priority of an account, then its oldest job. An account leaves one heavy slot of the fleet to
-- the others while they are active. docs/decisions/0034-a-heavy-slot-for-others.md has the reasons.

LOCK TABLE jobs IN SHARE ROW EXCLUSIVE MODE;

ALTER TABLE jobs ADD COLUMN priority smallint NOT NULL DEFAULT 0 CHECK (priority BETWEEN -10 AND 10);
-- `jobs_waiting` stays: the trigger below finds the first due job by it.
CREATE INDEX jobs_waiting_priority ON jobs (account_id, resource_class, priority DESC, available_at, id)
  WHERE status = 'pending';

-- Null: a worker of the release before, which does not say.
ALTER TABLE workers ADD COLUMN heavy_slots integer;

ALTER TABLE account_schedule
  ADD COLUMN running_heavy integer NOT NULL DEFAULT 0,
  ADD COLUMN heavy_at      timestamptz;                                  -- last arrival, start or end of a heavy job
CREATE INDEX account_schedule_active ON account_schedule (heavy_at) WHERE heavy_at IS NOT NULL;

UPDATE account_schedule SET running_heavy = heavy.running, heavy_at = now()
  FROM (SELECT account_id, count(*) FILTER (WHERE status = 'processing') AS running FROM jobs
    WHERE resource_class = 'heavy' AND status IN ('pending', 'processing') GROUP BY account_id) AS heavy
  WHERE heavy.account_id = account_schedule.account_id;

CREATE OR REPLACE FUNCTION schedule_job() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  job      public.jobs := CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
  was      text := CASE WHEN TG_OP = 'INSERT' THEN '' ELSE OLD.status END;
  is_      text := CASE WHEN TG_OP = 'DELETE' THEN '' ELSE NEW.status END;
  -- Counted only for the kind that has a list.
  listed   integer := (job.kind = 'transcode')::integer;
  heavy    boolean := job.resource_class = 'heavy';
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
      running_heavy = running_heavy + CASE WHEN heavy THEN run ELSE 0 END,
      heavy_at = CASE WHEN heavy AND TG_OP <> 'DELETE' THEN now() ELSE heavy_at END,
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
