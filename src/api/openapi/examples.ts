import type { CommandBody, CommandJob } from '../../contract/commands.ts';
import type { EventPage } from '../../contract/events.ts';
import type { Health } from '../../contract/health.ts';
import type { Manifest, Receipt } from '../../contract/receipts.ts';
import type { CreateBody, Job } from '../../contract/transcodes.ts';
import type { ConfirmBody, ConfirmResult, PresignBody, PresignResult } from '../../contract/uploads.ts';
import type { ValidateAnswer } from '../../contract/validate.ts';
import type { ShownKind } from '../../kinds/kind.ts';
import { batchExamples } from './batch-examples.ts';
import { BLUEPRINT_EXAMPLES } from './blueprint-examples.ts';
import { CONNECTION_EXAMPLES } from './connection-examples.ts';
import { COMMAND, DETAILS_EXAMPLES } from './details-examples.ts';
import { AT, FILE, ID, LATER } from './example-values.ts';
import { KEY_EXAMPLES } from './key-examples.ts';
import { KIND_EXAMPLES } from './kind-examples.ts';
import { PEOPLE_EXAMPLES } from './people-examples.ts';
import { PROBE_EXAMPLES } from './probe-examples.ts';
import { SECURITY_EXAMPLE } from './security-example.ts';
import { TEMPLATE_EXAMPLES } from './template-examples.ts';
import type { Document, Media } from './types.ts';
import { CLIP, UPLOAD_EXAMPLES } from './upload-examples.ts';
import { WEBHOOK_EXAMPLES } from './webhook-examples.ts';

const SHA256 = '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08';
const URL = `gs://airlock/${FILE}`;
const SIGNED = 'https://storage.example.org/airlock/outputs/a?X-Amz-Expires=600&X-Amz-Signature=0f';
const PLAYBACK = 'https://airlock.example.org/playback/AZqcXo4Qe06MX28fbwqdIWjJ0QCfW2xSYd0kGz5h8mVtQp1r';

const transcodeRequest: CreateBody = {
  inputs: [{ url: URL, options: [{ option: '-ss', argument: '5' }] }],
  outputFormat: 'mp4',
  preset: { quality: 'high', resolution: '720p' },
  metadata: { order: 17 },
  retention_seconds: 3600,
};

const commandRequest: CommandBody = {
  ffmpeg_command: '-ss 5 -i {{in_1}} -vf "scale=640:-2" -c:v libx264 -crf 23 {{out_1}}',
  input_files: { in_1: 'https://example.org/talk.mov' },
  output_files: { out_1: 'talk-small.mp4' },
};

const output = {
  name: 'mp4',
  role: 'media' as const,
  status: 'completed' as const,
  format: 'mp4',
  size: 10_485_760,
  files: 1,
  duration_seconds: 85,
  width: 1280,
  height: 720,
  video_codec: 'h264',
  audio_codec: 'aac',
  sha256: SHA256,
  plan: {
    video: { mode: 'encoded' as const, reason: 'The size of the video changes.' },
    audio: { mode: 'copied' as const, reason: null },
  },
  error_code: null,
  error_message: null,
  delivery: null,
  url: 'gs://airlock/outputs/019a1c5e-7d2a-7c3e-9f00-2b8d5a6c1e4f/mp4.mp4',
};

const noLimit = { requested: null, applied: null, set_by: null };

