import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { migrateDatabase } from '../../src/database/migrate.ts';
import { openPool } from '../../src/database/pool.ts';
import { openEmbeddedPostgres } from '../../src/supervisor/postgres.ts';
import { socketUrl } from '../../src/supervisor/postgres-connect.ts';
import { loadSecrets } from '../../src/supervisor/secrets.ts';
import { ensureServiceAccount, recordingLogger } from '../../testkit/supervisor.ts';

/** Opens a temporary PostgreSQL with the newest schema. `close` deletes it. */
export async function openScratchDatabase(): Promise<{ url: string; close(): Promise<void> }> {
  await ensureServiceAccount();
  const dataDir = await mkdtemp(join(tmpdir(), 'airlock-bench-pg-'));
  await chmod(dataDir, 0o711);
  const server = await openEmbeddedPostgres({ dataDir, logger: recordingLogger() });
  const { postgresAdminPassword } = await loadSecrets(dataDir);
  const url = socketUrl(server.socketDir, postgresAdminPassword, 'postgres', 'postgres');
  const pool = openPool(url, { max: 2, role: 'bench', onError: () => {} });
  await migrateDatabase(pool.db);
  await pool.close();
  return {
    url,
    async close() {
      await server.stop();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}
