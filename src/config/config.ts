import { homedir } from 'node:os';
import { isAbsolute, resolve } from 'node:path';
import { ConfigError } from './config-error.ts';
import { type DiskReserve, parseDiskReserve } from './disk-reserve.ts';
import { parseDuration, parseList, parsePort, parsePositive } from './parse.ts';
import { readSandbox, type SandboxSetting } from './sandbox-choice.ts';

/** The sandbox has accounts for 256 cells; some are for inspections and the self-test. */
const MAX_WORKER_SLOTS = 250;

export type TlsMode = { mode: 'off' } | { mode: 'auto' } | { mode: 'files'; cert: string; key: string };

/** Everything that an operator can set (contract, part C), parsed once and frozen. */
export interface Config {
  /** Address that API and gateway listen on. */
  host: string;
  port: number;
  storagePort: number;
  metricsPort: number;
  /** Absolute; everything embedded lies here. */
  dataDir: string;
  /** What clients see; null = from host and port once they are known. */
  publicUrl: string | null;
  storagePublicUrl: string | null;
  /** Null = embedded PostgreSQL. */
  databaseUrl: string | null;
  /** Null = embedded gateway; else `s3://bucket?endpoint=…&region=…` or `gs://bucket`. */
  storageUrl: string | null;
  /** Absolute path of the Unix socket on which the gateway serves our own roles; null = inside the data directory. */
  storageSocket: string | null;
  tls: TlsMode;
  /** CIDRs of proxies whose x-forwarded-* headers are believed. */
  trustProxy: string[];
  /** Null = from cores and memory. */
  workerSlots: number | null;
  /** Seconds that outputs, and uploads after their last use, live. */
  retentionSeconds: number;
  /** Free space that nobody may use up, on each disk that Airlock writes media to. */
  diskReserve: DiskReserve;
  /** Seconds that a job waits for a storage that is away, before it fails. */
  storageWaitSeconds: number;
  /** CIDRs that may be fetched from although they are not public, on any port. */
  fetchAllow: string[];
  fetchPorts: number[];
  /** Requests a minute for one key. */
  rateLimit: number;
  /** Connections at once to one listener, and of them those of one IPv4 address or IPv6 /64. */
  maxConnections: number;
  maxConnectionsPerAddress: number;
  logLevel: string;
  /** Absolute path of the FFmpeg that cells run; null = the trimmed build where there is one, else the system's. */
  ffmpeg: string | null;
  /** How FFmpeg is confined. `none` only when its risk was accepted in words. */
  sandbox: SandboxSetting;
}

/** Reads and validates the environment. Throws `ConfigError` that names variable, reason and remedy. */
export function readConfig(env: NodeJS.ProcessEnv = process.env): Config {
  const config: Config = {
    host: env.AIRLOCK_HOST || '127.0.0.1',
    port: parsePort('AIRLOCK_PORT', env.AIRLOCK_PORT, 8080),
    storagePort: parsePort('AIRLOCK_STORAGE_PORT', env.AIRLOCK_STORAGE_PORT, 8081),
    metricsPort: parsePort('AIRLOCK_METRICS_PORT', env.AIRLOCK_METRICS_PORT, 9464),
    dataDir: resolve((env.AIRLOCK_DATA_DIR || './.airlock').replace(/^~(?=\/|$)/, homedir())),
    publicUrl: readUrl('AIRLOCK_PUBLIC_URL', env.AIRLOCK_PUBLIC_URL, ['http:', 'https:']),
    storagePublicUrl: readUrl('AIRLOCK_STORAGE_PUBLIC_URL', env.AIRLOCK_STORAGE_PUBLIC_URL, ['http:', 'https:']),
    databaseUrl: readUrl('AIRLOCK_DATABASE_URL', env.AIRLOCK_DATABASE_URL, ['postgres:', 'postgresql:']),
    storageUrl: readUrl('AIRLOCK_STORAGE_URL', env.AIRLOCK_STORAGE_URL, ['s3:', 'gs:']),
    storageSocket: readPath('AIRLOCK_STORAGE_SOCKET', env.AIRLOCK_STORAGE_SOCKET, '/run/airlock-storage/storage.sock'),
    tls: readTls(env),
    trustProxy: parseList(env.AIRLOCK_TRUST_PROXY),
    workerSlots: env.AIRLOCK_WORKER_SLOTS
      ? parsePositive('AIRLOCK_WORKER_SLOTS', env.AIRLOCK_WORKER_SLOTS, MAX_WORKER_SLOTS)
      : null,
    retentionSeconds: parseDuration('AIRLOCK_RETENTION', env.AIRLOCK_RETENTION || '24h'),
    diskReserve: parseDiskReserve(env.AIRLOCK_DISK_RESERVE),
    storageWaitSeconds: parseDuration('AIRLOCK_STORAGE_WAIT', env.AIRLOCK_STORAGE_WAIT || '24h'),
    fetchAllow: parseList(env.AIRLOCK_FETCH_ALLOW),
    fetchPorts: parseList(env.AIRLOCK_FETCH_PORTS || '80,443').map((port) => parsePort('AIRLOCK_FETCH_PORTS', port, 0)),
    rateLimit: parsePositive('AIRLOCK_RATE_LIMIT', env.AIRLOCK_RATE_LIMIT || '600', 1_000_000),
    maxConnections: parsePositive('AIRLOCK_MAX_CONNECTIONS', env.AIRLOCK_MAX_CONNECTIONS || '4096', 100_000),
    maxConnectionsPerAddress: parsePositive(
      'AIRLOCK_MAX_CONNECTIONS_PER_ADDRESS',
      env.AIRLOCK_MAX_CONNECTIONS_PER_ADDRESS || '256',
      100_000,
    ),
    logLevel: env.AIRLOCK_LOG_LEVEL || 'info',
    ffmpeg: readPath('AIRLOCK_FFMPEG', env.AIRLOCK_FFMPEG, '/opt/ffmpeg/bin/ffmpeg'),
    sandbox: readSandbox(env),
  };
  return Object.freeze(config);
}

function readPath(variable: string, value: string | undefined, example: string): string | null {
  if (!value) return null;
  if (isAbsolute(value)) return value;
  throw new ConfigError(variable, 'is no absolute path', `Write the whole path, like ${example}`);
}

function readUrl(variable: string, value: string | undefined, protocols: string[]): string | null {
  if (!value) return null;
  let url: URL;
  try {
    url = new URL(value);
  } catch {
    throw new ConfigError(variable, 'is no URL', `Write it as ${protocols[0]}//…`);
  }
  if (!protocols.includes(url.protocol)) {
    throw new ConfigError(variable, `has the protocol ${url.protocol}`, `Use ${protocols.join(' or ')}`);
  }
  return value.replace(/\/+$/, '');
}

function readTls(env: NodeJS.ProcessEnv): TlsMode {
  const cert = env.AIRLOCK_TLS_CERT;
  const key = env.AIRLOCK_TLS_KEY;
  if (cert || key) {
    if (!cert || !key) {
      throw new ConfigError(cert ? 'AIRLOCK_TLS_KEY' : 'AIRLOCK_TLS_CERT', 'is missing', 'Set both, or neither');
    }
    return { mode: 'files', cert: resolve(cert), key: resolve(key) };
  }
  const mode = env.AIRLOCK_TLS || 'off';
  if (mode !== 'auto' && mode !== 'off') throw new ConfigError('AIRLOCK_TLS', `is "${mode}"`, 'Use "auto" or "off"');
  return { mode };
}
