import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { PROGRAM, type TestService } from '../../testkit/service.ts';
import { until } from '../../testkit/until.ts';
import { type Island, openIsland } from './island.ts';

/** What can be killed: every process of a fleet but its supervisor. */
export interface Target {
  name: string;
  /** Null while it restarts. */
  pid(): number | null;
}

/** A service with more APIs and workers beside those of `up`, on the same database and storage. */
export interface Fleet {
  /** Origins of all APIs, those that restart included. */
  apis(): string[];
  targets(): Target[];
  /** Workers in network namespaces of their own, which can be cut off. */
  islands: readonly Island[];
  stop(): Promise<void>;
}

interface Role {
  name: string;
  child: ChildProcess | null;
  ports: Record<string, number>;
}

/**
 * Starts the roles, and restarts each that dies, as systemd or Kubernetes do. `islands` more workers are as on other
 * machines; that needs root and the embedded storage.
 */
export async function openFleet(
  service: TestService,
  size: { apis: number; workers: number; islands?: number },
): Promise<Fleet> {
  let stopping = false;
  const roles: Role[] = [];

  function start(role: Role, name: 'api' | 'worker'): void {
    const child = spawn(process.execPath, ['--max-semi-space-size=1', PROGRAM, name], {
      env: {
        ...process.env,
        ...service.storageVariables,
        AIRLOCK_DATA_DIR: service.dataDir,
        AIRLOCK_INTERNAL_STORAGE_ENDPOINT: service.storage,
        AIRLOCK_PORT: String(role.ports.api ?? 0),
        AIRLOCK_METRICS_PORT: '0',
        AIRLOCK_RATE_LIMIT: '100000',
        AIRLOCK_LOG_LEVEL: 'error',
        AIRLOCK_WORKER_SLOTS: '2',
      },
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    role.child = child;
    child.on('message', (message) => {
      const { type, ports } = message as { type: string; ports: Record<string, number> };
      // A role that restarts keeps its port.
      if (type === 'ready') role.ports = ports;
    });
    child.once('exit', () => {
      role.child = null;
      if (!stopping) setTimeout(() => !stopping && start(role, name), 500);
    });
  }

  for (const [name, count] of [
    ['api', size.apis - 1],
    ['worker', size.workers - 1],
  ] as const) {
    for (let number = 2; number < count + 2; number += 1) {
      const role: Role = { name: `${name} ${number}`, child: null, ports: {} };
      roles.push(role);
      start(role, name);
    }
  }
  const extra = () => roles.flatMap(({ ports }) => (ports.api ? [`http://127.0.0.1:${ports.api}`] : []));
  await until(() => extra().length === size.apis - 1, { what: 'the APIs of a fleet' });
  const islands: Island[] = [];
  for (let count = size.islands ?? 0; count > 0; count -= 1) islands.push(await openIsland(service, 'worker'));
  const ofUp = (role: string): Target => ({ name: `${role} 1`, pid: () => service.pids(role)[0] ?? null });
  return {
    apis: () => [service.api, ...extra()],
    targets: () => [
      ...['api', 'worker', 'gateway', 'postgres'].map(ofUp),
      ...roles.map(({ name }, index): Target => ({ name, pid: () => roles[index]!.child?.pid ?? null })),
    ],
    islands,
    async stop() {
      stopping = true;
      await Promise.all(islands.map((island) => island.stop()));
      await Promise.all(
        roles.map(async ({ child }) => {
          if (!child || child.exitCode !== null) return;
          const exited = new Promise((resolve) => child.once('exit', resolve));
          child.kill('SIGCONT');
          child.kill('SIGTERM');
          await exited;
        }),
      );
    },
  };
}

/** Folder of all work of a fleet; empty when nothing runs. */
export function workFolder(service: TestService): string {
  return join(service.dataDir, 'work');
}
