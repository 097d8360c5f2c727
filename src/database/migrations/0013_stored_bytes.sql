-- What an account stores is kept as numbers: a sum over its objects cost more with each file, at every upload URL, job and
-- output. docs/decisions/0040-running-totals.md has the reasons and the figures.

LOCK TABLE objects, uploads IN SHARE ROW EXCLUSIVE MODE;

-- Several rows per account, whose sums count. A connection adds to the row of its own shard, so that the connections that
-- change objects of one account at the same time rarely wait for each other. A single row may be negative. The shard -1 has
-- the corrections of the sweep.
CREATE TABLE account_storage (
  account_id   uuid NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
  shard        smallint NOT NULL,
  object_bytes bigint NOT NULL DEFAULT 0,                               -- objects that are not deleted, without unconfirmed uploads
  open_bytes   bigint NOT NULL DEFAULT 0,                               -- declared by uploads that are not confirmed
  pending      bigint NOT NULL DEFAULT 0,                               -- uploads by state
  confirming   bigint NOT NULL DEFAULT 0,
  confirmed    bigint NOT NULL DEFAULT 0,
  row_bytes    bigint NOT NULL DEFAULT 0,                               -- of its rows and their indexes, estimated
  pending_deliveries bigint NOT NULL DEFAULT 0,
  PRIMARY KEY (account_id, shard)
) WITH (fillfactor = 50);

INSERT INTO account_storage (account_id, shard, object_bytes)
  SELECT account_id, 0, sum(size) FROM objects
  WHERE state IN ('pending', 'live', 'deleting') AND NOT (kind = 'upload' AND state = 'pending') AND size IS NOT NULL
  GROUP BY account_id;
INSERT INTO account_storage AS total (account_id, shard, open_bytes, pending, confirming, confirmed)
  SELECT account_id, 0,
    coalesce(sum(declared_size) FILTER (WHERE state IN ('pending', 'confirming')), 0),
    count(*) FILTER (WHERE state = 'pending'),
    count(*) FILTER (WHERE state = 'confirming'),
    count(*) FILTER (WHERE state = 'confirmed')
  FROM uploads WHERE state <> 'deleted' GROUP BY account_id
  ON CONFLICT (account_id, shard) DO UPDATE SET
    (open_bytes, pending, confirming, confirmed) =
    (EXCLUDED.open_bytes, EXCLUDED.pending, EXCLUDED.confirming, EXCLUDED.confirmed);

-- Adds to the totals of an account, for the triggers below and in 0014_row_bytes.sql: they choose the search path and have the
-- right to write this table.
CREATE FUNCTION add_to_storage(
  account uuid, object_bytes bigint DEFAULT 0, open_bytes bigint DEFAULT 0, pending bigint DEFAULT 0,
  confirming bigint DEFAULT 0, confirmed bigint DEFAULT 0, row_bytes bigint DEFAULT 0, pending_deliveries bigint DEFAULT 0
) RETURNS void LANGUAGE plpgsql AS $$
#variable_conflict use_column
BEGIN
  INSERT INTO public.account_storage AS total
    VALUES (account, pg_backend_pid() % 16, object_bytes, open_bytes, pending, confirming, confirmed, row_bytes,
      pending_deliveries)
    ON CONFLICT (account_id, shard) DO UPDATE SET
      object_bytes = total.object_bytes + EXCLUDED.object_bytes,
      open_bytes = total.open_bytes + EXCLUDED.open_bytes,
      pending = total.pending + EXCLUDED.pending,
      confirming = total.confirming + EXCLUDED.confirming,
      confirmed = total.confirmed + EXCLUDED.confirmed,
      row_bytes = total.row_bytes + EXCLUDED.row_bytes,
      pending_deliveries = total.pending_deliveries + EXCLUDED.pending_deliveries;
END $$;

