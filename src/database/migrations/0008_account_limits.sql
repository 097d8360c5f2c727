-- What the cell of a job may use: an account can only lower what the server allows, and a job what its account allows.
-- The least of each is that of src/contract/limit-bounds.ts: with less FFmpeg does not even load.
ALTER TABLE accounts
  ADD COLUMN memory_mb    integer CHECK (memory_mb >= 64),               -- null, here and below: what the server allows
  ADD COLUMN cpu_seconds  integer CHECK (cpu_seconds >= 1),
  ADD COLUMN wall_seconds integer CHECK (wall_seconds >= 1),
  ADD COLUMN output_mb    integer CHECK (output_mb >= 1);

-- What the cell of the last attempt was given, who had set it, and which of it the job hit; numbers and fixed words alone.
ALTER TABLE transcodes
  ADD COLUMN limits jsonb;                                               -- null: no cell has run, or not to its end
