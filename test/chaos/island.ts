import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFile, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { embeddedUrl } from '../../src/supervisor/postgres-connect.ts';
import { socketFolderFor } from '../../src/supervisor/postgres-socket.ts';
import { loadSecrets } from '../../src/supervisor/secrets.ts';
import { programArgs } from '../../testkit/program.ts';
import { run } from '../../testkit/run.ts';
import type { TestService } from '../../testkit/service.ts';
import { makeTestFolder } from '../../testkit/supervisor.ts';
import { until } from '../../testkit/until.ts';
import { type NetworkLink, openNamespace } from '../helpers/network.ts';
import { openTcpProxy } from '../helpers/tcp-proxy.ts';
import { openTlsProxy } from '../helpers/tls-proxy.ts';

/** A role of a service in its own network namespace, with a link to the database and a link to the storage. */
export interface Island {
  database: NetworkLink;
  storage: NetworkLink;
  /** URL of the island's API, which trusts this machine as its proxy. */
  api: string;
  pid(): number | null;
  output(): string;
  stop(): Promise<void>;
}

/** Starts a role as if on another machine: it reaches PostgreSQL over TCP, and the gateway as an S3 storage over TLS. */
export async function openIsland(service: TestService, role: 'api' | 'worker'): Promise<Island> {
  const { path: folder, remove } = await makeTestFolder();
  const namespace = await openNamespace(3);
  const [database, storage, clients] = namespace.links as [NetworkLink, NetworkLink, NetworkLink];
  const secrets = await loadSecrets(service.dataDir);
  const socketFolder = socketFolderFor(join(service.dataDir, 'postgres'), process.getuid!());
  const login = new URL(embeddedUrl(socketFolder, secrets, role));
  const postgres = await openTcpProxy({ path: join(socketFolder, `.s.PGSQL.${login.port}`) }, database.near);
  const tls = await openTlsProxy(Number(new URL(service.storage).port), storage.near, folder);
  login.searchParams.delete('host');
  login.hostname = database.near;
  login.port = String(postgres.port);
  await mkdir(join(folder, 'data'), { mode: 0o700 });
  for (const name of ['secrets.json', 'apt-policy.json']) {
    // `apt-policy.json` is absent on systems without apt. Creating it again takes most of a second of processor time.
    await copyFile(join(service.dataDir, name), join(folder, 'data', name)).catch(() => {});
  }
  await run('cp', ['--archive', '--link', '--', join(service.dataDir, 'rootimg'), join(folder, 'data')]);
  const port = 8443;
  const [program, ...args] = [...namespace.enter, process.execPath, ...programArgs([role])];
  const child = spawn(program!, args, {
    env: {
      ...process.env,
      AIRLOCK_DATA_DIR: join(folder, 'data'),
      AIRLOCK_DATABASE_URL: login.toString(),
      AIRLOCK_STORAGE_URL: `s3://airlock?endpoint=https://${storage.near}:${tls.port}&region=local`,
      AWS_ACCESS_KEY_ID: secrets.storageAccessKeyId,
      AWS_SECRET_ACCESS_KEY: secrets.storageSecretKey,
      AWS_CA_BUNDLE: tls.ca,
      AIRLOCK_HOST: clients.far,
      AIRLOCK_PORT: String(port),
      AIRLOCK_TRUST_PROXY: `${clients.near}/32`,
      AIRLOCK_METRICS_PORT: '0',
      AIRLOCK_RATE_LIMIT: '100000',
      AIRLOCK_WORKER_SLOTS: '1',
    },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  const lines: string[] = [];
  for (const stream of [child.stdout!, child.stderr!]) stream.on('data', (chunk) => lines.push(String(chunk)));
  const output = () => lines.join('');
  const stop = async () => {
    await end(child);
    await Promise.all([postgres.cut(), tls.close(), namespace.remove()]);
    await remove();
  };
  try {
    await untilReady(child, output);
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    ...{ database, storage, output, stop, api: `http://${clients.far}:${port}` },
    pid: () => (child.exitCode === null ? child.pid! : null),
  };
}

async function untilReady(child: ChildProcess, output: () => string): Promise<void> {
  let ready = false;
  child.on('message', (message) => {
    ready ||= (message as { type?: string }).type === 'ready';
  });
  await until(
    () => {
      if (child.exitCode !== null) throw new Error(`a role exited with ${child.exitCode}: ${output().slice(-2000)}`);
      return ready;
    },
    { what: 'a role in a network namespace' },
  );
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.kill('SIGCONT');
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), 20_000);
  await exited;
  clearTimeout(timer);
}
