-- The rows of an account count in its share of the disk: jobs, batches and deliveries could fill a disk that was full for
-- everything else. docs/decisions/0040-running-totals.md has the reasons.

LOCK TABLE jobs, uploads, batches, webhook_deliveries, idempotency_keys IN SHARE ROW EXCLUSIVE MODE;

ALTER TABLE account_storage
  ADD COLUMN row_bytes          bigint NOT NULL DEFAULT 0,               -- of its rows and their indexes, estimated
  ADD COLUMN pending_deliveries bigint NOT NULL DEFAULT 0;

-- A row with its indexes and what belongs to it, measured with 10,000 jobs that were created and canceled: a job with its
-- sources, outputs, attempt and events, an upload with its object and events. Texts of callers count by their length.
DO $$
DECLARE
  counted record;
BEGIN
  FOR counted IN VALUES
    ('jobs', '10000 + coalesce(octet_length(metadata_sealed), 0) + coalesce(octet_length(request_sealed), 0)'),
    ('uploads', '4000'),
    ('batches', '1000 + coalesce(octet_length(metadata_sealed), 0) + coalesce(octet_length(refusals_sealed), 0)'),
    ('idempotency_keys', '500 + coalesce(octet_length(answer_sealed), 0)')
  LOOP
    EXECUTE format($make$
      INSERT INTO account_storage AS total (account_id, shard, row_bytes)
        SELECT account_id, 0, sum(%2$s) FROM %1$I GROUP BY account_id
        ON CONFLICT (account_id, shard) DO UPDATE SET row_bytes = total.row_bytes + EXCLUDED.row_bytes;

      CREATE FUNCTION %3$I() RETURNS trigger
      LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $body$
      BEGIN
        INSERT INTO public.account_storage AS total (account_id, shard, row_bytes)
          SELECT account_id, pg_backend_pid() %% 16, sum(%2$s) FROM added GROUP BY account_id ORDER BY account_id
          ON CONFLICT (account_id, shard) DO UPDATE SET row_bytes = total.row_bytes + EXCLUDED.row_bytes;
        RETURN NULL;
      END $body$;
      CREATE TRIGGER %3$I AFTER INSERT ON %1$I
        REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION %3$I();

      -- An account that is being deleted has no total any more.
      CREATE FUNCTION %4$I() RETURNS trigger
      LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $body$
      BEGIN
        INSERT INTO public.account_storage AS total (account_id, shard, row_bytes)
          SELECT account_id, pg_backend_pid() %% 16, -sum(%2$s) FROM removed
          WHERE EXISTS (SELECT FROM public.accounts WHERE accounts.id = account_id) GROUP BY account_id ORDER BY account_id
          ON CONFLICT (account_id, shard) DO UPDATE SET row_bytes = total.row_bytes + EXCLUDED.row_bytes;
        RETURN NULL;
      END $body$;
      CREATE TRIGGER %4$I AFTER DELETE ON %1$I
        REFERENCING OLD TABLE AS removed FOR EACH STATEMENT EXECUTE FUNCTION %4$I();
    $make$, counted.column1, counted.column2, counted.column1 || '_rows_added', counted.column1 || '_rows_removed');
  END LOOP;
END $$;

