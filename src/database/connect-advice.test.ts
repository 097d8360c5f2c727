import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TLSSocket } from 'node:tls';
import { generate } from 'selfsigned';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeDatabase, type TestDatabase } from '../../test/helpers/database.ts';
import { type Listening, listen, tcpServer } from '../../testkit/servers.ts';
import { connectAdvice } from './connect-advice.ts';
import { openPool } from './pool.ts';

/** "SSLRequest" (PostgreSQL, message formats): a length of 8 and this code. */
const SSL_REQUEST = Buffer.from([0, 0, 0, 8, 4, 210, 22, 47]);

describe('TLS to PostgreSQL', () => {
  let database: TestDatabase;
  let folder: string;
  let server: Listening;
  let certificate: Awaited<ReturnType<typeof generate>>;
  let offersTls = true;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'airlock-pg-tls-'));
    database = await makeDatabase();
    const name = { type: 2, value: 'localhost' } as const;
    certificate = await generate([{ name: 'commonName', value: 'localhost' }], {
      extensions: [{ name: 'subjectAltName', altNames: [name] }],
    });
    await writeFile(join(folder, 'ca.pem'), certificate.cert);
    server = await listen(tcpServer(serve));
  });
  afterAll(async () => {
    await server?.close();
    await database?.drop();
    await rm(folder, { recursive: true, force: true });
  });

  /** Terminates TLS in front of the server of this test run, which listens on a Unix socket or a port. */
  async function serve(socket: Socket): Promise<void> {
    const [request] = (await once(socket, 'data')) as [Buffer];
    if (!request.equals(SSL_REQUEST)) return void socket.destroy();
    socket.write(offersTls ? 'S' : 'N');
    if (!offersTls) return;
    const { private: key, cert } = certificate;
    const clear = new TLSSocket(socket, { isServer: true, key, cert });
    const url = new URL(database.url);
    const port = url.port || '5432';
    const at = url.searchParams.get('host');
    const behind = at ? connect(`${at}/.s.PGSQL.${port}`) : connect(Number(port), url.hostname);
    for (const one of [clear, behind]) one.on('error', () => {});
    clear.pipe(behind).pipe(clear);
  }

  async function ask(host: string, parameters: string): Promise<unknown> {
    const url = new URL(database.url);
    url.searchParams.delete('host');
    url.port = String(server.port);
    url.hostname = host;
    const pool = openPool(`${url.href.split('?')[0]}?${parameters}`, { max: 1, role: 'test', onError: () => {} });
    try {
      return (await pool.pg.query('SELECT 1 AS one')).rows[0].one;
    } catch (error) {
      return connectAdvice(error as Error);
    } finally {
      await pool.close();
    }
  }

  it('succeeds with a private certificate authority', async () => {
    expect(await ask('localhost', `sslmode=verify-full&sslrootcert=${join(folder, 'ca.pem')}`)).toBe(1);
  });

  it('fails with a remedy for a certificate that is not trusted or is for another host, and for a server without TLS', async () => {
    expect(await ask('localhost', 'sslmode=verify-full')).toMatch(
      /is not trusted: add sslmode=verify-full&sslrootcert=/,
    );
    const ca = `sslmode=verify-full&sslrootcert=${join(folder, 'ca.pem')}`;
    expect(await ask('127.0.0.1', ca)).toMatch(/is for another host: name the host/);
    offersTls = false;
    expect(await ask('localhost', ca)).toMatch(/does not offer TLS: set ssl=on/);
  });

  it('is advised if the server requires it, and other errors get their own advice or none', () => {
    const message = 'no pg_hba.conf entry for host "10.0.0.9", user "airlock", database "airlock", no encryption';
    expect(connectAdvice({ code: '28000', message })).toMatch(/^PostgreSQL requires TLS: add sslmode/);
    expect(connectAdvice({ code: '28P01' })).toMatch(/rejected user or password/);
    expect(connectAdvice({ code: 'EADDRINUSE' })).toBeNull();
    const refused = { code: 'ECONNREFUSED', address: '10.0.0.9' };
    expect(connectAdvice(refused, 'postgres://u:p@10.0.0.9/x')).toMatch(/does not respond.*AIRLOCK_DATABASE_URL/);
    expect(connectAdvice(refused, 'postgres://u:p@10.0.0.8/x')).toBeNull();
    expect(connectAdvice(refused)).toBeNull();
    const unknown = { code: 'ENOTFOUND', hostname: 'db.invalid' };
    expect(connectAdvice(unknown, 'postgres://u:p@db.invalid/x')).toMatch(/correct host and port/);
  });
});
