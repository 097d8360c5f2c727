import type { TestService } from '../../testkit/service.ts';
import { until } from '../../testkit/until.ts';

const ROLES = ['api', 'gateway', 'worker', 'postgres'];

/** Waits until the supervisor has restarted each role that a test killed, and until the API and the storage respond. */
export async function untilAllRolesServe(service: TestService): Promise<void> {
  await until(
    async () => {
      if (ROLES.some((role) => service.pids(role).length !== 1)) return false;
      const responses = [fetch(`${service.api}/readyz`), fetch(service.storage)];
      const statuses = await Promise.all(
        responses.map((response) =>
          response.then(
            ({ status }) => status,
            () => 0,
          ),
        ),
      );
      return statuses[0] === 200 && statuses[1]! > 0;
    },
    { what: 'all roles to serve', timeoutMs: 60_000 },
  );
}
