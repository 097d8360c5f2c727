import type { Generated } from 'kysely';
import type { DefaultedTimestamp, Json, Timestamp } from './columns.ts';

/**
 * Why bytes were deleted: their owner erased them, their retention ended, another attempt replaced them, they were rejected as media, or
 * they were missing from storage.
 */
export type DeletionReason = 'erased' | 'retention' | 'replaced' | 'refused' | 'lost';

export type JobStatus = 'pending' | 'processing' | 'completed' | 'failed' | 'canceled';

/**
 * The resources of a worker that a job needs. `interactive`: a caller waits for the response. `light`: audio, stills, remuxes and small
 * pictures, which never wait behind a heavy encode.
 */
export const RESOURCE_CLASSES = ['interactive', 'light', 'heavy'] as const;
export type ResourceClass = (typeof RESOURCE_CLASSES)[number];

export interface JobsTable {
  id: string;
  account_id: string;
  key_id: string | null;
  request_id: string | null;
  /** The `traceparent` of the request that created the job; null if the request was not traced. */
  traceparent: string | null;
  kind: string;
  resource_class: ResourceClass;
  status: JobStatus;
  parent_id: string | null;
  batch_id: string | null;
  batch_index: number | null;
  /** From -10 to 10. Jobs with a higher priority start first within their account. */
  priority: Generated<number>;
  available_at: Timestamp;
  /** Capabilities that the job requires of a worker beyond its kind. */
  needs: Generated<string[]>;
  /** What the job awaits without occupying a slot. Null if the job awaits nothing. */
  awaiting: 'children' | 'review' | 'upload' | 'delivery' | null;
  /** Time at which a job that awaits a review fails. */
  review_until: Timestamp | null;
  /** State from which the next attempt of a parent continues. */
  resume_sealed: Buffer | null;
  fetches: boolean;
  request_sealed: Buffer | null;
  request_source_sealed: Buffer | null;
  request_facts: Json<unknown>;
  request_settings: Json<unknown> | null;
  plan_sealed: Buffer | null;
  warnings_sealed: Buffer | null;
  metadata_sealed: Buffer | null;
  webhook_sealed: Buffer | null;
  limits: Json<unknown> | null;
  progress: Generated<number>;
  speed: number | null;
  fps: number | null;
  eta_seconds: number | null;
  current_attempt: string | null;
  attempts: Generated<number>;
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

export type OutputStatus = 'pending' | 'completed' | 'failed';

export interface JobOutputsTable {
  id: string;
  job_id: string;
  account_id: string;
  position: number;
  format: string;
  status: Generated<OutputStatus>;
  name_sealed: Buffer | null;
  facts: Json<unknown> | null;
  object_id: string | null;
  error_code: string | null;
  role: Generated<string>;
  /** Name of the output in the request. Null if the name is the format. */
  label_sealed: Buffer | null;
  error_sealed: Buffer | null;
  /** The key that decrypts the segments of the output, as hex digits. */
  key_sealed: Buffer | null;
  /** The destination of the output, with secrets. Null without a destination, and from the start of its delivery or the end of its job. */
  destination_sealed: Buffer | null;
  /** Null if the output has no destination. */
  delivery_status: string | null;
  /** Host and folder of the delivery, and the reason if it failed. Kept for receipts. */
  delivery_sealed: Buffer | null;
}

export interface JobSourcesTable {
  job_id: string;
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

export type AttemptState = 'running' | 'completed' | 'failed' | 'canceled' | 'lost' | 'released';

export interface AttemptsTable {
  id: string;
  job_id: string;
  number: number;
  worker_id: string;
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
  commands: Json<unknown> | null;
  cleaned_at: Timestamp | null;
}

export interface BatchesTable {
  id: string;
  account_id: string;
  /** Null for a batch that a person created. */
  key_id: string | null;
  total: number;
  accepted: number;
  refusals_sealed: Buffer | null;
  metadata_sealed: Buffer | null;
  webhook_sealed: Buffer | null;
  retention_seconds: number;
  created_at: DefaultedTimestamp;
  canceled_at: Timestamp | null;
  completed_at: Timestamp | null;
  expires_at: Timestamp | null;
}

/** A trigger on `jobs` maintains this table. No other code writes to it. */
export interface AccountScheduleTable {
  account_id: string;
  running: Generated<number>;
  next_interactive: Timestamp | null;
  next_light: Timestamp | null;
  next_heavy: Timestamp | null;
  waiting_interactive: Generated<number>;
  waiting_light: Generated<number>;
  waiting_heavy: Generated<number>;
  running_heavy: Generated<number>;
  heavy_at: Timestamp | null;
}

/** Triggers on `jobs` maintain this table. */
export interface JobCountsTable {
  account_id: string;
  kind: string;
  status: string;
  jobs: Generated<number>;
}

/** Triggers on the counted tables maintain this table. The totals of an account are the sums over its rows. */
export interface AccountStorageTable {
  account_id: string;
  /** Number of the shard. Shard -1 contains the corrections. */
  shard: number;
  object_bytes: Generated<number>;
  open_bytes: Generated<number>;
  pending: Generated<number>;
  confirming: Generated<number>;
  confirmed: Generated<number>;
  /** Estimated bytes of the account's rows. */
  row_bytes: Generated<number>;
  pending_deliveries: Generated<number>;
}
