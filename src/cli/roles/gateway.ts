import type { Config } from '../../config/config.ts';
import { loadTls, transportPolicy } from '../../config/tls.ts';
import { MAX_UPLOAD_BYTES } from '../../contract/limits.ts';
import { startGateway } from '../../gateway/server.ts';
import { connectionLimits } from '../../listener/listener-limits.ts';
import { exitWithParent, reportReady } from '../../supervisor/child.ts';
import { loadSecrets } from '../../supervisor/secrets.ts';
import { makeSocketFolder, removeSocketFolder } from '../../supervisor/socket-folder.ts';
import { createLogger } from '../../telemetry/index.ts';
import { collect, collectAfterStart } from '../collect-after-start.ts';
import { collectWhenIdle, toolsOf } from '../collect-when-idle.ts';
import { EMBEDDED_BUCKET, EMBEDDED_REGION, storageRoot, storageSocket, workRoot } from '../endpoints.ts';

/** Bytes by which an output may exceed the maximum size of an upload, because the index of an output is written at the end. */
const SLACK_BYTES = 128 * 2 ** 20;

export async function runGateway(config: Config): Promise<void> {
  transportPolicy(config);
  const logger = createLogger({ level: config.logLevel, role: 'gateway' });
  const secrets = await loadSecrets(config.dataDir);
  const tls = await loadTls(config.tls, config.dataDir, [config.host]);
  const { folder, ...internalSocket } = storageSocket(config);
  if (!config.storageSocket) await makeSocketFolder(folder, null);
  const gateway = await startGateway({
    root: storageRoot(config),
    bucket: EMBEDDED_BUCKET,
    credentials: [{ accessKeyId: secrets.storageAccessKeyId, secretAccessKey: secrets.storageSecretKey }],
    region: EMBEDDED_REGION,
    host: config.host,
    port: config.storagePort,
    internalSocket,
    ...(tls && { tls: { cert: tls.cert, key: tls.key } }),
    trustProxy: config.trustProxy,
    connections: connectionLimits(config, logger),
    maxObjectBytes: Math.max(MAX_UPLOAD_BYTES, config.maxUpload) + SLACK_BYTES,
    handOverRoot: workRoot(config),
    reserve: config.diskReserve,
    logger,
  });
  exitWithParent(
    async () => {
      await gateway.close();
      if (!config.storageSocket) await removeSocketFolder(config.dataDir, folder);
    },
    { logger },
  );
  reportReady({ storage: gateway.port });
  collectAfterStart();
  // Frees the buffers of downloads that have ended.
  collectWhenIdle(toolsOf(() => void collect().catch(() => {})));
  logger.info({ port: gateway.port }, 'storage gateway listens');
}
