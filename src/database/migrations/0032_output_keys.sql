-- Keys of encrypted outputs ------------------------------------------------------------------------------------------

ALTER TABLE job_outputs
  ADD COLUMN key_sealed bytea;                                           -- decrypts its segments, as hex digits; erased with the job