const pending: Job = {
  id: ID,
  jobId: ID,
  status: 'pending',
  waiting_for: null,
  awaiting: null,
  inputs: [
    {
      url: URL,
      duration: 90,
      format: 'mov,mp4,m4a,3gp,3g2,mj2',
      size: 52_428_800,
      container: 'rewritten',
      fetched: null,
      upload: null,
    },
  ],
  outputs: [],
  output_format: 'mp4',
  output_url: null,
  billable_minutes: 2,
  duration_seconds: 90,
  template: null,
  ffmpeg_options: { source: 'preset', options: [], preset: { quality: 'high', resolution: '720p' } },
  video_metadata: { format: 'mov,mp4,m4a,3gp,3g2,mj2', duration_seconds: 90, size_bytes: 52_428_800 },
  error_message: null,
  error_code: null,
  error_advice: null,
  metadata: { user: { order: 17 } },
  progress: 0,
  speed: null,
  fps: null,
  eta_seconds: null,
  priority: 0,
  queue_position: 1,
  attempts: 0,
  retry: null,
  limits: { memory_mb: noLimit, cpu_seconds: noLimit, wall_seconds: noLimit, output_mb: noLimit },
  created_at: AT,
  updated_at: AT,
  started_at: null,
  completed_at: null,
  expires_at: null,
  warnings: [],
};

const listed = { ...pending, shortened: false };

const canceled: Job = { ...pending, status: 'canceled', queue_position: null, completed_at: LATER, updated_at: LATER };
const commandJob: CommandJob = { ...pending, command_id: ID };

const presignRequest: PresignBody = { filename: 'interview-raw.mp4', contentType: 'video/mp4', fileSize: 52_428_800 };
const presignResult: PresignResult = {
  uploadUrl: 'https://storage.example.org/airlock/uploads/a?X-Amz-Expires=900&X-Amz-Signature=0f',
  filename: FILE,
  expiresAt: '2026-05-22T14:45:45.000Z',
};
const confirmRequest: ConfirmBody = { filename: FILE, fileSize: 52_428_800 };
const confirmResult: ConfirmResult = {
  fileUrl: URL,
  gcsUrl: URL,
  filename: FILE,
  fileSize: 52_428_800,
  size: 52_428_800,
  uploadedAt: AT,
  metadata: CLIP,
};

const validateAnswer: ValidateAnswer = {
  valid: false,
  command: [],
  commands: [],
  warnings: [],
  errors: [
    {
      position: { pointer: '/options/0', offset: null },
      field: 'options[0]',
      option: '-f',
      message: 'The format is chosen by outputFormat.',
      suggestion: 'Leave -f out.',
    },
  ],
};

const receipt: Receipt = {
  type: 'airlock.receipt',
  version: 1,
  job_id: ID,
  kind: 'transcode',
  transcode_id: ID,
  issued_at: LATER,
  status: 'completed',
  reason: 'erased',
  erased_at: LATER,
  complete: true,
  complete_at: null,
  deleted: [{ object_id: ID, kind: 'output', size: 10_485_760, sha256: SHA256, reason: 'erased', deleted_at: LATER }],
  remaining: [],
  upload_urls: [],
  working_copies: [{ attempt: 1, removed_at: LATER }],
};

const manifest: Manifest = {
  type: 'airlock.manifest',
  version: 1,
  transcode_id: ID,
  created_at: AT,
  started_at: AT,
  completed_at: LATER,
  erased_at: null,
  inputs: [{ position: 0, role: 'input', kind: null, size: 52_428_800, sha256: SHA256, container: 'rewritten' }],
  outputs: [output],
  command: { argv: ['ffmpeg', '-i', '/in/0', '/out/output.mp4'], sha256: SHA256 },
  ffmpeg: { version: '7.1.3', package: '7:7.1.3-0+deb13u1' },
  commands: [COMMAND],
  sandbox: { tier: 'bwrap' },
  attempt: { number: 1, started_at: AT, ended_at: LATER, exit_code: 0, cpu_ms: 41_000, max_rss_bytes: 209_715_200 },
  airlock: { version: '0.1.0' },
};

const signature = { signature: 'q0uYbX…', key_id: 'kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k', algorithm: 'Ed25519' };

const health: Health = {
  ok: true,
  timestamp: AT,
  uptime: 4711,
  supabase: { ok: true, status: 200, statusText: 'OK', connected: true },
  database: { ok: true },
  storage: { ok: true },
  workers: { alive: 1 },
  ffmpeg: { version: '7.1.3' },
  sandbox: { tier: 'bwrap' },
};

