export type { BlueprintInputs, BlueprintRun, Blueprints } from './blueprints.ts';
export {
  Airlock,
  type AirlockOptions,
  type TranscodeOptions,
  type TranscodeResult,
  type UploadOptions,
} from './client.ts';
export type { Connections } from './connections.ts';
export type { LinkOptions } from './download.ts';
export { AirlockError, JobError } from './errors.ts';
export type { EventData, JobEventData, KeptEvent, ProgressData, ServiceEventData } from './event-data.ts';
export type { EventsOptions, StreamEvent } from './events.ts';
export type { Control, JobResult, Jobs, KindPath, KindTypes, SaveControl, TypesOf } from './kinds.ts';
export type { paths } from './schema.ts';
export type { Templates } from './templates.ts';
export type { RequestOptions } from './transport.ts';
export type {
  AnyJob,
  AnyOutput,
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