-- Texts that are written later, or erased. Row by row, and only for statements that name the columns: most updates do not.
CREATE FUNCTION count_text() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  step bigint;
BEGIN
  IF TG_TABLE_NAME = 'jobs' THEN
    step := coalesce(octet_length(NEW.metadata_sealed), 0) + coalesce(octet_length(NEW.request_sealed), 0)
      - coalesce(octet_length(OLD.metadata_sealed), 0) - coalesce(octet_length(OLD.request_sealed), 0);
  ELSIF TG_TABLE_NAME = 'batches' THEN
    step := coalesce(octet_length(NEW.metadata_sealed), 0) + coalesce(octet_length(NEW.refusals_sealed), 0)
      - coalesce(octet_length(OLD.metadata_sealed), 0) - coalesce(octet_length(OLD.refusals_sealed), 0);
  ELSE
    step := coalesce(octet_length(NEW.answer_sealed), 0) - coalesce(octet_length(OLD.answer_sealed), 0);
  END IF;
  IF step <> 0 THEN
    INSERT INTO public.account_storage AS total (account_id, shard, row_bytes)
      VALUES (NEW.account_id, pg_backend_pid() % 16, step)
      ON CONFLICT (account_id, shard) DO UPDATE SET row_bytes = total.row_bytes + EXCLUDED.row_bytes;
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER jobs_text AFTER UPDATE OF metadata_sealed, request_sealed ON jobs FOR EACH ROW EXECUTE FUNCTION count_text();
CREATE TRIGGER batches_text AFTER UPDATE OF metadata_sealed, refusals_sealed ON batches
  FOR EACH ROW EXECUTE FUNCTION count_text();
CREATE TRIGGER idempotency_keys_text AFTER UPDATE OF answer_sealed ON idempotency_keys
  FOR EACH ROW EXECUTE FUNCTION count_text();

INSERT INTO account_storage AS total (account_id, shard, pending_deliveries)
  SELECT account_id, 0, count(*) FROM webhook_deliveries WHERE state = 'pending' GROUP BY account_id
  ON CONFLICT (account_id, shard) DO UPDATE SET pending_deliveries = EXCLUDED.pending_deliveries;

-- Deliveries count in bytes, and those that are pending in number too.
INSERT INTO account_storage AS total (account_id, shard, row_bytes)
  SELECT account_id, 0, 700 * count(*) FROM webhook_deliveries GROUP BY account_id
  ON CONFLICT (account_id, shard) DO UPDATE SET row_bytes = total.row_bytes + EXCLUDED.row_bytes;

CREATE FUNCTION count_deliveries() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF TG_OP = 'INSERT' THEN
    INSERT INTO public.account_storage AS total (account_id, shard, row_bytes, pending_deliveries)
      SELECT account_id, pg_backend_pid() % 16, 700 * count(*), count(*) FILTER (WHERE state = 'pending')
      FROM changed GROUP BY account_id ORDER BY account_id
      ON CONFLICT (account_id, shard) DO UPDATE SET row_bytes = total.row_bytes + EXCLUDED.row_bytes,
        pending_deliveries = total.pending_deliveries + EXCLUDED.pending_deliveries;
  ELSE
    INSERT INTO public.account_storage AS total (account_id, shard, row_bytes, pending_deliveries)
      SELECT account_id, pg_backend_pid() % 16, -700 * count(*), -count(*) FILTER (WHERE state = 'pending')
      FROM changed WHERE EXISTS (SELECT FROM public.accounts WHERE accounts.id = account_id)
      GROUP BY account_id ORDER BY account_id
      ON CONFLICT (account_id, shard) DO UPDATE SET row_bytes = total.row_bytes + EXCLUDED.row_bytes,
        pending_deliveries = total.pending_deliveries + EXCLUDED.pending_deliveries;
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER webhook_deliveries_added AFTER INSERT ON webhook_deliveries
  REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION count_deliveries();
CREATE TRIGGER webhook_deliveries_removed AFTER DELETE ON webhook_deliveries
  REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION count_deliveries();

CREATE FUNCTION count_settled_delivery() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  INSERT INTO public.account_storage AS total (account_id, shard, pending_deliveries)
    VALUES (NEW.account_id, pg_backend_pid() % 16, (NEW.state = 'pending')::integer - (OLD.state = 'pending')::integer)
    ON CONFLICT (account_id, shard) DO UPDATE SET pending_deliveries = total.pending_deliveries + EXCLUDED.pending_deliveries;
  RETURN NULL;
END $$;
CREATE TRIGGER webhook_deliveries_settled AFTER UPDATE OF state ON webhook_deliveries FOR EACH ROW
  WHEN (OLD.state IS DISTINCT FROM NEW.state) EXECUTE FUNCTION count_settled_delivery();
