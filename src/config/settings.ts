import type { z } from 'zod/mini';
import { MAX_PARTS_UPLOAD_BYTES, MAX_UPLOAD_BYTES } from '../contract/limits.ts';
import {
  absolutePath,
  choice,
  diskReserve,
  duration,
  integerUpTo,
  list,
  path,
  port,
  portList,
  type SettingType,
  socketPath,
  text,
  url,
} from './setting-types.ts';

export interface Setting<Value> {
  variable: string;
  type: SettingType<Value>;
  /** Text that an unset variable stands for. If null, the setting of an unset variable is null. */
  default: string | null;
  /** Description for docs/configuration.md, in Markdown. */
  description: string;
  /** Example of a value. Set if neither `default` nor `description` shows the form of a value. */
  example?: string;
}

/**
 * Maximum number of slots of a worker. The sandbox has accounts for 256 cells, and needs some of them for inspections and the self-test.
 */
const MAX_WORKER_SLOTS = 250;
const MAX_CONNECTIONS = 100_000;

/** The value of `AIRLOCK_ALLOW_UNSANDBOXED` that accepts the risk. Operators do not type it by accident. */
export const ACCEPTED_RISK = 'i-accept-the-risk';

/**
 * Every variable that an operator can set, by the name of its setting. `readConfig`, `toEnvironment` and the tables of
 * docs/configuration.md follow this table and its order.
 */
