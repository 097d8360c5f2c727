import { chmod, mkdtemp, open, readdir, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { serviceAccount } from './account.ts';
import { findTemplate, makeTrustedFolder, type TemplateUse, templatePath, templatePrefix } from './cluster-template.ts';
import { withLock } from './file-lock.ts';
import { openEmbeddedPostgres } from './postgres.ts';
import { findPostgres } from './postgres-binaries.ts';
import { APP_DATABASE, passwordStatements } from './postgres-roles.ts';
import { runTool } from './run-tool.ts';
import { runSingleUser } from './single-user.ts';
import type { Account, SupervisorLogger } from './types.ts';

/** Maximum milliseconds to wait for another process that makes a template. */
const MAKE_WAIT_MS = 120_000;

export interface MakeOptions {
  use: TemplateUse;
  logger: SupervisorLogger;
  /** Migrates the schema of a new database as its owner, and grants the roles their privileges. */
  migrate(url: string): Promise<void>;
}

/**
 * Makes the template of the installed PostgreSQL and the current schema, and removes older templates. Does nothing if the template exists.
 * The cluster is made in the temporary folder, where the server's account can work. Its passwords exist only there, and are removed from
 * the template. If the process is killed, it leaves nothing that a start would use.
 * @returns the path of the template
 * @throws SupervisorError or ConfigError if PostgreSQL cannot be started there
 */
export async function makeTemplate({ use, logger, migrate }: MakeOptions): Promise<string> {
  for (const folder of [dirname(use.folder), use.folder]) await makeTrustedFolder(folder);
  return withLock(join(use.folder, 'lock'), MAKE_WAIT_MS, async () => {
    const found = await findTemplate(use);
    if (found) return found;
    const work = await mkdtemp(join(tmpdir(), 'airlock-template-'));
    try {
      await chmod(work, 0o711);
      const server = await openEmbeddedPostgres({ dataDir: work, logger });
      await migrate(server.url).finally(() => server.stop());
      const [account, home] = [await serviceAccount(), join(work, 'postgres')];
      const cluster = { data: join(home, 'data'), binaries: await findPostgres(home), account };
      await runSingleUser(cluster, APP_DATABASE, passwordStatements(null));
      return await pack(cluster.data, account, await templatePrefix(use));
    } finally {
      await rm(work, { recursive: true, force: true });
    }
  });
}

/**
 * Patterns of the free space maps and visibility maps, which are a fifth of the files of a cluster. PostgreSQL works without these maps and
 * writes new maps (docs/decisions/0063-what-a-start-runs.md). On some file systems, creating a file takes half a millisecond of processor
 * time.
 */
const OPTIONAL_FORKS = ['./*_fsm', './*_vm'];

/** Writes the archive of a cluster that was shut down cleanly, and removes all other templates. */
async function pack(data: string, account: Account | null, prefix: string): Promise<string> {
  const folder = dirname(prefix);
  for (const name of await readdir(folder)) if (name.endsWith('.new')) await rm(join(folder, name));
  const staged = `${prefix}.new`;
  const file = await open(staged, 'wx', 0o644);
  let path: string;
  try {
    await file.chmod(0o644);
    // The server's account reads the files, because root must not follow links in a folder that belongs to another account.
    const excluded = [...(await spareSegments(data)).map((name) => `./pg_wal/${name}`), ...OPTIONAL_FORKS];
    const options = excluded.map((path) => `--exclude=${path}`);
    await runTool('tar', ['-c', '-f', '-', ...options, '-C', data, '.'], { account, stdout: file.fd });
    await file.sync();
    path = templatePath(prefix, (await file.stat()).size);
  } finally {
    await file.close();
  }
  await rename(staged, path);
  for (const name of await readdir(folder)) {
    if (name.endsWith('.tar') && name !== basename(path)) await rm(join(folder, name));
  }
  return path;
}

/**
 * Returns the names of the WAL segments that the server keeps for reuse, which are half of the bytes of a new cluster. The checkpoint of a
 * shutdown removes or renames older segments, so the first remaining segment contains the checkpoint.
 */
async function spareSegments(data: string): Promise<string[]> {
  const names = await readdir(join(data, 'pg_wal'));
  return names
    .filter((name) => /^[0-9A-F]{24}$/.test(name))
    .sort()
    .slice(1);
}
