import { execFile } from 'node:child_process';
import { chmod, mkdtemp, rm, statfs } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { TestProject } from 'vitest/node';
import { migrateDatabase } from '../../src/database/migrate.ts';
import { openPool } from '../../src/database/pool.ts';
import { openEmbeddedPostgres } from '../../src/supervisor/postgres.ts';
import { socketUrl } from '../../src/supervisor/postgres-connect.ts';
import { loadSecrets } from '../../src/supervisor/secrets.ts';
import { ensureServiceAccount, recordingLogger } from '../../testkit/supervisor.ts';
import { shareRootImage } from './root-image.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** URL of the superuser of the PostgreSQL of this run. `database.ts` creates a database for each test file. */
    postgresUrl: string;
    /** Name of the database with the newest schema, of which all other databases are copies. */
    templateDatabase: string;
  }
}

const TEMPLATE = 'test_template';
/** Maximum number of connections to the server. Four test files run at a time, each with its own pools. */
const CONNECTIONS = 150;
const MEMORY = '/dev/shm';
/** Free bytes in memory that are required for databases. The databases of a run need less than half of them. */
const MEMORY_BYTES = 8 * 2 ** 30;

/** URL of an existing PostgreSQL to use. A run inside another run gets the URL of the outer run. */
const OUTER_POSTGRES = process.env.TEST_POSTGRES_URL;

/** Builds the program that end-to-end tests run, and starts the PostgreSQL that all test files share. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  if (OUTER_POSTGRES) {
    // The server of an outer run already has the template. On any other server, the first run creates it.
    if (!(await hasTemplate(OUTER_POSTGRES))) await makeTemplate((database) => withDatabase(OUTER_POSTGRES, database));
    project.provide('postgresUrl', OUTER_POSTGRES);
    project.provide('templateDatabase', TEMPLATE);
    return (await share()).close;
  }
  const root = join(import.meta.dirname, '..', '..');
  // The build prepares a database with a server that runs under the service account.
  await ensureServiceAccount();
  // `./airlock test` has already built the program.
  if (!process.env.TEST_BUILT) await promisify(execFile)(process.execPath, ['scripts/build.mjs'], { cwd: root });
  // Programs that this process starts also start their threads from the build.
  await import('./built-threads.ts');
  const image = await shareRootImage();
  const memory = await openMemory();
  const dataDir = await mkdtemp(join(memory ?? tmpdir(), 'airlock-test-pg-'));
  await chmod(dataDir, 0o711);
  const server = await openEmbeddedPostgres({ dataDir, logger: recordingLogger(), connections: CONNECTIONS });
  const { postgresAdminPassword } = await loadSecrets(dataDir);
  const urlOf = (database: string) => socketUrl(server.socketDir, postgresAdminPassword, 'postgres', database);
  await makeTemplate(urlOf);
  project.provide('postgresUrl', urlOf('postgres'));
  project.provide('templateDatabase', TEMPLATE);
  const sharing = await share();
  return async () => {
    await sharing.close();
    await server.stop();
    await image.close();
    for (const folder of [dataDir, memory]) if (folder) await rm(folder, { recursive: true, force: true });
  };
}

/** Loads the module after the build, because it lists the threads of the build. */
async function share(): Promise<{ close(): Promise<void> }> {
  const { openSharing } = await import('./sharing.ts');
  return openSharing();
}

/**
 * Creates a folder in memory for databases; returns null if there is not enough memory. A copy of a database consists of several hundred
 * small files, which take ten times as long on a disk.
 */
async function openMemory(): Promise<string | null> {
  const free = await statfs(MEMORY).catch(() => null);
  if (!free || free.bavail * free.bsize < MEMORY_BYTES) return null;
  const folder = await mkdtemp(join(MEMORY, 'airlock-test-'));
  await chmod(folder, 0o711);
  // Test files inherit the environment.
  process.env.TEST_MEMORY = folder;
  return folder;
}

function withDatabase(url: string, database: string): string {
  return Object.assign(new URL(url), { pathname: `/${database}` }).toString();
}

async function hasTemplate(url: string): Promise<boolean> {
  const server = openPool(url, { max: 1, role: 'test', onError: () => {} });
  try {
    return (await server.pg.query('SELECT FROM pg_database WHERE datname = $1', [TEMPLATE])).rows.length > 0;
  } finally {
    await server.close();
  }
}

/** Creates and migrates the database of which every test file gets a copy. */
async function makeTemplate(urlOf: (database: string) => string): Promise<void> {
  const open = (database: string) => openPool(urlOf(database), { max: 1, role: 'test', onError: () => {} });
  const server = open('postgres');
  await server.pg.query(`CREATE DATABASE ${TEMPLATE}`);
  await server.close();
  const template = open(TEMPLATE);
  await migrateDatabase(template.db);
  // PostgreSQL cannot copy a database that has connections.
  await template.close();
}
