-- Uploads in parts --------------------------------------------------------------------------------------------------

-- Bytes of each part but the last; null for an upload with one PUT. Such an upload has its object from the start, whose
-- `multipart_id` names the parts in the storage: a deletion aborts them.
ALTER TABLE uploads ADD COLUMN part_size bigint CHECK (part_size >= 1);

-- Null: AIRLOCK_MAX_UPLOAD. The old default was that of the variable.
ALTER TABLE accounts ALTER COLUMN max_upload_bytes DROP DEFAULT, ALTER COLUMN max_upload_bytes DROP NOT NULL;
UPDATE accounts SET max_upload_bytes = NULL WHERE max_upload_bytes = 2048576000;
