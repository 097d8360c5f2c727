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
    description:
      'Address on which the API and the storage listen. Metrics listen on this address only if it is a loopback address, and otherwise on `127.0.0.1`.',
  }),
  port: required('AIRLOCK_PORT', port, '8080', {
    description: 'Port of the API. 0 selects a free port, which `ready.json` in the data directory contains.',
  }),
  storagePort: required('AIRLOCK_STORAGE_PORT', port, '8081', {
    description: 'Port of the embedded storage gateway.',
  }),
  metricsPort: required('AIRLOCK_METRICS_PORT', port, '9464', {
    description: 'Port of the [metrics](metrics.md) for Prometheus.',
  }),
  dataDir: required('AIRLOCK_DATA_DIR', path, './.airlock', {
    description:
      'Data directory. It contains the embedded database, the embedded storage, the secrets and the self-signed certificate.',
    example: '/var/lib/airlock',
  }),
  publicUrl: optional('AIRLOCK_PUBLIC_URL', url('http:', 'https:'), {
    description:
      'Address of the API as clients see it. If unset, responses use the address of the request, and commands derive the address from host and port.',
    example: 'https://airlock.example.com',
  }),
  storagePublicUrl: optional('AIRLOCK_STORAGE_PUBLIC_URL', url('http:', 'https:'), {
    description:
      'Address of the embedded storage as clients see it. Signed URLs start with this address. Must start with `https://`, except on loopback addresses.',
    example: 'https://media.example.com',
  }),
  databaseUrl: optional('AIRLOCK_DATABASE_URL', url('postgres:', 'postgresql:'), {
    description:
      'Address of a PostgreSQL database (version 15 or later). For [TLS](operate/database.md#tls-to-postgresql), add `?sslmode=verify-full&sslrootcert=/path/to/ca.pem`. If unset, Airlock runs the embedded PostgreSQL.',
    example: 'postgres://airlock:password@db.example.com/airlock',
  }),
  storageUrl: optional('AIRLOCK_STORAGE_URL', url('s3:', 'gs:'), {
    description:
      '`s3://bucket?endpoint=https://…&region=…` for [S3](operate/s3.md), or with `endpoint=unix:/path` for the Unix socket of a gateway. Or `gs://bucket` for [Google Cloud Storage](operate/google-cloud-storage.md). If unset, Airlock runs the embedded storage.',
  }),
  storageSocket: optional('AIRLOCK_STORAGE_SOCKET', socketPath('/run/airlock-storage/storage.sock'), {
    description:
      'Unix socket on which the gateway of the embedded storage serves the API and the worker. The socket has the mode 0660. If unset, the gateway uses `socket/storage.sock` in the data directory, or a folder for sockets if that path is too long. Only the owner of this socket can connect to it.',
    example: '/run/airlock-storage/storage.sock',
  }),
  tls: required('AIRLOCK_TLS', choice(['auto', 'off']), 'off', {
    description:
      '`auto`: serves HTTPS with a self-signed certificate, which Airlock creates in the data directory. `off`: serves plain HTTP.',
  }),
  tlsCert: optional('AIRLOCK_TLS_CERT', path, {
    description:
      'PEM file with the certificate and its chain, for HTTPS. Overrides `AIRLOCK_TLS`. Requires `AIRLOCK_TLS_KEY`.',
    example: '/etc/airlock/fullchain.pem',
  }),
  tlsKey: optional('AIRLOCK_TLS_KEY', path, {
    description: 'PEM file with the unencrypted private key of the certificate.',
    example: '/etc/airlock/privkey.pem',
  }),
  trustProxy: required('AIRLOCK_TRUST_PROXY', list, '', {
    description:
      'CIDRs of the proxies that terminate TLS. Airlock trusts the `x-forwarded-*` headers of these proxies. See [behind a proxy](operate/network.md#behind-a-proxy).',
    example: '10.1.0.5/32',
  }),
  drainDelaySeconds: optional('AIRLOCK_DRAIN_DELAY', duration, {
    description:
      'How long a stopping API still serves requests while `/readyz` returns 503, so that your [load balancer](operate/upgrade.md#rolling-restarts) removes it first. If unset, the API stops accepting requests immediately.',
    example: '10s',
  }),
  workerSlots: optional('AIRLOCK_WORKER_SLOTS', integerUpTo(MAX_WORKER_SLOTS), {
    description:
      'Maximum number of jobs that a worker runs concurrently. If unset, the number depends on [cores and memory](operate/slots.md#slots-and-memory).',
    example: '4',
  }),
  retentionSeconds: required('AIRLOCK_RETENTION', duration, '24h', {
    description:
      'Retention of outputs, and of uploads after their last use, such as `90s`, `15m`, `24h`, `7d` or `2w`.',
  }),
  maxUpload: required('AIRLOCK_MAX_UPLOAD', integerUpTo(MAX_PARTS_UPLOAD_BYTES), String(MAX_UPLOAD_BYTES), {
    description:
      'Maximum size of one upload in bytes, up to 100,000,000,000. Clients must [upload files in parts](api/uploads.md#uploads-in-parts) if they are larger than 2,048,576,000 bytes.',
  }),
  diskReserve: required('AIRLOCK_DISK_RESERVE', diskReserve, '5%,1GiB', {
    description:
      '[Free space](operate/storage.md#disk-space) that Airlock does not use: a share of the disk (`5%`), a size (`500MB`, `1GiB`), or both. If you set both, the larger one applies.',
  }),
  storageWaitSeconds: required('AIRLOCK_STORAGE_WAIT', duration, '24h', {
    description:
      'How long a job waits for [unavailable storage](operate/storage.md#storage-outages) before it fails with `storage_unavailable`.',
  }),
  reviewWaitSeconds: required('AIRLOCK_REVIEW_WAIT', duration, '72h', {
    description:
      'How long a run of a blueprint [awaits a review](blueprints.md#review-captions) before it fails with `review_expired`.',
  }),
  chunks: required('AIRLOCK_CHUNKS', choice(['off', 'auto', 'always']), 'auto', {
    description:
      'Whether a long video is [encoded in pieces](operate/several-machines.md#long-videos-in-pieces) by several workers. `auto`: if the video is long and slots on several machines are idle. `always`: whenever possible. `off`: never.',
  }),
  fetchAllow: required('AIRLOCK_FETCH_ALLOW', list, '', {
    description:
      'Non-public CIDRs that Airlock may connect to, on any port, for input URLs, webhooks, destinations and connections.',
    example: '10.20.0.0/16',
  }),
  fetchPorts: required('AIRLOCK_FETCH_PORTS', portList, '80,443', {
    description:
      'Ports that Airlock may connect to on public addresses, for input URLs, webhooks, destinations and connections.',
  }),
  rateLimit: required('AIRLOCK_RATE_LIMIT', integerUpTo(1_000_000), '600', {
    description:
      'Maximum number of requests per minute with one key. The maximum for one IPv4 address or IPv6 /64 is five times this number.',
  }),
  maxConnections: required('AIRLOCK_MAX_CONNECTIONS', integerUpTo(MAX_CONNECTIONS), '4096', {
    description:
      'Maximum number of concurrent connections to the API. The same maximum applies separately to connections to the embedded storage. A process that can open fewer files than 256 plus twice this number accepts fewer connections, and logs this.',
  }),
  maxConnectionsPerAddress: required('AIRLOCK_MAX_CONNECTIONS_PER_ADDRESS', integerUpTo(MAX_CONNECTIONS), '256', {
    description:
      'Maximum number of concurrent connections from one IPv4 address or IPv6 /64 to the API. The same maximum applies separately to connections to the embedded storage. The proxies in `AIRLOCK_TRUST_PROXY` are exempt.',
  }),
  sandbox: required('AIRLOCK_SANDBOX', choice(['auto', 'bwrap', 'landlock', 'gvisor', 'none']), 'auto', {
    description:
      '[Sandbox tier](security-model/files.md#the-tiers): `auto`, `bwrap`, `landlock`, `gvisor` or `none`. When a worker starts, `auto` selects the first of `bwrap` and `landlock` that passes the self-test.',
  }),
  allowUnsandboxed: optional('AIRLOCK_ALLOW_UNSANDBOXED', text, {
    description: `Must be \`${ACCEPTED_RISK}\` if \`AIRLOCK_SANDBOX\` is \`none\`. A hostile file can then take over the machine.`,
  }),
  ffmpeg: optional('AIRLOCK_FFMPEG', absolutePath('/opt/ffmpeg/bin/ffmpeg'), {
    description:
      'FFmpeg program for the cells. `ffprobe` must be in the same folder. If unset, cells use a trimmed build that passes every check, or else the system’s FFmpeg.',
    example: '/opt/ffmpeg/bin/ffmpeg',
  }),
  ffmpegBuild: required('AIRLOCK_FFMPEG_BUILD', choice(['auto', 'off']), 'auto', {
    description:
      '`auto`: `./airlock up` [builds a trimmed FFmpeg](operate/trimmed-ffmpeg.md) in the background, and jobs use the build if it passes every check. `off`: Airlock doesn’t build FFmpeg, and jobs don’t use a trimmed build.',
  }),
  whisperModel: optional('AIRLOCK_WHISPER_MODEL', text, {
    description:
      'Name of the [speech model](transcription.md) that a worker uses. If unset, the worker uses the model that you installed last.',
    example: 'base-q8_0',
  }),
  transcribeEngine: required('AIRLOCK_TRANSCRIBE_ENGINE', choice(['whisper', 'pocketsphinx']), 'whisper', {
    description:
      '[Speech recognizer](transcription.md#pocketsphinx): `whisper`, or `pocketsphinx`. PocketSphinx doesn’t require a model of your own, but transcribes only US English, with many errors.',
  }),
  traces: optional('AIRLOCK_TRACES', url('http:', 'https:'), {
    description:
      'Address of an OpenTelemetry collector that accepts OTLP over HTTP. Airlock sends [traces](operate/monitoring.md#traces) to it. Requires the OpenTelemetry SDK.',
    example: 'http://127.0.0.1:4318/v1/traces',
  }),
  tracesPercent: required('AIRLOCK_TRACES_PERCENT', integerUpTo(100), '100', {
    description:
      'Percentage of requests that Airlock traces. If a request has a `traceparent` header, the header determines whether Airlock traces the request.',
  }),
  logLevel: required(
    'AIRLOCK_LOG_LEVEL',
    choice(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']),
    'info',
    {
      description:
        'Lowest level of the messages that Airlock logs: `trace`, `debug`, `info`, `warn`, `error`, `fatal` or `silent`.',
    },
  ),
};

