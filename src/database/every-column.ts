import type { AccountsTable, JobOutputsTable, JobSourcesTable, UploadsTable } from './tables.ts';

/*
 * Every column of the tables that most requests read. Statements with `SELECT *` are not prepared, because a migration that adds a column
 * would break them.
 */

/** Returns the names of all columns of a table. The type of `columns` requires every column. */
function every<Table>(columns: Record<keyof Table, true>): (keyof Table & string)[] {
  return Object.keys(columns) as (keyof Table & string)[];
}

export const ACCOUNT_COLUMNS = every<AccountsTable>({
  id: true,
  name: true,
  disabled_at: true,
  max_concurrent: true,
  max_queued: true,
  requests_per_minute: true,
  max_upload_bytes: true,
  max_stored_bytes: true,
  max_open_uploads: true,
  retention_seconds: true,
  monthly_minutes: true,
  disarm: true,
  memory_mb: true,
  cpu_seconds: true,
  wall_seconds: true,
  output_mb: true,
  created_at: true,
});

export const UPLOAD_COLUMNS = every<UploadsTable>({
  id: true,
  account_id: true,
  staging_key: true,
  object_id: true,
  name_sealed: true,
  name_fingerprint: true,
  declared_type: true,
  declared_size: true,
  state: true,
  inspection_id: true,
  probe: true,
  url_expires_at: true,
  staging_closed_at: true,
  late_puts: true,
  created_at: true,
  confirmed_at: true,
  refusal_sealed: true,
  part_size: true,
  token_id: true,
  job_id: true,
  check_at: true,
});

export const SOURCE_COLUMNS = every<JobSourcesTable>({
  job_id: true,
  position: true,
  role: true,
  kind: true,
  upload_id: true,
  object_id: true,
  url_sealed: true,
  source_sealed: true,
  probe: true,
  size: true,
  sha256: true,
});

export const OUTPUT_COLUMNS = every<JobOutputsTable>({
  id: true,
  job_id: true,
  account_id: true,
  position: true,
  format: true,
  status: true,
  name_sealed: true,
  facts: true,
  object_id: true,
  error_code: true,
  role: true,
  label_sealed: true,
  error_sealed: true,
  key_sealed: true,
  destination_sealed: true,
  delivery_status: true,
  delivery_sealed: true,
});
