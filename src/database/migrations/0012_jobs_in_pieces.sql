-- Jobs that wait for their children, or to use what those made: clients see them as processing, and there are few
-- (src/jobs/shown-status.ts).
CREATE INDEX jobs_in_children ON jobs (account_id)
  WHERE status = 'pending' AND (available_at = 'infinity' OR progress > 0);