/** Descriptions of the variables that are not part of `Config`, by group and name. Only specific programs read these variables. */
export const OTHER_VARIABLES = {
  'command line': {
    AIRLOCK_URL:
      'Address of the server that [commands](cli.md) on media, uploads, jobs, webhooks and usage use. Requires `AIRLOCK_API_KEY`.',
    AIRLOCK_API_KEY: 'API key for the server in `AIRLOCK_URL`.',
    AIRLOCK_DEBUG: 'If set to any value, commands print the stack traces of errors.',
  },
  signing: {
    AIRLOCK_SIGNING_KEY:
      'Key that signs receipts, manifests and heads of the audit log: 32 bytes in base64url. If unset, Airlock uses the key in `secrets.json`.',
  },
  internal: {
    AIRLOCK_SHOWN_DATA_DIR:
      'Path of the data directory that messages show if the launcher mounts the directory elsewhere.',
    AIRLOCK_MADE_DATA_DIR:
      'Set if the launcher created the data directory. A single transcode then deletes the directory afterwards.',
    AIRLOCK_INTERNAL_STORAGE_ENDPOINT:
      'Address of the storage as clients see it, which the supervisor passes to the API and the worker.',
    AIRLOCK_INTERNAL_BUILDS: 'Set for the worker of `./airlock up`, which can build FFmpeg.',
    AIRLOCK_INTERNAL_SUPERVISED: 'Set for a process whose supervisor prints why it could not start.',
    AIRLOCK_INTERNAL_WAITS:
      'Set for a process that waits for a message from its supervisor before it connects to the database.',
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
