-- Owners of stored objects --------------------------------------------------------------------------------------------

-- An object that is not visible yet belongs to the attempt that makes it, or to the upload whose bytes it copies. It is
-- abandoned when its owner has ended. Rows of the release before have neither, and are deleted at `delete_after`.
ALTER TABLE objects
  ADD COLUMN attempt_id uuid,
  ADD COLUMN upload_id  uuid;
CREATE INDEX objects_of_attempts ON objects (attempt_id) WHERE state = 'pending' AND attempt_id IS NOT NULL;
CREATE INDEX objects_of_uploads ON objects (upload_id) WHERE upload_id IS NOT NULL;
CREATE INDEX objects_copying ON objects (upload_id) WHERE state = 'pending' AND upload_id IS NOT NULL;

-- The attempts whose work folders may still exist, for the next worker of the machine, which removes them.
CREATE INDEX attempts_uncleaned ON attempts (worker_id) WHERE cleaned_at IS NULL;

-- A job whose outputs are stored waits for their deliveries, which are jobs of their own.
-- NOT VALID: every row meets the narrower condition that this one replaces, so no row has to be read.
ALTER TABLE jobs
  DROP CONSTRAINT jobs_awaiting_check,
  ADD CONSTRAINT jobs_awaiting_check CHECK (awaiting IN ('children', 'review', 'upload', 'delivery')) NOT VALID;

-- A statement that makes outputs visible fails as a whole if one of them has been deleted. The COMMIT is sent with the
-- statement, so the process could not roll it back after it has counted the rows.
CREATE FUNCTION require_count(visible bigint, wanted bigint) RETURNS bigint LANGUAGE plpgsql
  SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF visible <> wanted THEN
    RAISE EXCEPTION '% of % outputs can be made visible', visible, wanted USING ERRCODE = 'data_exception';
  END IF;
  RETURN visible;
END $$;
