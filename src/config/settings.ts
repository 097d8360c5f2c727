import type { z } from 'zod/mini';
import {
  absolutePath,
  choice,
  diskReserve,
  duration,
  list,
  path,
  port,
  portList,
  type SettingType,
  text,
  url,
  wholeNumber,
} from './setting-types.ts';

export interface Setting<Value> {
  variable: string;
  type: SettingType<Value>;
  /** Text that stands for the variable where it is not set; null = then the setting is null. */
  default: string | null;
  /** Markdown, for docs/configuration.md. */
  description: string;
  /** Where neither default nor description shows how a value looks. */
  example?: string;
}

/** The sandbox has accounts for 256 cells; some are for inspections and the self-test. */
const MAX_WORKER_SLOTS = 250;
const MAX_CONNECTIONS = 100_000;

/** Words that nobody types by accident. */
export const ACCEPTED_RISK = 'i-accept-the-risk';

/**
 * Every variable that an operator can set. `readConfig` and `toEnvironment` follow this table, and so do the tables of
 * docs/configuration.md, in its order.
 */
export const SETTINGS = {
  host: required('AIRLOCK_HOST', text, '127.0.0.1', {
    description: 'Address that API and storage listen on; metrics as well when it is a loopback address.',
  }),
  port: required('AIRLOCK_PORT', port, '8080', {
    description: 'Port of the API. 0 takes a free one, which `ready.json` names.',
  }),
  storagePort: required('AIRLOCK_STORAGE_PORT', port, '8081', {
    description: 'Port of the embedded storage gateway.',
  }),
  metricsPort: required('AIRLOCK_METRICS_PORT', port, '9464', {
    description: 'Port of the Prometheus metrics.',
  }),
  dataDir: required('AIRLOCK_DATA_DIR', path, './.airlock', {
    description: 'Everything embedded lies here: database, media, secrets, certificate.',
    example: '/var/lib/airlock',
  }),
  publicUrl: optional('AIRLOCK_PUBLIC_URL', url('http:', 'https:'), {
    description: 'What clients see as the address of the API. Without it: made from host and port.',
    example: 'https://airlock.example.com',
  }),
  storagePublicUrl: optional('AIRLOCK_STORAGE_PUBLIC_URL', url('http:', 'https:'), {
    description: 'The same for the storage: signed URLs begin with it. Only `https://`, except on loopback.',
    example: 'https://media.example.com',
  }),
  databaseUrl: optional('AIRLOCK_DATABASE_URL', url('postgres:', 'postgresql:'), {
    description: 'A PostgreSQL 15 or newer. Without it: the embedded one.',
    example: 'postgres://airlock:password@db.example.com/airlock',
  }),
  storageUrl: optional('AIRLOCK_STORAGE_URL', url('s3:', 'gs:'), {
    description:
      '`s3://bucket?endpoint=https://…&region=…`, or `endpoint=unix:/path` for a gateway’s socket. Without it: the embedded one. `gs://` is refused for now; use Google’s S3 interface.',
  }),
  storageSocket: optional('AIRLOCK_STORAGE_SOCKET', absolutePath('/run/airlock-storage/storage.sock'), {
    description:
      'The Unix socket on which the gateway serves API and worker, mode 0660. Without it: `socket/storage.sock` in the data directory, for one account alone.',
    example: '/run/airlock-storage/storage.sock',
  }),
  tls: required('AIRLOCK_TLS', choice(['auto', 'off']), 'off', {
    description: '`auto` makes a self-signed certificate in the data directory; `off` serves plain HTTP.',
  }),
  tlsCert: optional('AIRLOCK_TLS_CERT', path, {
    description: 'PEM file with certificate and chain. Wins over `AIRLOCK_TLS`; needs the key as well.',
    example: '/etc/airlock/fullchain.pem',
  }),
  tlsKey: optional('AIRLOCK_TLS_KEY', path, {
    description: 'PEM file with its key, unencrypted.',
    example: '/etc/airlock/privkey.pem',
  }),
  trustProxy: required('AIRLOCK_TRUST_PROXY', list, '', {
    description:
      'CIDRs of the proxies in front that terminate TLS. Their `x-forwarded-*` headers are believed: [behind a proxy](operations.md#behind-a-proxy).',
    example: '10.1.0.5/32',
  }),
  workerSlots: optional('AIRLOCK_WORKER_SLOTS', wholeNumber(MAX_WORKER_SLOTS), {
    description: 'Jobs at once. Without it: from cores and memory.',
    example: '4',
  }),
  retentionSeconds: required('AIRLOCK_RETENTION', duration, '24h', {
    description: 'Life of outputs, and of uploads after their last use: `90s`, `15m`, `24h`, `7d`, `2w`.',
  }),
  diskReserve: required('AIRLOCK_DISK_RESERVE', diskReserve, '5%,1GiB', {
    description:
      'Free space that nobody may use up: a share of the disk (`5%`), a size (`500MB`, `1GiB`), or both, of which the larger counts. See [operations.md](operations.md#disk-space).',
  }),
  storageWaitSeconds: required('AIRLOCK_STORAGE_WAIT', duration, '24h', {
    description: 'How long a job waits for a storage that is away before it fails with `storage_unavailable`.',
  }),
  fetchAllow: required('AIRLOCK_FETCH_ALLOW', list, '', {
    description: 'CIDRs that input URLs may reach although they are not public, on any port.',
    example: '10.20.0.0/16',
  }),
  fetchPorts: required('AIRLOCK_FETCH_PORTS', portList, '80,443', {
    description: 'Ports of public sources.',
  }),
  rateLimit: required('AIRLOCK_RATE_LIMIT', wholeNumber(1_000_000), '600', {
    description: 'Requests a minute for one key. One IPv4 address or IPv6 /64 gets five times that.',
  }),
  maxConnections: required('AIRLOCK_MAX_CONNECTIONS', wholeNumber(MAX_CONNECTIONS), '4096', {
    description:
      'Connections at once to the API, and as many to the storage. Fewer where the process may open fewer than 8,448 files; the log says so.',
  }),
  maxConnectionsPerAddress: required('AIRLOCK_MAX_CONNECTIONS_PER_ADDRESS', wholeNumber(MAX_CONNECTIONS), '256', {
    description: 'Of them, those of one IPv4 address or one IPv6 /64. The proxies of `AIRLOCK_TRUST_PROXY` are exempt.',
  }),
  sandbox: required('AIRLOCK_SANDBOX', choice(['auto', 'bwrap', 'landlock', 'gvisor', 'none']), 'auto', {
    description:
      'How FFmpeg is confined: `auto`, `bwrap`, `landlock`, `gvisor` or `none`; see [security-model.md](security-model.md#the-tiers). `auto` takes the stronger of `bwrap` and `landlock` that passes the self-test.',
  }),
  allowUnsandboxed: optional('AIRLOCK_ALLOW_UNSANDBOXED', text, {
    description: `\`${ACCEPTED_RISK}\` is needed beside \`AIRLOCK_SANDBOX=none\`: a hostile file then has the machine.`,
  }),
  ffmpeg: optional('AIRLOCK_FFMPEG', absolutePath('/opt/ffmpeg/bin/ffmpeg'), {
    description:
      'The FFmpeg that cells run, with its `ffprobe` beside it. Without it: a trimmed build where there is one, else the system’s.',
    example: '/opt/ffmpeg/bin/ffmpeg',
  }),
  logLevel: required(
    'AIRLOCK_LOG_LEVEL',
    choice(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']),
    'info',
    { description: '`trace`, `debug`, `info`, `warn`, `error`, `fatal` or `silent`.' },
  ),
};

/** Variables that no `Config` holds: one program alone reads each. */
export const OTHER_VARIABLES = {
  'command line': {
    AIRLOCK_URL: 'Server that `./airlock transcode` sends its job to, together with the key.',
    AIRLOCK_API_KEY: 'Key for that server.',
    AIRLOCK_DEBUG: 'Any value: errors are printed with their stack.',
  },
  signing: {
    AIRLOCK_SIGNING_KEY:
      'The key that signs receipts, manifests and heads of the audit log: 32 bytes in base64url. Without it: the one in `secrets.json`.',
  },
  internal: {
    AIRLOCK_SHOWN_DATA_DIR:
      'Name of the data directory that messages show when the launcher had to give it a second one.',
    AIRLOCK_MADE_DATA_DIR: 'The launcher made the data directory, so that a single transcode removes it again.',
    AIRLOCK_INTERNAL_STORAGE_ENDPOINT: 'Address at which clients reach the storage, for API and worker.',
  },
} as const;

/** Names of all variables that Airlock reads. */
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
