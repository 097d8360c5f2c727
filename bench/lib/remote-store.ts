import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startGateway } from '../../src/gateway/server.ts';
import { openThrottledPort } from './origin.ts';

const BUCKET = 'airlock-bench';
const REGION = 'local';
const CREDENTIAL = { accessKeyId: 'bench-key', secretAccessKey: 'a secret that is only used in benchmarks' };

/** An S3 storage behind a throttled link, and the settings with which a service uses it. */
export interface RemoteStore {
  env: Record<string, string>;
  close(): Promise<void>;
}

export async function openRemoteStore(bytesPerSecond: number): Promise<RemoteStore> {
  const root = await mkdtemp(join(tmpdir(), 'airlock-bench-store-'));
  const quiet = () => {};
  const gateway = await startGateway({
    ...{ root, bucket: BUCKET, credentials: [CREDENTIAL], region: REGION, host: '127.0.0.1', port: 0 },
    maxObjectBytes: 2_048_576_000,
    connections: { total: 256, perAddress: 256, firstByteMs: 5_000 },
    logger: { info: quiet, warn: quiet, error: quiet },
  });
  const link = await openThrottledPort(gateway.port, bytesPerSecond);
  return {
    env: {
      AIRLOCK_STORAGE_URL: `s3://${BUCKET}?endpoint=http://127.0.0.1:${link.port}&region=${REGION}`,
      AWS_ACCESS_KEY_ID: CREDENTIAL.accessKeyId,
      AWS_SECRET_ACCESS_KEY: CREDENTIAL.secretAccessKey,
    },
    async close() {
      await link.close();
      await gateway.close(100);
      await rm(root, { recursive: true, force: true });
    },
  };
}
