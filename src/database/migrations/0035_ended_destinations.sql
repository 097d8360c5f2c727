-- Destinations of jobs that have ended: a release that does not know destinations leaves them when it cancels a job ------

CREATE INDEX job_outputs_destinations ON job_outputs (id) WHERE destination_sealed IS NOT NULL;