const EVENT = 'MTA0My4yMDQ';

const eventPage: EventPage = {
  events: [{ id: EVENT, type: 'transcode.started', created_at: AT, data: { job_id: ID, attempt: 1 } }],
  next: EVENT,
};

/** Examples of every request and response, by the name of its schema. */
const EXAMPLES: Readonly<Record<string, unknown>> = {
  TranscodeRequest: transcodeRequest,
  CommandRequest: commandRequest,
  Job: pending,
  CommandJob: commandJob,
  JobList: { items: [listed], page: 1, limit: 20, total: 1, next: null },
  AllJobsList: { items: [{ ...listed, kind: 'transcode' }], total: 1, next: null },
  CancelAnswer: { success: true, message: 'Job cancelled successfully', job: canceled },
  DownloadAnswer: { url: SIGNED },
  PlaybackRequest: { expires_in: 3600 },
  Playback: {
    url: `${PLAYBACK}/master.m3u8`,
    hls_url: `${PLAYBACK}/master.m3u8`,
    dash_url: null,
    thumbnails_track: null,
    page_url: PLAYBACK,
    expires_at: LATER,
  },
  FileList: {
    items: [
      { path: 'high/00001.ts', size: 812_345, content_type: 'video/mp2t', sha256: 'a'.repeat(64) },
      { path: 'master.m3u8', size: 412, content_type: 'application/vnd.apple.mpegurl', sha256: 'b'.repeat(64) },
    ],
    next: null,
  },
  EraseAnswer: { success: true, id: ID, object: 'transcode', deleted: true, erased_at: LATER },
  ValidateAnswer: validateAnswer,
  PresignRequest: presignRequest,
  PresignAnswer: { success: true, result: presignResult },
  ConfirmRequest: confirmRequest,
  ConfirmAnswer: { success: true, result: confirmResult },
  EventPage: eventPage,
  SignedReceipt: { receipt, ...signature },
  SignedManifest: { manifest, ...signature },
  PublicKeys: {
    keys: [{ kty: 'OKP', crv: 'Ed25519', x: '11qYAYKx…', kid: signature.key_id, use: 'sig', alg: 'EdDSA' }],
  },
  Security: SECURITY_EXAMPLE,
  Health: health,
  ...{ Live: { ok: true }, Ready: { ok: true } },
  ...batchExamples(transcodeRequest, listed),
  ...BLUEPRINT_EXAMPLES,
  ...KEY_EXAMPLES,
  ...KIND_EXAMPLES,
  ...PEOPLE_EXAMPLES,
  ...CONNECTION_EXAMPLES,
  ...DETAILS_EXAMPLES,
  ...PROBE_EXAMPLES,
  ...TEMPLATE_EXAMPLES,
  ...UPLOAD_EXAMPLES,
  ...WEBHOOK_EXAMPLES,
};

/** Adds the examples to the document, including the examples of each kind of job. */
export function addExamples(document: Document, kinds: readonly Pick<ShownKind, 'examples'>[]): void {
  const examples = Object.assign({}, EXAMPLES, ...kinds.map((kind) => kind.examples)) as typeof EXAMPLES;
  for (const item of Object.values(document.paths ?? {})) {
    for (const { requestBody, responses } of Object.values(item)) {
      const contents = [requestBody?.content, ...Object.values(responses ?? {}).map((answer) => answer.content)];
      for (const media of contents.flatMap((content) => Object.values(content ?? {}))) addExample(media, examples);
    }
  }
}

function addExample(media: Media, examples: typeof EXAMPLES): void {
  const name = /"#\/components\/schemas\/(\w+)"/.exec(JSON.stringify(media.schema))?.[1];
  if (name !== undefined && Object.hasOwn(examples, name)) media.example = examples[name];
}
