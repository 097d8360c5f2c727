import { createVault } from '../../src/crypto/vault.ts';
import { openColumn } from '../../src/database/sealed-columns.ts';
import { loadSecrets } from '../../src/supervisor/secrets.ts';
import { startService, type TestService } from '../../testkit/service.ts';
import { openServiceDatabase } from '../../testkit/service-database.ts';
import { cpuSeconds, processTree } from './processes.ts';
import { callApi, type V1Client, v1Client } from './v1-client.ts';

export interface Bench extends V1Client {
  service: TestService;
  /** Returns the arguments with which the worker ran FFmpeg for a job, and the CPU seconds of the cell. */
  ranAs(id: string): Promise<{ args: string[]; cpuSeconds: number }>;
  /** Returns the CPU seconds of the service's own processes so far. Cells are excluded, because they are not child processes. */
  cpu(): number;
  close(): Promise<void>;
}

/**
 * Starts the entire service as `airlock up` does, on a temporary data directory or on the prepared directory `dataDir`. `close` deletes the
 * data directory.
 */
export async function openBench(env: Record<string, string> = {}, dataDir?: string): Promise<Bench> {
  const service = await startService({ AIRLOCK_LOG_LEVEL: 'warn', ...env }, { ...(dataDir && { dataDir }) });
  // The database is opened on demand, because the server process of its connection counts as memory of the service.
  let database: Awaited<ReturnType<typeof openServiceDatabase>> | null = null;
  return {
    service,
    ...v1Client((method, path, body) => callApi(`${service.api}${path}`, method, service.key, body)),
    async ranAs(id) {
      database ??= await openServiceDatabase(service);
      const { rows } = await database.query(
        `SELECT jobs.id, jobs.account_id, jobs.plan_sealed, attempts.cpu_ms FROM jobs
         JOIN attempts ON attempts.id = jobs.current_attempt WHERE jobs.id = $1`,
        [id],
      );
      const { vaultKey } = await loadSecrets(service.dataDir);
      const vault = createVault(Buffer.from(vaultKey, 'base64url'));
      const plan = openColumn(vault, 'jobs', 'plan_sealed', rows[0]);
      return { args: JSON.parse(plan!).args, cpuSeconds: rows[0].cpu_ms / 1000 };
    },
    cpu: () => cpuSeconds(processTree(service.pid)),
    async close() {
      await database?.end();
      await service.remove();
    },
  };
}
