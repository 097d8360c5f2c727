import pg from 'pg';
import { databaseUrl } from '../../src/cli/compose.ts';
import { readConfig } from '../../src/config/config.ts';
import { loadSecrets } from '../../src/supervisor/secrets.ts';
import type { TestService } from './service.ts';

/** A connection to a service's own database, to set what only operators set and to see what is stored. */
export async function openServiceDatabase(service: TestService): Promise<pg.Client> {
  const config = readConfig({ AIRLOCK_DATA_DIR: service.dataDir });
  const client = new pg.Client({ connectionString: databaseUrl(config, await loadSecrets(service.dataDir)) });
  await client.connect();
  return client;
}
