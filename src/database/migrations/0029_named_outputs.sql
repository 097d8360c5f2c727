-- Several outputs of one job -----------------------------------------------------------------------------------------

ALTER TABLE job_outputs
  ADD COLUMN role         text NOT NULL DEFAULT 'media',                 -- what it is of the inputs
  ADD COLUMN label_sealed bytea,                                         -- its name in the request; null = its format
  ADD COLUMN error_sealed bytea;                                         -- why it failed, for people
