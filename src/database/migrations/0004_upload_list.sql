-- Uploads of an account, newest first. Deleted ones have no name any more, and no list shows them.
CREATE INDEX uploads_newest ON uploads (account_id, created_at DESC, id DESC) WHERE state <> 'deleted';
