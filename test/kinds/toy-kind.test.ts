import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createFetcher } from '../../src/fetcher/index.ts';
import { cancelJob } from '../../src/jobs/cancel.ts';
import { childrenOf } from '../../src/jobs/children.ts';
import { downloadUrl } from '../../src/jobs/downloads.ts';
import { eraseJob } from '../../src/jobs/erase.ts';
import type { Kind, KindsContext } from '../../src/kinds/kind.ts';
import { kinds } from '../../src/kinds/registry.ts';
import { submitJob } from '../../src/kinds/submit.ts';
import type { Sandbox } from '../../src/sandbox/index.ts';
import { createLogger } from '../../src/telemetry/index.ts';
import { startWorker, type Worker } from '../../src/worker/worker.ts';
import { until } from '../../testkit/until.ts';
import { type JobWorld, makeJobWorld } from '../helpers/job-world.ts';
import { openTestSandbox } from '../helpers/root-image.ts';
import { toy } from './toy/index.ts';

describe('a kind of job that is one folder and one entry of the registry', () => {
  let world: JobWorld;
  let context: KindsContext;
  let account: Awaited<ReturnType<JobWorld['account']>>;
  let folder: string;
  let sandbox: Sandbox;
  let worker: Worker;
  beforeAll(async () => {
    world = await makeJobWorld();
    await chmod(dirname(world.gateway.root), 0o711);
    account = await world.account();
    folder = await mkdtemp(join(tmpdir(), 'airlock-kind-'));
    await chmod(folder, 0o711);
    sandbox = await openTestSandbox({ dataDir: folder, slots: 1 });
    const registry = new Map([...kinds, [toy.name, toy as Kind]]);
    context = { ...world.context, kinds: registry };
    worker = await startWorker({
      ...{ context, kinds: registry, sandbox, metrics: null, onBroken: () => {} },
      fetcher: createFetcher({ allow: [], ports: [443], maxBytes: 2 ** 20, deadlineMs: 5000 }),
      logger: createLogger({ level: 'silent', role: 'worker' }),
      selfTest: { tier: sandbox.tier, passed: true, checks: [], at: new Date() },
      settings: {
        ...{ databaseUrl: world.database.url, version: 'test', dataDir: folder, workDir: join(folder, 'work', 'one') },
        ...{ slots: [['light']], cores: 2, cellMemoryBytes: 2 ** 30, drainMs: 1000 },
        ...{ diskReserve: { percent: 0, bytes: 0 }, sharesDisk: true, storageWaitSeconds: 60, outputHoldMs: 1000 },
      },
    });
  });
  afterAll(async () => {
    await worker?.drain();
    await sandbox?.close();
    await world?.close();
    await rm(folder, { recursive: true, force: true });
  });

  const submit = (text: string, key: string | null = null) =>
    submitJob(
      {
        context,
        planner: { review: () => Promise.reject(new Error('not asked')) },
        checkSourceUrl: () => ({ ok: true }),
        checkWebhookUrl: () => ({ ok: true }),
      },
      toy,
      { account, keyId: null, ownKeys: null, requestId: 'test' },
      { text },
      { idempotency: { key, route: 'toy', body: { text } }, answer: ({ job }) => job },
    );
  const ended = (id: string) =>
    until(async () => (await world.row(id)).status !== 'pending' && (await world.row(id)).completed_at !== null, {
      what: 'the end of the job',
    });

  it('is submitted, run, stored, downloaded and erased by the core', async () => {
    const job = await submit('live');
    await ended(job.id);
    const row = await world.row(job.id);
    expect(row).toMatchObject({ kind: 'toy', status: 'completed', attempts: 1 });
    expect(await (await fetch(await downloadUrl(context, row))).text()).toBe('evil');
    await eraseJob(context, account.id, 'toy', job.id, { actor: 'test', ip: null, requestId: null });
    await expect(downloadUrl(context, await world.row(job.id))).rejects.toMatchObject({ code: 'output_deleted' });
    const { rows } = await world.database.pg.query('SELECT state FROM objects WHERE job_id = $1', [job.id]);
    expect(rows).toEqual([{ state: 'deleted' }]);
  });

  it('waits for its children without a slot, and continues when the last has ended', async () => {
    const parent = await submit('abc+de');
    await ended(parent.id);
    const row = await world.row(parent.id);
    expect(row.status).toBe('completed');
    expect(await (await fetch(await downloadUrl(context, row))).text()).toBe('2 3');
    const children = await childrenOf(world.database.db, parent.id);
    expect(children.map(({ status, attempts }) => [status, attempts])).toEqual(Array(2).fill(['completed', 1]));
    expect((await world.attempts(parent.id)).map(({ state }) => state)).toEqual(['released', 'completed']);

    await eraseJob(context, account.id, 'toy', parent.id, { actor: 'test', ip: null, requestId: null });
    for (const { id } of children) {
      expect((await world.row(id)).erased_at).not.toBeNull();
      const { rows } = await world.database.pg.query('SELECT state FROM objects WHERE job_id = $1', [id]);
      expect(rows).toEqual([{ state: 'deleted' }]);
    }
  });

  it('takes its children along when it is canceled', async () => {
    const [parent, child] = [await submit('p'), await submit('c')];
    for (const { id } of [parent, child]) await ended(id);
    // As a parent waits for a child that waits for its turn.
    await world.database.pg.query(
      `UPDATE jobs SET status = 'pending', completed_at = NULL, awaiting = 'children',
         parent_id = CASE id WHEN $2 THEN $1::uuid END WHERE id IN ($1, $2)`,
      [parent.id, child.id],
    );
    await cancelJob(context, account.id, 'toy', parent.id);
    for (const { id } of [parent, child]) expect((await world.row(id)).status).toBe('canceled');
  });

  it('is made once for one Idempotency-Key, and refused by its own policy', async () => {
    const [first, second] = [await submit('a', 'k'), await submit('a', 'k')];
    expect(second.id).toBe(first.id);
    await expect(submit('')).rejects.toThrow('nothing to reverse');
  });

  it('is not found as a job of another kind, nor listed as one', async () => {
    const job = await submit('b');
    await expect(cancelJob(context, account.id, 'transcode', job.id)).rejects.toMatchObject({ code: 'not_found' });
    expect(await world.list(account)).toEqual([]);
  });
});
