export {
  Airlock,
  type AirlockOptions,
  type Control,
  type SaveControl,
  type TranscodeOptions,
  type TranscodeResult,
  type UploadOptions,
} from './client.ts';
export type { LinkOptions } from './download.ts';
export { AirlockError, JobError } from './errors.ts';
export type { EventData, KeptEvent, ProgressData } from './event-data.ts';
export type { EventsOptions, StreamEvent } from './events.ts';
export type { paths } from './schema.ts';
export type { RequestOptions } from './transport.ts';
export type {
  ByteStream,
  Input,
  Job,
  OnProgress,
  Probe,
  Progress,
  Schemas,
  TranscodeRequest,
  Upload,
} from './types.ts';
export { isFinal, progressOfJob } from './wait.ts';
export { verifyWebhook, WebhookError, type WebhookEvent } from './webhooks.ts';
