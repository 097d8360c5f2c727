-- Options and filters hold words of users (tags, captions), and FFmpeg's errors may quote them: like names, they must not
-- outlive their row in dead tuples or the write-ahead log. All null once erased.
ALTER TABLE transcodes
  ADD COLUMN request_sealed bytea,                                       -- without URLs and metadata
  ADD COLUMN plan_sealed    bytea,
  ADD COLUMN error_sealed   bytea,
  DROP COLUMN request,
  DROP COLUMN plan,
  DROP COLUMN error_message;
