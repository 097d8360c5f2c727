import { execFile } from 'node:child_process';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { TestProject } from 'vitest/node';
import { openEmbeddedPostgres } from '../../src/supervisor/postgres.ts';
import { socketUrl } from '../../src/supervisor/postgres-connect.ts';
import { loadSecrets } from '../../src/supervisor/secrets.ts';
import { ensureServiceAccount, recordingLogger } from '../../testkit/supervisor.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** Superuser's URL of the one PostgreSQL of this run; `database.ts` makes a database a test file. */
    postgresUrl: string;
  }
}

/** Builds the program that end-to-end tests run, and starts the PostgreSQL that all test files share. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const root = join(import.meta.dirname, '..', '..');
  await promisify(execFile)(process.execPath, ['scripts/build.mjs'], { cwd: root });
  await ensureServiceAccount();
  const dataDir = await mkdtemp(join(tmpdir(), 'airlock-test-pg-'));
  await chmod(dataDir, 0o711);
  const server = await openEmbeddedPostgres({ dataDir, logger: recordingLogger() });
  const { postgresAdminPassword } = await loadSecrets(dataDir);
  project.provide('postgresUrl', socketUrl(server.socketDir, postgresAdminPassword, 'postgres', 'postgres'));
  return async () => {
    await server.stop();
    await rm(dataDir, { recursive: true, force: true });
  };
}
