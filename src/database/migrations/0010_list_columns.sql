-- What a list shows of a request, so that no list has to open the request itself: names of steps and numbers, no text of a
-- user's. Null: not asked for, or erased.
ALTER TABLE transcodes
  ADD COLUMN preset           jsonb,                                     -- {quality?, resolution?}
  ADD COLUMN requested_limits jsonb;                                     -- {memory_mb?, cpu_seconds?, wall_seconds?, output_mb?}