export const SETTINGS = {
  host: required('AIRLOCK_HOST', text, '127.0.0.1', {
    description: 'Address that API and storage listen on. Metrics use it only if it is a loopback address.',
  }),
  port: required('AIRLOCK_PORT', port, '8080', {
    description: 'Port of the API. 0 selects a free port, and `ready.json` contains it.',
  }),
  storagePort: required('AIRLOCK_STORAGE_PORT', port, '8081', {
    description: 'Port of the embedded storage gateway.',
  }),
  metricsPort: required('AIRLOCK_METRICS_PORT', port, '9464', {
    description: 'Port of the Prometheus metrics.',
  }),
  dataDir: required('AIRLOCK_DATA_DIR', path, './.airlock', {
    description: 'Data directory with everything embedded: database, media, secrets, certificate.',
    example: '/var/lib/airlock',
  }),
  publicUrl: optional('AIRLOCK_PUBLIC_URL', url('http:', 'https:'), {
    description: 'Address of the API as clients see it. If unset, Airlock derives it from host and port.',
    example: 'https://airlock.example.com',
  }),
  storagePublicUrl: optional('AIRLOCK_STORAGE_PUBLIC_URL', url('http:', 'https:'), {
    description:
      'Address of the storage as clients see it. Signed URLs start with it. Must be `https://`, except on loopback.',
    example: 'https://media.example.com',
  }),
  databaseUrl: optional('AIRLOCK_DATABASE_URL', url('postgres:', 'postgresql:'), {
    description:
      'PostgreSQL 15 or later. For [TLS](operate/database.md#tls-to-postgresql), add `?sslmode=verify-full&sslrootcert=/path/to/ca.pem`. If unset, Airlock runs the embedded PostgreSQL.',
    example: 'postgres://airlock:password@db.example.com/airlock',
  }),
  storageUrl: optional('AIRLOCK_STORAGE_URL', url('s3:', 'gs:'), {
    description:
      '`s3://bucket?endpoint=https://…&region=…` for [S3](operate/s3.md), with `endpoint=unix:/path` for the socket of a gateway, or `gs://bucket` for [Google Cloud Storage](operate/google-cloud-storage.md). If unset, Airlock runs the embedded storage.',
  }),
  storageSocket: optional('AIRLOCK_STORAGE_SOCKET', socketPath('/run/airlock-storage/storage.sock'), {
    description:
      'Unix socket on which the gateway serves API and worker, mode 0660. If unset, `socket/storage.sock` in the data directory, which only its owner can use.',
    example: '/run/airlock-storage/storage.sock',
  }),
  tls: required('AIRLOCK_TLS', choice(['auto', 'off']), 'off', {
    description: '`auto` creates a self-signed certificate in the data directory. `off` serves plain HTTP.',
  }),
  tlsCert: optional('AIRLOCK_TLS_CERT', path, {
    description: 'PEM file with certificate and chain. Overrides `AIRLOCK_TLS`. Requires `AIRLOCK_TLS_KEY`.',
    example: '/etc/airlock/fullchain.pem',
  }),
  tlsKey: optional('AIRLOCK_TLS_KEY', path, {
    description: 'PEM file with the unencrypted key of the certificate.',
    example: '/etc/airlock/privkey.pem',
  }),
  trustProxy: required('AIRLOCK_TRUST_PROXY', list, '', {
    description:
      'CIDRs of the proxies that terminate TLS. Airlock trusts their `x-forwarded-*` headers: [behind a proxy](operate/network.md#behind-a-proxy).',
    example: '10.1.0.5/32',
  }),
  drainDelaySeconds: optional('AIRLOCK_DRAIN_DELAY', duration, {
    description:
      'How long a stopping API still serves requests while `/readyz` returns 503, so that your [load balancer](operate/upgrade.md#rolling-restarts) removes it first. If unset, it stops immediately.',
    example: '10s',
  }),
  workerSlots: optional('AIRLOCK_WORKER_SLOTS', integerUpTo(MAX_WORKER_SLOTS), {
    description:
      'Concurrent jobs of a worker. If unset, the number depends on [cores and memory](operate/slots.md#slots-and-memory).',
    example: '4',
  }),
  retentionSeconds: required('AIRLOCK_RETENTION', duration, '24h', {
    description: 'Retention of outputs, and of uploads after their last use: `90s`, `15m`, `24h`, `7d`, `2w`.',
  }),
  maxUpload: required('AIRLOCK_MAX_UPLOAD', integerUpTo(MAX_PARTS_UPLOAD_BYTES), String(MAX_UPLOAD_BYTES), {
    description:
      'Bytes of one upload, up to 100,000,000,000. Files above 2,048,576,000 bytes are [uploaded in parts](api/uploads.md#uploads-in-parts).',
  }),
  diskReserve: required('AIRLOCK_DISK_RESERVE', diskReserve, '5%,1GiB', {
    description:
      '[Free space](operate/storage.md#disk-space) that Airlock does not use: a share of the disk (`5%`), a size (`500MB`, `1GiB`), or both, of which the larger applies.',
  }),
  storageWaitSeconds: required('AIRLOCK_STORAGE_WAIT', duration, '24h', {
    description:
      'How long a job waits for an [unavailable storage](operate/storage.md#storage-outages) before it fails with `storage_unavailable`.',
  }),
  reviewWaitSeconds: required('AIRLOCK_REVIEW_WAIT', duration, '72h', {
    description:
      'How long a run of a blueprint [awaits a review](blueprints.md#review-captions) before it fails with `review_expired`.',
  }),
  chunks: required('AIRLOCK_CHUNKS', choice(['off', 'auto', 'always']), 'auto', {
    description:
      'Whether a long video is [encoded in pieces](operate/several-machines.md#long-videos-in-pieces) by several workers: `auto` if the video is long and slots on several machines are idle, `always` whenever it is possible.',
  }),
  fetchAllow: required('AIRLOCK_FETCH_ALLOW', list, '', {
    description: 'Non-public CIDRs that input URLs may reach, on any port.',
    example: '10.20.0.0/16',
  }),
  fetchPorts: required('AIRLOCK_FETCH_PORTS', portList, '80,443', {
    description: 'Ports allowed for public sources.',
  }),
  rateLimit: required('AIRLOCK_RATE_LIMIT', integerUpTo(1_000_000), '600', {
    description: 'Requests per minute for one key. One IPv4 address or IPv6 /64 gets five times as many.',
  }),
  maxConnections: required('AIRLOCK_MAX_CONNECTIONS', integerUpTo(MAX_CONNECTIONS), '4096', {
    description:
      'Concurrent connections to the API, and the same number to the storage. A process that can open fewer than 8,448 files accepts fewer connections, and logs this.',
  }),
  maxConnectionsPerAddress: required('AIRLOCK_MAX_CONNECTIONS_PER_ADDRESS', integerUpTo(MAX_CONNECTIONS), '256', {
    description:
      'Concurrent connections of one IPv4 address or IPv6 /64 to the API, and the same number to the storage. The proxies in `AIRLOCK_TRUST_PROXY` are exempt.',
  }),
  sandbox: required('AIRLOCK_SANDBOX', choice(['auto', 'bwrap', 'landlock', 'gvisor', 'none']), 'auto', {
    description:
      '[Sandbox tier](security-model/files.md#the-tiers): `auto`, `bwrap`, `landlock`, `gvisor` or `none`. `auto` selects the first of `bwrap` and `landlock` that passes the self-test.',
  }),
  allowUnsandboxed: optional('AIRLOCK_ALLOW_UNSANDBOXED', text, {
    description: `\`${ACCEPTED_RISK}\` is required with \`AIRLOCK_SANDBOX=none\`. A hostile file can then take over the machine.`,
  }),
  ffmpeg: optional('AIRLOCK_FFMPEG', absolutePath('/opt/ffmpeg/bin/ffmpeg'), {
    description:
      'FFmpeg for the cells, with `ffprobe` in the same folder. If unset, cells use a trimmed build if there is one, and otherwise the system’s FFmpeg.',
    example: '/opt/ffmpeg/bin/ffmpeg',
  }),
  ffmpegBuild: required('AIRLOCK_FFMPEG_BUILD', choice(['auto', 'off']), 'auto', {
    description:
      '`auto`: `./airlock up` [builds a trimmed FFmpeg](operate/trimmed-ffmpeg.md) in the background, and jobs use the build if it passes every check. `off`: Airlock doesn’t build FFmpeg, and jobs use no trimmed build.',
  }),
  whisperModel: optional('AIRLOCK_WHISPER_MODEL', text, {
    description:
      'Name of the [speech model](transcription.md) that a worker uses. If unset, the worker uses the model that you installed last.',
    example: 'base-q8_0',
  }),
  transcribeEngine: required('AIRLOCK_TRANSCRIBE_ENGINE', choice(['whisper', 'pocketsphinx']), 'whisper', {
    description:
      '[Speech recognizer](transcription.md#pocketsphinx): `whisper`, or `pocketsphinx` for rough transcripts of US English without your own model.',
  }),
  traces: optional('AIRLOCK_TRACES', url('http:', 'https:'), {
    description:
      'Address of an OpenTelemetry collector that accepts OTLP over HTTP. Airlock sends [traces](operate/monitoring.md#traces) to it. Requires the OpenTelemetry SDK.',
    example: 'http://127.0.0.1:4318/v1/traces',
  }),
  tracesPercent: required('AIRLOCK_TRACES_PERCENT', integerUpTo(100), '100', {
    description: 'Percentage of requests that Airlock traces. For a request with `traceparent`, the caller decides.',
  }),
  logLevel: required(
    'AIRLOCK_LOG_LEVEL',
    choice(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']),
    'info',
    { description: '`trace`, `debug`, `info`, `warn`, `error`, `fatal` or `silent`.' },
  ),
};

/** Descriptions of the variables that are not part of `Config`, by group and name. Only specific programs read these variables. */
export const OTHER_VARIABLES = {
  'command line': {
    AIRLOCK_URL:
      'Server for all [commands](cli.md) on media, uploads, jobs, webhooks and usage. Requires `AIRLOCK_API_KEY`.',
    AIRLOCK_API_KEY: 'API key for that server.',
    AIRLOCK_DEBUG: 'If set to any value, commands print errors with their stack trace.',
  },
  signing: {
    AIRLOCK_SIGNING_KEY:
      'Key that signs receipts, manifests and heads of the audit log: 32 bytes in base64url. If unset, Airlock uses the key in `secrets.json`.',
  },
  internal: {
    AIRLOCK_SHOWN_DATA_DIR: 'Path of the data directory in messages, when the launcher mounts it elsewhere.',
    AIRLOCK_MADE_DATA_DIR: 'The launcher created the data directory, so a single transcode removes it.',
    AIRLOCK_INTERNAL_STORAGE_ENDPOINT: 'Address of the storage for clients, passed to API and worker.',
    AIRLOCK_INTERNAL_BUILDS: 'Set for the worker of `./airlock up`, which may build FFmpeg.',
    AIRLOCK_INTERNAL_SUPERVISED: 'Set for a process whose supervisor prints why it could not start.',
    AIRLOCK_INTERNAL_WAITS:
      'Set for a process that waits for a message of its supervisor before it connects to the database.',
  },
} as const;

/** Returns the names of all variables that Airlock reads. */
export function knownVariables(): string[] {
  const settings = Object.values(SETTINGS).map(({ variable }) => variable);
  return [...settings, ...Object.values(OTHER_VARIABLES).flatMap((group) => Object.keys(group))];
}

type ValueOf<S> = S extends { type: { schema: z.ZodMiniType<infer Value, string> }; default: infer Default }
  ? Value | (null extends Default ? null : never)
  : never;

/** The value of each setting, by its name in {@link SETTINGS}. */
export type Settings = { -readonly [Name in keyof typeof SETTINGS]: ValueOf<(typeof SETTINGS)[Name]> };

type Words = Pick<Setting<unknown>, 'description' | 'example'>;

function required<Value>(variable: string, type: SettingType<Value>, fallback: string, words: Words) {
  return { variable, type, default: fallback, ...words };
}

function optional<Value>(variable: string, type: SettingType<Value>, words: Words) {
  return { variable, type, default: null, ...words };
}