-- Once per statement, with all rows that it changed: a deletion of 1,000 objects adds to one row per account, once.
-- SECURITY DEFINER: who changes objects changes these numbers through the triggers, and in no other way.
CREATE FUNCTION count_objects() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF TG_OP = 'INSERT' THEN
    PERFORM public.add_to_storage(account_id, object_bytes => sum(size)::bigint) FROM added
      WHERE size > 0 AND state <> 'deleted' AND NOT (kind = 'upload' AND state = 'pending')
      GROUP BY account_id ORDER BY account_id;
  ELSIF TG_OP = 'DELETE' THEN
    PERFORM public.add_to_storage(account_id, object_bytes => -sum(size)::bigint) FROM removed
      WHERE size > 0 AND state <> 'deleted' AND NOT (kind = 'upload' AND state = 'pending')
      GROUP BY account_id ORDER BY account_id;
  ELSE
    PERFORM public.add_to_storage(account_id, object_bytes => sum(step)::bigint) FROM (
        SELECT account_id, size AS step FROM added
          WHERE size > 0 AND state <> 'deleted' AND NOT (kind = 'upload' AND state = 'pending')
        UNION ALL
        SELECT account_id, -size FROM removed
          WHERE size > 0 AND state <> 'deleted' AND NOT (kind = 'upload' AND state = 'pending')) AS steps
      GROUP BY account_id HAVING sum(step) <> 0 ORDER BY account_id;
  END IF;
  RETURN NULL;
END $$;

CREATE TRIGGER objects_added AFTER INSERT ON objects
  REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION count_objects();
CREATE TRIGGER objects_changed AFTER UPDATE ON objects
  REFERENCING OLD TABLE AS removed NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION count_objects();
CREATE TRIGGER objects_removed AFTER DELETE ON objects
  REFERENCING OLD TABLE AS removed FOR EACH STATEMENT EXECUTE FUNCTION count_objects();

CREATE FUNCTION count_uploads() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF TG_OP = 'INSERT' THEN
    PERFORM public.add_to_storage(account_id,
        open_bytes => coalesce(sum(declared_size) FILTER (WHERE state IN ('pending', 'confirming')), 0)::bigint,
        pending => count(*) FILTER (WHERE state = 'pending'),
        confirming => count(*) FILTER (WHERE state = 'confirming'),
        confirmed => count(*) FILTER (WHERE state = 'confirmed'))
      FROM added WHERE state <> 'deleted' GROUP BY account_id ORDER BY account_id;
  ELSIF TG_OP = 'DELETE' THEN
    PERFORM public.add_to_storage(account_id,
        open_bytes => -coalesce(sum(declared_size) FILTER (WHERE state IN ('pending', 'confirming')), 0)::bigint,
        pending => -count(*) FILTER (WHERE state = 'pending'),
        confirming => -count(*) FILTER (WHERE state = 'confirming'),
        confirmed => -count(*) FILTER (WHERE state = 'confirmed'))
      FROM removed WHERE state <> 'deleted' GROUP BY account_id ORDER BY account_id;
  ELSE
    -- Half of all updates change nothing that counts.
    IF NOT EXISTS (SELECT FROM added JOIN removed USING (id)
        WHERE added.state <> removed.state OR added.declared_size <> removed.declared_size) THEN
      RETURN NULL;
    END IF;
    PERFORM public.add_to_storage(account_id,
        open_bytes => coalesce(sum(sign * declared_size) FILTER (WHERE state IN ('pending', 'confirming')), 0)::bigint,
        pending => coalesce(sum(sign) FILTER (WHERE state = 'pending'), 0),
        confirming => coalesce(sum(sign) FILTER (WHERE state = 'confirming'), 0),
        confirmed => coalesce(sum(sign) FILTER (WHERE state = 'confirmed'), 0))
      FROM (SELECT account_id, state, declared_size, 1 AS sign FROM added
        UNION ALL SELECT account_id, state, declared_size, -1 FROM removed) AS steps
      GROUP BY account_id ORDER BY account_id;
  END IF;
  RETURN NULL;
END $$;

CREATE TRIGGER uploads_added AFTER INSERT ON uploads
  REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION count_uploads();
CREATE TRIGGER uploads_changed AFTER UPDATE ON uploads
  REFERENCING OLD TABLE AS removed NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION count_uploads();
CREATE TRIGGER uploads_removed AFTER DELETE ON uploads
  REFERENCING OLD TABLE AS removed FOR EACH STATEMENT EXECUTE FUNCTION count_uploads();

-- Outputs that are being stored, of all accounts: what the disk still has to take.
CREATE INDEX objects_reserved ON objects (size) WHERE state = 'pending' AND kind = 'output';
