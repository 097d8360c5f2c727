import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { linkRootImage } from '../../testkit/data-directory.ts';
import { makeClip } from '../../testkit/media.ts';
import { PROGRAM } from '../../testkit/program.ts';
import { makeDatabase, type TestDatabase } from '../helpers/database.ts';
import { expectEachCompletedOnce } from './load.ts';
import { type RoleProcess, runCommand, startRole } from './roles.ts';
import { type Balancer, type Load, openBalancer, startLoad } from './rolling-load.ts';

/** `./airlock test --upgrade REF` builds another commit as the previous build. Without it, both builds are this build. */
const PREVIOUS = process.env.TEST_PREVIOUS_BUILD || PROGRAM;
const CLIENTS = 2;
const JOBS = 3;

describe('a fleet whose processes are replaced one by one under load', () => {
  let database: TestDatabase;
  let folder: string;
  let env: NodeJS.ProcessEnv;
  let gateway: RoleProcess;
  const balancer: Balancer = openBalancer();
  const open = new Set<RoleProcess>();

  const start = async (program: string, role: string, extra: NodeJS.ProcessEnv = {}): Promise<RoleProcess> => {
    const process = await startRole(program, role, { ...env, ...extra });
    open.add(process);
    return process;
  };
  const startApi = async (program: string): Promise<RoleProcess> => {
    const api = await start(program, 'api');
    await balancer.add(originOf(api));
    return api;
  };
  const stop = async (role: RoleProcess): Promise<void> => {
    open.delete(role);
    expect(await role.stop()).toBe(0);
  };
  const stopApi = async (api: RoleProcess, program: string): Promise<void> => {
    if (program === PROGRAM) await Promise.all([balancer.left(originOf(api)), stop(api)]);
    else {
      // A previous build may not support AIRLOCK_DRAIN_DELAY.
      await balancer.remove(originOf(api));
      await stop(api);
    }
  };
  const originOf = ({ ports }: RoleProcess) => `http://127.0.0.1:${ports.api}`;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'airlock-upgrade-'));
    await chmod(folder, 0o711);
    await linkRootImage(folder);
    // Another release may have another schema, so the database is created empty.
    database = await makeDatabase({ empty: PREVIOUS !== PROGRAM });
    env = {
      ...process.env,
      AIRLOCK_DATA_DIR: folder,
      AIRLOCK_DATABASE_URL: database.url,
      AIRLOCK_PORT: '0',
      AIRLOCK_STORAGE_PORT: '0',
      AIRLOCK_METRICS_PORT: '0',
      AIRLOCK_WORKER_SLOTS: '2',
      AIRLOCK_LOG_LEVEL: 'error',
      // The balancer checks every 100 ms.
      AIRLOCK_DRAIN_DELAY: '1s',
    };
    await makeClip(join(folder, 'clip.mp4'), { size: '64x64', rate: 5 });
    await runCommand(PREVIOUS, ['migrate'], env);
    gateway = await start(PREVIOUS, 'gateway');
    const { storageAccessKeyId, storageSecretKey } = JSON.parse(await readFile(join(folder, 'secrets.json'), 'utf8'));
    Object.assign(env, {
      AIRLOCK_STORAGE_PORT: String(gateway.ports.storage),
      AIRLOCK_STORAGE_URL: `s3://airlock?endpoint=http://127.0.0.1:${gateway.ports.storage}&region=local`,
      AWS_ACCESS_KEY_ID: storageAccessKeyId,
      AWS_SECRET_ACCESS_KEY: storageSecretKey,
    });
  });
  afterAll(async () => {
    balancer.close();
    await Promise.all([...open].map((role) => role.stop()));
    await database?.drop();
    await rm(folder, { recursive: true, force: true });
  });

  async function replaceAll(load: Load, before: RoleProcess[], from: string, to: string): Promise<RoleProcess[]> {
    const [api, worker] = before as [RoleProcess, RoleProcess];
    const nextApi = await startApi(to);
    await load.progress(1);
    await stopApi(api, from);
    const nextWorker = await start(to, 'worker');
    await load.progress(1);
    await stop(worker);
    await load.progress(JOBS);
    return [nextApi, nextWorker];
  }

  it('rejects no request, and loses and fails no job, in an upgrade and a downgrade', async () => {
    const key = JSON.parse(await runCommand(PREVIOUS, ['keys', 'create', '--name', 'test', '--json'], env)).key;
    const first = [await startApi(PREVIOUS), await start(PREVIOUS, 'worker')];
    const load = startLoad(balancer, key, join(folder, 'clip.mp4'), CLIENTS);
    await load.progress(JOBS);

    // The schema is migrated first, so the previous build must work with the new schema.
    await runCommand(PROGRAM, ['migrate'], env);
    await load.progress(JOBS);
    let roles = await replaceAll(load, first, PREVIOUS, PROGRAM);
    await stop(gateway);
    gateway = await start(PROGRAM, 'gateway');
    await load.progress(JOBS);
    if (PREVIOUS !== PROGRAM) roles = await replaceAll(load, roles, PROGRAM, PREVIOUS);

    const ids = await load.end();
    await expectEachCompletedOnce(database.pg as never, ids);
    const { rows } = await database.pg.query(
      `SELECT DISTINCT state FROM attempts WHERE job_id = ANY($1) AND state NOT IN ('completed', 'released')`,
      [ids],
    );
    expect(rows).toEqual([]);
    await stopApi(roles[0]!, PREVIOUS);
    await stop(roles[1]!);
  }, 120_000);
});
