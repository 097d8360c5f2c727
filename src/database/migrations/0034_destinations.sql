-- Destinations: outputs that are delivered to a place outside of the storage -------------------------------------------

ALTER TABLE job_outputs
  ADD COLUMN destination_sealed bytea,                                   -- where it goes, with secrets; erased when the job ends
  ADD COLUMN delivery_status    text,                                    -- null: it has no destination
  ADD COLUMN delivery_sealed    bytea;                                   -- host and folder, and why it failed; stays for receipts
