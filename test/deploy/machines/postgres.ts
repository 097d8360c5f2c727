import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { chown, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import { serviceAccount } from '../../../src/supervisor/account.ts';
import { findPostgres } from '../../../src/supervisor/postgres-binaries.ts';
import { ensureCluster } from '../../../src/supervisor/postgres-cluster.ts';
import { POSTGRES_ENVIRONMENT } from '../../../src/supervisor/postgres-settings.ts';
import { freePort } from '../../../testkit/free-port.ts';
import { ensureServiceAccount, makeTestFolder } from '../../../testkit/supervisor.ts';
import { until } from '../../../testkit/until.ts';

/** A PostgreSQL server that machines reach over TLS. */
export interface PostgresServer {
  port: number;
  /** Runs statements as the superuser in the given database. */
  query(sql: string, database?: string): Promise<{ rows: Record<string, unknown>[] }>;
  close(): Promise<void>;
}

interface PostgresFiles {
  /** Lines of `postgresql.conf`. The server overrides the addresses, the port and the paths of the certificate. */
  conf: string;
  hba: string;
  cert: string;
  key: string;
}

export async function openPostgres({ conf, hba, cert, key }: PostgresFiles): Promise<PostgresServer> {
  await ensureServiceAccount();
  const { path: home, remove } = await makeTestFolder();
  const password = randomBytes(16).toString('hex');
  const account = await serviceAccount();
  const binaries = await findPostgres(home);
  const { data } = await ensureCluster(home, binaries, account, password);
  const files = {
    'server.pem': cert,
    'server.key': key,
    'pg_hba.conf': `host all postgres 127.0.0.1/32 scram-sha-256\n${hba}`,
  };
  for (const [name, content] of Object.entries({ ...files, 'from-page.conf': conf })) {
    await writeFile(join(data, name), content, { mode: 0o600 });
    if (account) await chown(join(data, name), account.uid, account.gid);
  }
  await writeFile(join(data, 'postgresql.auto.conf'), "include_if_exists 'from-page.conf'\n", { flag: 'a' });
  const port = await freePort('0.0.0.0');
  const settings = { port, unix_socket_directories: '', ssl_cert_file: 'server.pem', ssl_key_file: 'server.key' };
  const args = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  const child = spawn(join(binaries.binDir, 'postgres'), ['-D', data, ...args], {
    ...{ cwd: '/', env: POSTGRES_ENVIRONMENT, stdio: 'ignore' },
    ...(account && { uid: account.uid, gid: account.gid }),
  });
  const query: PostgresServer['query'] = async (sql, database = 'postgres') => {
    const client = new pg.Client({ connectionString: `postgres://postgres:${password}@127.0.0.1:${port}/${database}` });
    client.on('error', () => {});
    await client.connect();
    try {
      return await client.query(sql);
    } finally {
      await client.end();
    }
  };
  await until(() => query('SELECT 1').catch(() => false), { what: 'PostgreSQL' });
  return {
    ...{ port, query },
    async close() {
      const exited = once(child, 'exit');
      child.kill('SIGQUIT');
      if (child.exitCode === null && child.signalCode === null) await exited;
      await remove();
    },
  };
}
