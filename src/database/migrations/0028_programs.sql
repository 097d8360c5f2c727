-- Programs and capabilities ------------------------------------------------------------------------------------------

-- What a job requires of a worker beyond its kind, such as a program that only some workers have.
ALTER TABLE jobs ADD COLUMN needs text[] NOT NULL DEFAULT '{}';
-- What a worker can do: kinds of jobs, builds of programs, and what its programs provide. Null: a worker of the release before.
ALTER TABLE workers ADD COLUMN capabilities text[];
-- Every command of an attempt. The columns of one command stay, and describe the one that made the output.
ALTER TABLE attempts ADD COLUMN commands jsonb;

-- The next job of an account for a worker without special capabilities, however many jobs with needs are ahead of it.
CREATE INDEX jobs_waiting_plain ON jobs (account_id, resource_class, priority DESC, available_at, id)
  WHERE status = 'pending' AND needs = '{}';
-- The distinct kinds and needs of the queue, to find those that no worker can run.
CREATE INDEX jobs_waiting_kind ON jobs (kind, needs) WHERE status = 'pending';
