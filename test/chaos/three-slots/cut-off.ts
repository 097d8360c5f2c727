import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Client } from 'pg';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { makeClip, upload } from '../../../testkit/media.ts';
import type { TestService } from '../../../testkit/service.ts';
import { openServiceDatabase } from '../../../testkit/service-database.ts';
import { until } from '../../../testkit/until.ts';
import { whyNoNetwork } from '../../helpers/network.ts';
import { ffmpegsOf, stopEach } from '../../helpers/processes.ts';
import { skipNote } from '../../helpers/skip-note.ts';
import { type Island, openIsland } from '../island.ts';
import { expectEachCompletedOnce, expectNoOrphans, patientClient } from '../load.ts';

const HEADERS = { 'x-forwarded-proto': 'https' };
const PATIENCE = { totalMs: 60_000, attemptMs: 10_000, headers: HEADERS };
export const whyNotCutOff = await whyNoNetwork();
/** Whether all cases run. By default, only the first case runs, because the other cases take a minute longer. */
const isLong = process.env.TEST_CHAOS === 'long';
const note = skipNote(!isLong && 'needs TEST_CHAOS=long');

export const cuttingOff = (given: () => Promise<TestService>) => () => {
  let service: TestService;
  let folder: string;
  let db: Client;
  let island: Island | null = null;
  let fileUrl: string;
  const ids: string[] = [];

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'airlock-cut-off-'));
    service = await given();
    db = await openServiceDatabase(service);
    const noise = ['-vf', 'noise=alls=30:allf=t', '-crf', '30'];
    const clip = await makeClip(join(folder, 'clip.mp4'), { seconds: 4, size: '320x180', args: noise });
    ({ fileUrl } = await upload(service, clip));
  });
  afterAll(async () => {
    signalWorker('SIGCONT');
    await island?.stop();
    await db?.end();
    await rm(folder, { recursive: true, force: true });
  });

  const signalWorker = (signal: NodeJS.Signals) => service?.pids('worker').map((pid) => process.kill(pid, signal));
  const submit = async (options: { option: string; argument: string }[] = []) => {
    const body = { inputs: [{ url: fileUrl }], outputFormat: 'mp4', options };
    const { id } = (await service.call('POST', '/v1/transcodes', body)).json;
    ids.push(id);
    return id as string;
  };
  /** Creates a job that the island's worker encodes once `proceed` is called. The other worker is stopped. */
  const onIsland = async () => {
    signalWorker('SIGSTOP');
    const id = await submit([{ option: '-preset', argument: 'veryfast' }]);
    return { id, proceed: await stopEach(encoding) };
  };
  const job = async (id: string) => (await service.call('GET', `/v1/transcodes/${id}`)).json;
  const completed = (id: string) =>
    until(async () => (await job(`${id}?wait=30`)).status === 'completed', {
      what: 'the end of the job',
      timeoutMs: 60_000,
    });
  const attempts = async (id: string) =>
    (await db.query('SELECT state FROM attempts WHERE job_id = $1 ORDER BY number', [id])).rows.map(
      ({ state }) => state,
    );
  /** Returns how the attempt of the island's worker ended. */
  const endOf = (id: string) =>
    until(
      () => {
        const lines = island!.output().split('\n');
        return lines.map((line) => line.includes(id) && /"end":"(\w+)"/.exec(line)?.[1]).find(Boolean);
      },
      { what: 'the end of the attempt', timeoutMs: 90_000 },
    );
  const encoding = () => ffmpegsOf(island!.pid()!);
  /** Expires all leases, because a worker without a heartbeat would keep its jobs for 30 seconds. */
  const expireLeases = async () => {
    await db.query(`UPDATE attempts SET heartbeat_at = now() - interval '31 s' WHERE state = 'running'`);
    await db.query(`UPDATE workers SET heartbeat_at = now() - interval '31 s'`);
    await db.query('UPDATE fleet_leases SET expires_at = now()');
  };

  describe('between a worker and its services', () => {
    beforeAll(async () => {
      island = await openIsland(service, 'worker');
    });
    afterAll(async () => {
      await island?.stop();
      island = null;
    });

    afterEach(() => {
      signalWorker('SIGCONT');
    });

    // The worker's queries arrive, but the worker never receives their results.
    it('a network that loses the responses of the database to a worker makes another worker run the job, and the first worker cannot publish', async () => {
      const { id, proceed } = await onIsland();
      await island!.database.lose('incoming');
      proceed();
      await expireLeases();
      signalWorker('SIGCONT');
      await completed(id);
      expect(await attempts(id)).toEqual(['lost', 'completed']);
      const final = await job(id);
      await island!.database.restore();
      expect(await endOf(id)).toMatch(/replaced|released/);
      expect(await job(id)).toEqual(final);
    }, 120_000);

    it.runIf(isLong)(
      `a network that loses requests of a worker to storage delays the output until storage responds${note}`,
      async () => {
        const { id, proceed } = await onIsland();
        await island!.storage.lose('outgoing');
        proceed();
        await until(() => encoding().length === 0, { what: 'the end of the encode', timeoutMs: 60_000 });
        await island!.storage.restore();
        await completed(id);
        expect(await attempts(id)).toEqual(['completed']);
      },
    );
  });

  it.runIf(isLong)(
    `a network that loses packets between an API and the database makes the API unready, and loses no accepted job${note}`,
    async () => {
      island = await openIsland(service, 'api');
      const there = patientClient(island, service.key, PATIENCE);
      const ready = async () => (await fetch(`${island!.api}/readyz`, { headers: HEADERS })).status;
      expect(await ready()).toBe(200);
      await island.database.lose('all');
      const accepted = there.create({ inputs: [{ url: fileUrl }], outputFormat: 'jpg' });
      await until(async () => (await ready()) === 503, { what: 'the API to be unready' });
      await island.database.restore();
      ids.push(await accepted);
      await until(async () => (await ready()) === 200, { what: 'the API to be ready', timeoutMs: 60_000 });
      await completed(ids.at(-1)!);
    },
  );

  it('lets every job complete once, and leaves nothing behind', async () => {
    await expectEachCompletedOnce(db, ids);
    await expectNoOrphans(db, service);
  });
};
