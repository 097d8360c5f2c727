import type { ColumnType, Generated } from 'kysely';

/*
 * One interface per table of migrations/*.sql. `bigint` columns come back as numbers (see pool.ts): all of them
 * count bytes, milliseconds or rows, far below 2^53.
 */
type Json<T> = ColumnType<T, string, string>;
type Timestamp = ColumnType<Date, Date | string, Date | string>;
type Defaulted<T> = ColumnType<T, T | undefined, T>;
type DefaultedTimestamp = ColumnType<Date, Date | undefined, Date>;

export interface AccountsTable {
  id: string;
  name: string;
  disabled_at: Timestamp | null;
  max_concurrent: Generated<number>;
  max_queued: Generated<number>;
  requests_per_minute: number | null;
  max_upload_bytes: Generated<number>;
  max_stored_bytes: Generated<number>;
  max_open_uploads: Generated<number>;
  retention_seconds: number | null;
  monthly_minutes: number | null;
  disarm: Generated<boolean>;
  memory_mb: number | null;
  cpu_seconds: number | null;
  wall_seconds: number | null;
  output_mb: number | null;
  created_at: DefaultedTimestamp;
}

export interface ApiKeysTable {
  id: string;
  account_id: string;
  name: string;
  key_hash: Buffer;
  hint: string;
  scopes: string[];
  allowed_cidrs: Defaulted<string[]>;
  created_at: DefaultedTimestamp;
  expires_at: Timestamp | null;
  last_used_at: Timestamp | null;
  revoked_at: Timestamp | null;
  replaced_by: string | null;
  dies_at: Timestamp | null;
}

export interface UsageMonthsTable {
  account_id: string;
  month: string;
  minutes: Generated<number>;
  jobs: Generated<number>;
}

export type ObjectState = 'pending' | 'live' | 'deleting' | 'deleted';

/** Why bytes went: their owner said so, their time was over, another attempt won, they were no media, or they vanished. */
export type DeletionReason = 'erased' | 'retention' | 'replaced' | 'refused' | 'lost';

export interface ObjectsTable {
  id: string;
  account_id: string;
  key: string;
  kind: 'upload' | 'output';
  transcode_id: string | null;
  content_type: string;
  size: number | null;
  sha256: string | null;
  state: ObjectState;
  deletion_reason: DeletionReason | null;
  delete_after: Timestamp | null;
  created_at: DefaultedTimestamp;
  deleted_at: Timestamp | null;
}

export type UploadState = 'pending' | 'confirming' | 'confirmed' | 'deleted';

export interface UploadsTable {
  id: string;
  account_id: string;
  staging_key: string;
  object_id: string | null;
  name_sealed: Buffer | null;
  name_fingerprint: Buffer;
  declared_type: string;
  declared_size: number;
  state: UploadState;
  queue_job: string | null;
  probe: Json<unknown> | null;
  url_expires_at: Timestamp;
  staging_closed_at: Timestamp | null;
  late_puts: Generated<number>;
  created_at: DefaultedTimestamp;
  confirmed_at: Timestamp | null;
  refusal_sealed: Buffer | null;
}

export type JobStatus = 'pending' | 'processing' | 'completed' | 'failed' | 'canceled';

export interface TranscodesTable {
  id: string;
  account_id: string;
  key_id: string | null;
  request_id: string | null;
  status: JobStatus;
  lane: 'light' | 'heavy';
  request_sealed: Buffer | null;
  request_source_sealed: Buffer | null;
  output_format: string;
  source: string;
  preset: Json<unknown> | null;
  requested_limits: Json<unknown> | null;
  plan_sealed: Buffer | null;
  warnings_sealed: Buffer | null;
  limits: Json<unknown> | null;
  metadata_sealed: Buffer | null;
  progress: Generated<number>;
  speed: number | null;
  fps: number | null;
  eta_seconds: number | null;
  current_attempt: string | null;
  queue_job: string;
  attempts: Generated<number>;
  output_object_id: string | null;
  output_name_sealed: Buffer | null;
  output_probe: Json<unknown> | null;
  input_seconds: number | null;
  error_code: string | null;
  error_sealed: Buffer | null;
  retention_seconds: number;
  created_at: DefaultedTimestamp;
  updated_at: DefaultedTimestamp;
  started_at: Timestamp | null;
  completed_at: Timestamp | null;
  expires_at: Timestamp | null;
  erased_at: Timestamp | null;
  erased_reason: Extract<DeletionReason, 'erased' | 'retention' | 'lost'> | null;
}

