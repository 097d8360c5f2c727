-- Values that were sealed before they were bound to their place do not open any more, so what is left of them is forgotten.
UPDATE transcodes SET request_sealed = NULL, request_source_sealed = NULL, metadata_sealed = NULL, plan_sealed = NULL,
  output_name_sealed = NULL, error_sealed = NULL;
UPDATE transcode_inputs SET url_sealed = NULL, source_sealed = NULL;
UPDATE attempts SET stderr_sealed = NULL;
UPDATE uploads SET name_sealed = NULL;
DELETE FROM idempotency_keys;

-- Warnings quote what users wrote: names of fields, of fonts, of styles. A refusal tells what a file looked like.
ALTER TABLE transcodes
  ADD COLUMN warnings_sealed bytea,                                      -- null: none, or erased
  DROP COLUMN warnings;
ALTER TABLE uploads
  ADD COLUMN refusal_sealed bytea,                                       -- why the inspection failed
  DROP COLUMN refusal;

-- A remembered answer goes with what it tells of. The row stays for its time, so that the key is not used again.
ALTER TABLE idempotency_keys
  ADD COLUMN transcode_id  uuid,                                         -- what the request made
  ADD COLUMN upload_id     uuid,
  ADD COLUMN request_print bytea,                                        -- HMAC of the body; null once erased
  DROP COLUMN request_hash,
  ALTER COLUMN answer_sealed DROP NOT NULL;                              -- null once erased
CREATE INDEX idempotency_keys_transcode ON idempotency_keys (transcode_id) WHERE transcode_id IS NOT NULL;
CREATE INDEX idempotency_keys_upload ON idempotency_keys (upload_id) WHERE upload_id IS NOT NULL;

-- An upload's URL lives on after the upload is confirmed or deleted.
ALTER TABLE uploads
  ADD COLUMN staging_closed_at timestamptz,                              -- since then no URL can put bytes at staging_key
  ADD COLUMN late_puts integer NOT NULL DEFAULT 0;                       -- times that bytes came there when none were wanted
UPDATE uploads SET staging_closed_at = url_expires_at WHERE staging_swept;
DROP INDEX uploads_unswept;
ALTER TABLE uploads DROP COLUMN staging_swept;
CREATE INDEX uploads_open_staging ON uploads (url_expires_at) WHERE staging_closed_at IS NULL;
