import { join } from 'node:path';
import pg from 'pg';
import { type DatabaseUser, databaseUrl } from '../src/cli/database-url.ts';
import { readConfig } from '../src/config/config.ts';
// Configures how `pg` reads numbers and dates.
import '../src/database/pool.ts';
import { socketUrl } from '../src/supervisor/postgres-connect.ts';
import { socketFolderFor } from '../src/supervisor/postgres-socket.ts';
import { loadSecrets } from '../src/supervisor/secrets.ts';
import type { TestService } from './service.ts';

/** Connects to a service's database as its owner, for statements that need an operator, or as one of its roles. */
export async function openServiceDatabase(
  service: Pick<TestService, 'dataDir'>,
  user: DatabaseUser = 'owner',
): Promise<pg.Client> {
  const config = readConfig({ AIRLOCK_DATA_DIR: service.dataDir });
  return connect(databaseUrl(config, await loadSecrets(service.dataDir), user));
}

/** Connects as the superuser of the embedded server, who can see all connections. */
export async function openAsSuperuser(dataDir: string, database = 'airlock'): Promise<pg.Client> {
  const { postgresAdminPassword } = await loadSecrets(dataDir);
  const folder = socketFolderFor(join(dataDir, 'postgres'), process.getuid!());
  return connect(socketUrl(folder, postgresAdminPassword, 'postgres', database));
}

async function connect(connectionString: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString });
  await client.connect();
  return client;
}
