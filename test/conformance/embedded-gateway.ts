import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { GatewayLogger } from '../../src/gateway/access-log.ts';
import { type GatewayOptions, startGateway } from '../../src/gateway/server.ts';
import { type EmbeddedOptions, openEmbeddedStore } from '../../src/storage/embedded/store.ts';
import type { ObjectStore } from '../../src/storage/types.ts';

export const BUCKET = 'airlock-test';
export const REGION = 'local';
export const CREDENTIAL = { accessKeyId: 'test-key', secretAccessKey: 'a secret that is only used in tests' };

export interface EmbeddedGateway {
  store: ObjectStore;
  root: string;
  port: number;
  endpoint: string;
  /** Log entries of the gateway so far. */
  logged: { fields: Record<string, unknown>; message: string }[];
  /** Advances the gateway's clock by this number of milliseconds. */
  advance(ms: number): void;
  tempFiles(): Promise<string[]>;
  close(): Promise<void>;
}

/** Starts a real gateway on a free loopback port, with its own folder, and opens a store for it. */
export async function startEmbeddedGateway(
  changes: Partial<GatewayOptions> = {},
  storeChanges: Partial<EmbeddedOptions> = {},
): Promise<EmbeddedGateway> {
  const folder = await mkdtemp(join(tmpdir(), 'airlock-gateway-'));
  const root = join(folder, 'storage');
  const logged: EmbeddedGateway['logged'] = [];
  const log = (fields: object, message: string): void => {
    logged.push({ fields: fields as Record<string, unknown>, message });
  };
  const logger: GatewayLogger = { info: log, warn: log, error: log };
  let offset = 0;
  const gateway = await startGateway({
    root,
    bucket: BUCKET,
    credentials: [CREDENTIAL],
    region: REGION,
    host: '127.0.0.1',
    port: 0,
    maxObjectBytes: 2_048_576_000,
    connections: { total: 4096, perAddress: 256, firstByteMs: 5_000 },
    logger,
    now: () => Date.now() + offset,
    ...changes,
  });
  const endpoint = `${changes.tls ? 'https' : 'http'}://127.0.0.1:${gateway.port}`;
  const store = openEmbeddedStore({
    endpoint,
    publicEndpoint: endpoint,
    bucket: BUCKET,
    region: REGION,
    credentials: CREDENTIAL,
    localRoot: root,
    ...storeChanges,
  });
  return {
    store,
    root,
    port: gateway.port,
    endpoint,
    logged,
    advance(ms) {
      offset += ms;
    },
    tempFiles: () => readdir(join(root, 'tmp')),
    async close() {
      await store.close();
      await gateway.close(100);
      await rm(folder, { recursive: true, force: true });
    },
  };
}
