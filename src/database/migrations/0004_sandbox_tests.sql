-- What each worker's last self-test of its sandbox said, and the FFmpeg build that its cells run: GET /v1/security shows both.
ALTER TABLE workers
  ADD COLUMN self_test_passed boolean,                                   -- null: not run yet
  ADD COLUMN self_test_checks integer CHECK (self_test_checks >= 0),     -- attempts that were made
  ADD COLUMN self_test_exceptions text[] NOT NULL DEFAULT '{}',          -- attempts that the tier does not promise to refuse
  ADD COLUMN self_test_at     timestamptz,
  ADD COLUMN ffmpeg_package   text,                                      -- null: none of the distribution's
  ADD COLUMN ffmpeg_since     timestamptz;
