import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import type { TestService } from '../../../testkit/service.ts';
import type { TestDatabase } from '../../helpers/database.ts';

/** Tests a service with AIRLOCK_DATABASE_URL, whose data directory also contains a database. */
export const operatorDatabase = (given: () => TestService, database: () => TestDatabase) => () => {
  it('serves the API and the worker, each with its own login', async () => {
    expect((await given().call('GET', '/v1/transcodes')).status).toBe(200);
    const { pg, url } = database();
    const { rows } = await pg.query(
      `SELECT DISTINCT usename FROM pg_stat_activity WHERE datname = current_database() AND application_name ~ '^airlock-(api|worker)'`,
    );
    expect(rows).toEqual([{ usename: new URL(url).username }]);
    expect(given().pids('postgres')).toEqual([]);
  });

  it('is unknown to the gateway', () => {
    const knowing = ['api', 'worker', 'gateway'].filter((role) =>
      given()
        .pids(role)
        .some((pid) => readFileSync(`/proc/${pid}/environ`, 'latin1').includes(database().url)),
    );
    expect(knowing).toEqual(['api', 'worker']);
  });
};
