-- The rows of an account count in its share of the disk: jobs, batches and deliveries could fill a disk that was full for
-- everything else. docs/decisions/0040-running-totals.md has the reasons.

LOCK TABLE jobs, uploads, batches, webhook_deliveries, idempotency_keys IN SHARE ROW EXCLUSIVE MODE;

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
        PERFORM public.add_to_storage(account_id, row_bytes => sum(%2$s)::bigint)
          FROM added GROUP BY account_id ORDER BY account_id;
        RETURN NULL;
      END $body$;
      CREATE TRIGGER %3$I AFTER INSERT ON %1$I
        REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION %3$I();

      -- An account that is being deleted has no total any more.
      CREATE FUNCTION %4$I() RETURNS trigger
      LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $body$
      BEGIN
        PERFORM public.add_to_storage(account_id, row_bytes => -sum(%2$s)::bigint)
          FROM removed WHERE EXISTS (SELECT FROM public.accounts WHERE accounts.id = account_id) GROUP BY account_id ORDER BY account_id;
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
  IF step <> 0 THEN PERFORM public.add_to_storage(NEW.account_id, row_bytes => step); END IF;
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
    PERFORM public.add_to_storage(account_id,
        row_bytes => 700 * count(*), pending_deliveries => count(*) FILTER (WHERE state = 'pending'))
      FROM changed GROUP BY account_id ORDER BY account_id;
  ELSE
    PERFORM public.add_to_storage(account_id,
        row_bytes => -700 * count(*), pending_deliveries => -count(*) FILTER (WHERE state = 'pending'))
      FROM changed WHERE EXISTS (SELECT FROM public.accounts WHERE accounts.id = account_id)
      GROUP BY account_id ORDER BY account_id;
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
  PERFORM public.add_to_storage(NEW.account_id,
    pending_deliveries => (NEW.state = 'pending')::integer - (OLD.state = 'pending')::integer);
  RETURN NULL;
END $$;
CREATE TRIGGER webhook_deliveries_settled AFTER UPDATE OF state ON webhook_deliveries FOR EACH ROW
  WHEN (OLD.state IS DISTINCT FROM NEW.state) EXECUTE FUNCTION count_settled_delivery();
