import type { TestService } from '../../testkit/service.ts';
import { until } from '../../testkit/until.ts';

const ROLES = ['api', 'gateway', 'worker', 'postgres'];

/** Waits until the supervisor has restarted each role that a test killed, and until the API and the storage respond. */
export async function untilAllRolesServe(service: TestService): Promise<void> {
  await until(
    async () => {
      if (ROLES.some((role) => service.pids(role).length !== 1)) return false;
      return (await statusOf(`${service.api}/readyz`)) === 200 && (await statusOf(service.storage)) !== null;
    },
    { what: 'all roles to serve', timeoutMs: 60_000 },
  );
}

async function statusOf(url: string): Promise<number | null> {
  const response = await fetch(url).catch(() => null);
  return response?.status ?? null;
}
