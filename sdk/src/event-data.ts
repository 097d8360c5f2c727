import type { Schemas } from './types.ts';

/** The types of events that are kept, and that webhooks receive. */
export type KeptEvent = Schemas['Event']['type'];

interface OfJob {
  job_id: string;
}

/** An event that ends a job. */
interface OfEndedJob extends OfJob {
  /** The job as it is now; absent once it is erased. */
  job?: Schemas['JobListItem'];
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

/** What `data` contains, for each type of event. */
export interface EventData {
  /** `position` is null once the job has left the queue. */
  'transcode.queued': OfJob & { position: number | null; expected_start_at: string | null };
  'transcode.started': OfJob & { attempt: number };
  'transcode.output_ready': OfJob & { position: number; format: string };
  'transcode.retrying': OfJob & { error_code: string };
  'transcode.completed': OfEndedJob;
  'transcode.failed': OfEndedJob & { error_code: string };
  'transcode.canceled': OfEndedJob;
  'transcode.deleted': OfJob & { reason: string };
  'batch.completed': {
    batch_id: string;
    /** The batch as it is now; absent once it is erased. */
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
  'key.created': OfKey;
  'key.rotated': OfKey & { successor_id: string };
  'key.revoked': OfKey;
  'webhook.disabled': OfWebhook & { reason: string };
  'webhook.test': OfWebhook;
}

/** `transcode.progress`, which only streams send. */
export interface ProgressData extends OfJob {
  progress: number;
  fps: number | null;
  speed: number | null;
  eta_seconds: number | null;
}
