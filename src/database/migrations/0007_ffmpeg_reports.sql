-- Whether a newer FFmpeg is to be had and what is known against the one that runs, as a worker found it: GET /v1/security shows it.
ALTER TABLE workers
  ADD COLUMN ffmpeg_report jsonb;                                        -- null: not looked yet
