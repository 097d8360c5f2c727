-- Reconciliation reads keys in the order in which a storage lists them: by bytes.
ALTER TABLE objects ALTER COLUMN key TYPE text COLLATE "C";
ALTER TABLE uploads ALTER COLUMN staging_key TYPE text COLLATE "C";
CREATE INDEX uploads_pending_key ON uploads (staging_key) WHERE state = 'pending';
