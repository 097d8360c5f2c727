import type { Generated, GeneratedAlways } from 'kysely';
import type { Defaulted, DefaultedTimestamp, Json, Timestamp } from './columns.ts';
import type { ConnectionsTable } from './connection-tables.ts';
import type {
  AccountScheduleTable,
  AccountStorageTable,
  AttemptsTable,
  BatchesTable,
  DeletionReason,
  JobCountsTable,
  JobOutputsTable,
  JobSourcesTable,
  JobsTable,
} from './job-tables.ts';
import type {
  OauthClientsTable,
  OauthCodesTable,
  SessionsTable,
  SetupLinksTable,
  UsersTable,
} from './people-tables.ts';
import type { TemplatesTable, TemplateVersionsTable } from './template-tables.ts';
import type { UploadTokensTable } from './upload-token-tables.ts';
import type { WebhookDeliveriesTable, WebhookSecretsTable, WebhooksTable } from './webhook-tables.ts';

export * from './connection-tables.ts';
export * from './job-tables.ts';
export * from './people-tables.ts';
export * from './template-tables.ts';
export * from './upload-token-tables.ts';
export * from './webhook-tables.ts';

// One interface per table of migrations/*.sql. `bigint` columns are returned as numbers (see pool.ts), because all of them count bytes,
// milliseconds or rows, far below 2^53.

export interface AccountsTable {
  id: string;
  name: string;
  disabled_at: Timestamp | null;
  max_concurrent: Generated<number>;
  max_queued: Generated<number>;
  requests_per_minute: number | null;
  max_upload_bytes: number | null;
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

/** Who created a key. `account`: a caller of the API. `operator`: an operator. `command`: a local command for its own use. */
export type KeyOrigin = 'account' | 'operator' | 'command';

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
  origin: Defaulted<KeyOrigin>;
  /** For an access token: ids of the client that uses the token, and of the person who granted the token. */
  oauth_client_id: string | null;
  oauth_user_id: string | null;
  family_hash: Buffer | null;
  refresh_hash: Buffer | null;
  refresh_expires_at: Timestamp | null;
  /** Id of the key that created or rotated this key. Null if a person created it. */
  made_by: string | null;
}

export interface UsageMonthsTable {
  account_id: string;
  month: string;
  minutes: Generated<number>;
  jobs: Generated<number>;
}

export interface UsageDaysTable {
  account_id: string;
  day: string;
  minutes: Generated<number>;
  jobs: Generated<number>;
}

export type ObjectState = 'pending' | 'live' | 'deleting' | 'deleted';

export interface ObjectsTable {
  id: string;
  account_id: string;
  key: string;
  kind: 'upload' | 'output';
  job_id: string | null;
  content_type: string;
  size: number | null;
  sha256: string | null;
  /** Id of an upload in parts that was not aborted. The upload may have been completed. */
  multipart_id: string | null;
  state: ObjectState;
  deletion_reason: DeletionReason | null;
  delete_after: Timestamp | null;
  created_at: DefaultedTimestamp;
  deleted_at: Timestamp | null;
  deletion_failures: Generated<number>;
  /** Time of the next attempt to delete the bytes. '-infinity' is read as a number. */
  deletion_due_at: DefaultedTimestamp;
  /** The storage's error code, or the status of its response. */
  deletion_error: string | null;
  /** Number of files of a tree, or 0 until the files are stored. Null for a single object. The key of a tree is a prefix. */
  files: number | null;
  /** For a zip: id of the tree that the zip contains. */
  archive_of: string | null;
  /** The attempt that makes an output. Null for an upload, and in rows of older releases. */
  attempt_id: string | null;
  /** The upload whose bytes a confirm has copied. Null for every other object, and in rows of older releases. */
  upload_id: string | null;
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
  inspection_id: string | null;
  probe: Json<unknown> | null;
  url_expires_at: Timestamp;
  staging_closed_at: Timestamp | null;
  late_puts: Generated<number>;
  created_at: DefaultedTimestamp;
  confirmed_at: Timestamp | null;
  refusal_sealed: Buffer | null;
  part_size: number | null;
  /** Id of the upload token that began the upload. Null if a key or a person began it. The token may have been deleted. */
  token_id: string | null;
  /** Id of the job with which the upload was created. Null for an upload that was begun without a job. */
  job_id: string | null;
  /** Time at which Airlock next checks whether the bytes of the upload have arrived. Null if no job needs this check. */
  check_at: Timestamp | null;
}

export interface WorkersTable {
  id: string;
  host: string;
  boot: string;
  pid: number;
  pid_start: string;
  version: string;
  slots: number;
  heavy_slots: number | null;
  tier: string;
  ffmpeg: string;
  ffmpeg_package: string | null;
  ffmpeg_since: Timestamp | null;
  ffmpeg_report: Json<unknown> | null;
  memory_bound: string | null;
  output_bound: string | null;
  arguments_hidden: boolean | null;
  capabilities: string[] | null;
  self_test_passed: boolean | null;
  self_test_checks: number | null;
  self_test_exceptions: Generated<string[]>;
  self_test_at: Timestamp | null;
  draining: Generated<boolean>;
  drain_requested: Generated<boolean>;
  started_at: DefaultedTimestamp;
  heartbeat_at: DefaultedTimestamp;
}

export interface FleetLeasesTable {
  name: string;
  holder: string;
  expires_at: Timestamp;
}

export interface EventsTable {
  id: GeneratedAlways<number>;
  /** 64-bit transaction id, in decimal. */
  tx: GeneratedAlways<string>;
  account_id: string;
  type: string;
  job_id: string | null;
  upload_id: string | null;
  batch_id: string | null;
  data: Json<unknown>;
  created_at: DefaultedTimestamp;
}

export interface IdempotencyKeysTable {
  account_id: string;
  route: string;
  key: string;
  request_print: Buffer | null;
  status: number;
  answer_sealed: Buffer | null;
  job_id: string | null;
  upload_id: string | null;
  batch_id: string | null;
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
  usage_days: UsageDaysTable;
  users: UsersTable;
  sessions: SessionsTable;
  setup_links: SetupLinksTable;
  oauth_clients: OauthClientsTable;
  oauth_codes: OauthCodesTable;
  objects: ObjectsTable;
  uploads: UploadsTable;
  jobs: JobsTable;
  job_sources: JobSourcesTable;
  job_outputs: JobOutputsTable;
  attempts: AttemptsTable;
  batches: BatchesTable;
  account_schedule: AccountScheduleTable;
  job_counts: JobCountsTable;
  account_storage: AccountStorageTable;
  workers: WorkersTable;
  fleet_leases: FleetLeasesTable;
  events: EventsTable;
  webhooks: WebhooksTable;
  webhook_secrets: WebhookSecretsTable;
  webhook_deliveries: WebhookDeliveriesTable;
  templates: TemplatesTable;
  template_versions: TemplateVersionsTable;
  connections: ConnectionsTable;
  upload_tokens: UploadTokensTable;
  idempotency_keys: IdempotencyKeysTable;
  audit_log: AuditLogTable;
  signing_keys: SigningKeysTable;
  audit_checkpoints: AuditCheckpointsTable;
}
