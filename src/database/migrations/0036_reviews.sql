-- Jobs that wait for a person ----------------------------------------------------------------------------------------

-- When a job that awaits a review fails; null for all others.
ALTER TABLE jobs ADD COLUMN review_until timestamptz;
CREATE INDEX jobs_due_reviews ON jobs (review_until) WHERE awaiting = 'review';
