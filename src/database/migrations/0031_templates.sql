-- Templates: requests that jobs name instead of repeating them ---------------------------------------------------------

CREATE TABLE templates (
  id         uuid PRIMARY KEY,
  account_id uuid NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
  name       text NOT NULL,
  latest     integer NOT NULL,                                           -- the newest version
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  deleted_at timestamptz                                                 -- counts in the changes of a day until then
);
CREATE UNIQUE INDEX templates_name ON templates (account_id, name) WHERE deleted_at IS NULL;
CREATE INDEX templates_deleted ON templates (account_id, deleted_at) WHERE deleted_at IS NOT NULL;

-- A version never changes. Its content is erased with the template.
CREATE TABLE template_versions (
  template_id    uuid NOT NULL REFERENCES templates (id) ON DELETE CASCADE,
  account_id     uuid NOT NULL,
  version        integer NOT NULL,
  content_sealed bytea,
  created_at     timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (template_id, version)
);
CREATE INDEX template_versions_newest ON template_versions (account_id, created_at);

-- A version counts in the account's share of the disk, with a part of the row of its template.
CREATE FUNCTION count_template_versions() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF TG_OP = 'INSERT' THEN
    PERFORM public.add_to_storage(account_id, row_bytes => sum(500 + coalesce(octet_length(content_sealed), 0))::bigint)
      FROM changed GROUP BY account_id ORDER BY account_id;
  ELSE
    PERFORM public.add_to_storage(account_id, row_bytes => -sum(500 + coalesce(octet_length(content_sealed), 0))::bigint)
      FROM changed WHERE EXISTS (SELECT FROM public.accounts WHERE accounts.id = account_id)
      GROUP BY account_id ORDER BY account_id;
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER template_versions_added AFTER INSERT ON template_versions
  REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION count_template_versions();
CREATE TRIGGER template_versions_removed AFTER DELETE ON template_versions
  REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION count_template_versions();

CREATE FUNCTION count_erased_content() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  PERFORM public.add_to_storage(NEW.account_id,
    row_bytes => coalesce(octet_length(NEW.content_sealed), 0) - coalesce(octet_length(OLD.content_sealed), 0));
  RETURN NULL;
END $$;
CREATE TRIGGER template_versions_erased AFTER UPDATE OF content_sealed ON template_versions
  FOR EACH ROW EXECUTE FUNCTION count_erased_content();
