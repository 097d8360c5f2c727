import type { Config } from './config.ts';
import { formatDiskReserve } from './disk-reserve.ts';
import { ACCEPTED_RISK } from './sandbox-choice.ts';

/**
 * The variables that give a child process exactly this configuration, whatever the environment of its parent
 * says: `readConfig({...process.env, ...toEnvironment(config)})` equals `config`.
 */
export function toEnvironment(config: Config): Record<string, string> {
  const { tls } = config;
  return {
    AIRLOCK_HOST: config.host,
    AIRLOCK_PORT: String(config.port),
    AIRLOCK_STORAGE_PORT: String(config.storagePort),
    AIRLOCK_METRICS_PORT: String(config.metricsPort),
    AIRLOCK_DATA_DIR: config.dataDir,
    AIRLOCK_PUBLIC_URL: config.publicUrl ?? '',
    AIRLOCK_STORAGE_PUBLIC_URL: config.storagePublicUrl ?? '',
    AIRLOCK_DATABASE_URL: config.databaseUrl ?? '',
    AIRLOCK_STORAGE_URL: config.storageUrl ?? '',
    AIRLOCK_STORAGE_SOCKET: config.storageSocket ?? '',
    AIRLOCK_TLS: tls.mode === 'auto' ? 'auto' : 'off',
    AIRLOCK_TLS_CERT: tls.mode === 'files' ? tls.cert : '',
    AIRLOCK_TLS_KEY: tls.mode === 'files' ? tls.key : '',
    AIRLOCK_TRUST_PROXY: config.trustProxy.join(','),
    AIRLOCK_WORKER_SLOTS: config.workerSlots === null ? '' : String(config.workerSlots),
    AIRLOCK_RETENTION: `${config.retentionSeconds}s`,
    AIRLOCK_DISK_RESERVE: formatDiskReserve(config.diskReserve),
    AIRLOCK_STORAGE_WAIT: `${config.storageWaitSeconds}s`,
    AIRLOCK_FETCH_ALLOW: config.fetchAllow.join(','),
    AIRLOCK_FETCH_PORTS: config.fetchPorts.join(','),
    AIRLOCK_RATE_LIMIT: String(config.rateLimit),
    AIRLOCK_MAX_CONNECTIONS: String(config.maxConnections),
    AIRLOCK_MAX_CONNECTIONS_PER_ADDRESS: String(config.maxConnectionsPerAddress),
    AIRLOCK_LOG_LEVEL: config.logLevel,
    AIRLOCK_FFMPEG: config.ffmpeg ?? '',
    AIRLOCK_SANDBOX: config.sandbox,
    AIRLOCK_ALLOW_UNSANDBOXED: config.sandbox === 'none' ? ACCEPTED_RISK : '',
  };
}