export interface TranscodeInputsTable {
  transcode_id: string;
  position: number;
  role: Generated<'input' | 'asset'>;
  kind: 'subtitle' | 'lut' | 'font' | 'picture' | 'media' | null;
  upload_id: string | null;
  object_id: string | null;
  url_sealed: Buffer | null;
  source_sealed: Buffer | null;
  probe: Json<unknown> | null;
  size: number | null;
  sha256: string | null;
}

export type AttemptState = 'running' | 'completed' | 'failed' | 'canceled' | 'lost' | 'handed_back';

export interface AttemptsTable {
  id: string;
  transcode_id: string;
  number: number;
  worker_id: string;
  queue_job: string;
  state: AttemptState;
  tier: string;
  started_at: DefaultedTimestamp;
  heartbeat_at: DefaultedTimestamp;
  ended_at: Timestamp | null;
  exit_code: number | null;
  signal: string | null;
  cpu_ms: number | null;
  max_rss: number | null;
  stderr_sealed: Buffer | null;
  error_code: string | null;
  airlock_version: string | null;
  ffmpeg_version: string | null;
  ffmpeg_package: string | null;
  command_sha256: string | null;
  cleaned_at: Timestamp | null;
}

export interface WorkersTable {
  id: string;
  host: string;
  boot: string;
  pid: number;
  pid_start: string;
  version: string;
  slots: number;
  tier: string;
  ffmpeg: string;
  ffmpeg_package: string | null;
  ffmpeg_since: Timestamp | null;
  ffmpeg_report: Json<unknown> | null;
  memory_bound: string | null;
  output_bound: string | null;
  arguments_hidden: boolean | null;
  self_test_passed: boolean | null;
  self_test_checks: number | null;
  self_test_exceptions: Generated<string[]>;
  self_test_at: Timestamp | null;
  draining: Generated<boolean>;
  started_at: DefaultedTimestamp;
  heartbeat_at: DefaultedTimestamp;
}

export interface EventsTable {
  id: Generated<number>;
  account_id: string;
  job_id: string;
  type: string;
  data: Json<unknown>;
  at: DefaultedTimestamp;
}

export interface IdempotencyKeysTable {
  account_id: string;
  route: string;
  key: string;
  request_print: Buffer | null;
  status: number;
  answer_sealed: Buffer | null;
  transcode_id: string | null;
  upload_id: string | null;
  created_at: DefaultedTimestamp;
}

export interface AuditLogTable {
  seq: number;
  at: Timestamp;
  actor: string;
  action: string;
  target: string | null;
  result: string;
  ip: string | null;
  request_id: string | null;
  details: Json<unknown>;
  previous: Buffer;
  hash: Buffer;
}

export interface SigningKeysTable {
  kid: string;
  public_key: Buffer;
  created_at: DefaultedTimestamp;
}

export interface AuditCheckpointsTable {
  seq: number;
  hash: Buffer;
  at: Timestamp;
  kid: string;
  signature: Buffer;
}

export interface Tables {
  accounts: AccountsTable;
  api_keys: ApiKeysTable;
  usage_months: UsageMonthsTable;
  objects: ObjectsTable;
  uploads: UploadsTable;
  transcodes: TranscodesTable;
  transcode_inputs: TranscodeInputsTable;
  attempts: AttemptsTable;
  workers: WorkersTable;
  events: EventsTable;
  idempotency_keys: IdempotencyKeysTable;
  audit_log: AuditLogTable;
  signing_keys: SigningKeysTable;
  audit_checkpoints: AuditCheckpointsTable;
}
