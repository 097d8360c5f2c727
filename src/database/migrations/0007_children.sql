-- Children of jobs --------------------------------------------------------------------------------------------------

-- A worker inserts the children of a job, and nothing else: only who may make keys creates the jobs of clients. The
-- condition runs for each insert and reads no table.
CREATE FUNCTION refuse_parentless() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'a worker inserts only children of jobs' USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER jobs_of_workers BEFORE INSERT ON jobs FOR EACH ROW
  WHEN (NEW.parent_id IS NULL AND NOT has_table_privilege('public.api_keys', 'INSERT'))
  EXECUTE FUNCTION refuse_parentless();
