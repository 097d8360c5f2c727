import { registerSigningKey } from '../accounts/signing-keys.ts';
import type { Config } from '../config/config.ts';
import type { DatabaseRole } from '../config/database-roles.ts';
import { readSigningKey } from '../config/signing-key.ts';
import { loadTls } from '../config/tls.ts';
import { createSigner, type Signer } from '../crypto/signing.ts';
import { createVault } from '../crypto/vault.ts';
import { type Database, openPool, type Pool } from '../database/pool.ts';
import { createRowGuard } from '../database/row-guard.ts';
import type { KindsContext } from '../kinds/kind.ts';
import { kinds } from '../kinds/registry.ts';
import { openEmbeddedStore, SOCKET_ENDPOINT } from '../storage/embedded/store.ts';
import { storeFromUrl } from '../storage/store-url.ts';
import type { ObjectStore } from '../storage/types.ts';
import { loadSecrets, type Secrets } from '../supervisor/secrets.ts';
import type { Logger, Tracing } from '../telemetry/index.ts';
import { databaseUrl } from './database-url.ts';
import {
  EMBEDDED_BUCKET,
  EMBEDDED_REGION,
  listenUrl,
  STORAGE_ENDPOINT_VARIABLE,
  storageRoot,
  storageSocket,
  workRoot,
} from './endpoints.ts';
import { version } from './version.ts';

export async function openObjectStore(config: Config, secrets: Secrets): Promise<ObjectStore> {
  if (config.storageUrl) return storeFromUrl(config.storageUrl, process.env, config.storagePublicUrl);
  const tls = await loadTls(config.tls, config.dataDir, [config.host]);
  const own = process.env[STORAGE_ENDPOINT_VARIABLE] ?? listenUrl(config, config.storagePort, tls !== null);
  return openEmbeddedStore({
    endpoint: SOCKET_ENDPOINT,
    socketPath: storageSocket(config).path,
    publicEndpoint: config.storagePublicUrl ?? own,
    bucket: EMBEDDED_BUCKET,
    region: EMBEDDED_REGION,
    credentials: { accessKeyId: secrets.storageAccessKeyId, secretAccessKey: secrets.storageSecretKey },
    localRoot: storageRoot(config),
    handOverRoot: workRoot(config),
  });
}

export interface OpenContext {
  context: KindsContext;
  pool: Pool;
  databaseUrl: string;
  close(): Promise<void>;
}

/** Connects a role to database and storage. */
export async function openContext(
  config: Config,
  options: { role: DatabaseRole; connections: number; logger: Logger },
): Promise<OpenContext> {
  const { logger } = options;
  const secrets = await loadSecrets(config.dataDir);
  const url = databaseUrl(config, secrets, options.role);
  const onError = (error: Error) => logger.warn({ err: error }, 'database connection lost');
  const pool = openPool(url, { max: options.connections, role: options.role, onError });
  const store = await openObjectStore(config, secrets);
  const context: KindsContext = {
    db: pool.db,
    kinds,
    store,
    rows: createRowGuard({
      ping: () => store.ping(),
      onFailure: ({ error, ...row }) => logger.error({ ...row, err: error }, 'a row failed and will be retried'),
    }),
    vault: createVault(Buffer.from(secrets.vaultKey, 'base64url')),
    retentionSeconds: config.retentionSeconds,
  };
  return {
    context,
    pool,
    databaseUrl: url,
    async close() {
      await pool.close();
    },
  };
}

/** Opens the signing key of this installation, and registers it so that others can verify its signatures. */
export async function openSigner(config: Config, db: Database): Promise<Signer> {
  const { signingKey } = await loadSecrets(config.dataDir);
  const signer = createSigner(readSigningKey(process.env, signingKey));
  await registerSigningKey(db, signer.key);
  return signer;
}

/** Opens the traces of a process. Returns null, and loads no tracing code, unless the operator has set a destination for traces. */
export async function openRoleTracing(
  { traces: url, tracesPercent: percent }: Config,
  role: DatabaseRole,
): Promise<Tracing | null> {
  if (!url) return null;
  const { openTracing } = await import('../telemetry/open-tracing.ts');
  return openTracing({ url, percent, role, version: version() });
}
