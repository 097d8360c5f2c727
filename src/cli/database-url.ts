import { join } from 'node:path';
import type { Config } from '../config/config.ts';
import type { DatabaseRole } from '../config/database-roles.ts';
import { embeddedUrl } from '../supervisor/postgres-connect.ts';
import { socketFolderFor } from '../supervisor/postgres-socket.ts';
import type { Secrets } from '../supervisor/secrets.ts';

/** The login for the database: the role of one process, or the owner, for migrations and the command line. */
export type DatabaseUser = DatabaseRole | 'owner';

/**
 * Returns the URL of the operator's database, which includes the login, or the URL of the embedded database in the data
 * directory. The embedded database must be running.
 */
export function databaseUrl(config: Config, secrets: Secrets, user: DatabaseUser): string {
  if (config.databaseUrl) return config.databaseUrl;
  const home = join(config.dataDir, 'postgres');
  return embeddedUrl(socketFolderFor(home, process.getuid!()), secrets, user);
}
