import type { Schemas } from './types.ts';

/** The types of stored events, which webhooks also receive. */
export type KeptEvent = Schemas['Event']['type'];

interface OfJob {
  job_id: string;
}

type ListedJob = Schemas['AllJobsList']['items'][number];

/** An event that ends a job. */
interface OfEndedJob<Kind extends string> extends OfJob {
  /** The job after the event; absent once the job is erased. */
  job?: Omit<Extract<ListedJob, { kind: Kind }>, 'kind'>;
}

/** The type of `data` in events that every kind of job has, by the part of the event's type after the dot. */
export interface JobEventData<Kind extends string> {
  /** `position` is null once the job has left the queue. */
  queued: OfJob & { position: number | null; expected_start_at: string | null };
  started: OfJob & { attempt: number };
  /**
   * An output was stored. You can download the output, although the job may still make other outputs. `output` is the name that downloads
   * require, and `position` is the position of the output in the request, from 0.
   */
  output_ready: OfJob & { output: string | null; position: number; format: string };
  /** The job waits, without using a worker, for jobs that make its parts. */
  awaiting_children: OfJob & { children: number };
  retrying: OfJob & { error_code: string };
  completed: OfEndedJob<Kind>;
  failed: OfEndedJob<Kind> & { error_code: string };
  canceled: OfEndedJob<Kind>;
  deleted: OfJob & { reason: string };
}

interface OfUpload {
  upload_id: string;
}

interface OfKey {
  key_id: string;
}

interface OfWebhook {
  webhook_id: string;
}

/** The type of `data` in events that do not concern a single job. */
export interface ServiceEventData {
  'batch.completed': {
    batch_id: string;
    /** The batch after the event; absent once the batch is erased. */
    batch?: Omit<Schemas['Batch'], 'items' | 'warnings'>;
    total: number;
    accepted: number;
    refused: number;
    completed: number;
    failed: number;
    canceled: number;
  };
  'upload.confirmed': OfUpload;
  'upload.refused': OfUpload;
  'upload.deleted': OfUpload & { reason: string };
  'upload_token.created': { upload_token_id: string };
  'key.created': OfKey;
  'key.rotated': OfKey & { successor_id: string };
  'key.revoked': OfKey;
  'webhook.disabled': OfWebhook & { reason: string };
  'webhook.test': OfWebhook;
}

type DataOf<Type extends string> = Type extends keyof ServiceEventData
  ? ServiceEventData[Type]
  : Type extends `${infer Kind}.${infer Event}`
    ? Event extends keyof JobEventData<Kind>
      ? JobEventData<Kind>[Event]
      : OfJob & Record<string, unknown>
    : never;

/** The type of `data` for each type of event. */
export type EventData = { [Type in KeptEvent]: DataOf<Type> };

/** The type of `data` in `transcode.progress`, which only streams send. */
export interface ProgressData extends OfJob {
  progress: number;
  fps: number | null;
  speed: number | null;
  eta_seconds: number | null;
}
