import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { programArgs } from '../../testkit/program.ts';
import type { TestService } from '../../testkit/service.ts';
import { until } from '../../testkit/until.ts';
import { type Island, openIsland } from './island.ts';

/** A process of a fleet that can be killed. All processes except the supervisor are targets. */
export interface Target {
  name: string;
  /** Returns the process id, or null while the process restarts. */
  pid(): number | null;
}

/** A service with more APIs and workers than `up` starts. All of them share one database and one storage. */
export interface Fleet {
  /** Returns the origins of all APIs, including APIs that are restarting. */
  apis(): string[];
  targets(): Target[];
  /** Workers in their own network namespaces, which can be cut off. */
  islands: readonly Island[];
  stop(): Promise<void>;
}

interface Role {
  program: 'api' | 'worker';
  name: string;
  child: ChildProcess | null;
  /** Ports by name. Empty until the role is ready. A role that restarts keeps its ports. */
  ports: Record<string, number>;
}

/**
 * Starts the roles, and restarts each role that dies, as systemd or Kubernetes do. `islands` is the number of additional workers that are
 * isolated as if on other machines. These workers need root and the embedded storage.
 */
export async function openFleet(
  service: TestService,
  size: { apis: number; workers: number; islands?: number },
): Promise<Fleet> {
  const roles = [...rolesOf('api', size.apis), ...rolesOf('worker', size.workers)];
  const stopping = new AbortController();
  for (const role of roles) keepRunning(service, role, stopping.signal);
  const extra = () => roles.flatMap(({ ports }) => (ports.api ? [`http://127.0.0.1:${ports.api}`] : []));
  await until(() => extra().length === size.apis - 1, { what: 'the APIs of a fleet' });
  const islands: Island[] = [];
  for (let count = size.islands ?? 0; count > 0; count -= 1) islands.push(await openIsland(service, 'worker'));
  const ofUp = (role: string): Target => ({ name: `${role} 1`, pid: () => service.pids(role)[0] ?? null });
  return {
    apis: () => [service.api, ...extra()],
    targets: () => [
      ...['api', 'worker', 'gateway', 'postgres'].map(ofUp),
      ...roles.map((role): Target => ({ name: role.name, pid: () => role.child?.pid ?? null })),
    ],
    islands,
    async stop() {
      stopping.abort();
      await Promise.all(islands.map((island) => island.stop()));
      await Promise.all(roles.map(({ child }) => endRole(child)));
    },
  };
}

/** Returns the roles of a program, except for the first, which `up` runs. */
function rolesOf(program: Role['program'], count: number): Role[] {
  return Array.from({ length: count - 1 }, (_, index) => {
    return { program, name: `${program} ${index + 2}`, child: null, ports: {} };
  });
}

/** Starts the role, and starts it again 500 ms after each end. */
function keepRunning(service: TestService, role: Role, stopping: AbortSignal): void {
  const child = spawn(process.execPath, programArgs([role.program]), {
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
    if (type === 'ready') role.ports = ports;
  });
  child.once('exit', () => {
    role.child = null;
    if (!stopping.aborted) setTimeout(() => !stopping.aborted && keepRunning(service, role, stopping), 500);
  });
}

async function endRole(child: ChildProcess | null): Promise<void> {
  if (!child || child.exitCode !== null) return;
  const exited = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGCONT');
  child.kill('SIGTERM');
  await exited;
}

/** Returns the folder that contains the work of all jobs. It is empty when no job runs. */
export function workFolder(service: TestService): string {
  return join(service.dataDir, 'work');
}
