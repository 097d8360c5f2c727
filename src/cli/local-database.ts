import type { Config } from '../config/config.ts';
import { openPool, type Pool } from '../database/pool.ts';
import { prepareDataDir } from '../supervisor/data-dir.ts';
import { openEmbeddedPostgres } from '../supervisor/postgres.ts';
import { loadSecrets } from '../supervisor/secrets.ts';
import { createLogger } from '../telemetry/index.ts';
import { databaseTemplate } from './database-template.ts';
import { databaseUrl } from './database-url.ts';
import { migrateAt } from './roles/migrate.ts';

/**
 * Runs `work` against the operator's database, or against the embedded database, which is started for the duration of the call unless `up`
 * runs it. Migrates the schema first, unless this build has already done so.
 */
export async function withDatabase<T>(config: Config, work: (config: Config) => Promise<T>): Promise<T> {
  const prepared = { ...config, dataDir: await prepareDataDir(config.dataDir) };
  if (config.databaseUrl) {
    await migrateAt(config.databaseUrl, { firstKey: false, onlyIfNeeded: true });
    return work(prepared);
  }
  const logger = createLogger({ level: 'warn', role: 'cli', destination: process.stderr });
  const template = await databaseTemplate();
  const server = await openEmbeddedPostgres({ dataDir: prepared.dataDir, logger, template });
  try {
    await server.durable;
    await migrateAt(server.url, { firstKey: false, onlyIfNeeded: true });
    return await work(prepared);
  } finally {
    await server.stop();
  }
}

/** Runs `work` with connections of the owner to the database that `withDatabase` opens. */
export async function withKeys<T>(config: Config, work: (pool: Pool) => Promise<T>): Promise<T> {
  return withDatabase(config, async (prepared) => {
    const url = databaseUrl(prepared, await loadSecrets(prepared.dataDir), 'owner');
    const pool = openPool(url, { max: 2, role: 'cli', onError: () => {} });
    try {
      return await work(pool);
    } finally {
      await pool.close();
    }
  });
}
