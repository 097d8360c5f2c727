-- Sweeps ------------------------------------------------------------------------------------------------------------
-- What a sweep looks for, in the order in which it deletes it: no sweep reads a table whole.

CREATE INDEX jobs_erased ON jobs (completed_at) WHERE erased_at IS NOT NULL;
CREATE INDEX uploads_deleted ON uploads (created_at) WHERE state = 'deleted';
CREATE INDEX uploads_refused ON uploads (url_expires_at) WHERE refusal_sealed IS NOT NULL;
CREATE INDEX objects_deleted ON objects (deleted_at) WHERE state = 'deleted';
-- Deleting the row of an object looks for uploads that name it.
CREATE INDEX uploads_object ON uploads (object_id) WHERE object_id IS NOT NULL;
