import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Client } from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { makeClip, upload } from '../../../testkit/media.ts';
import type { TestService } from '../../../testkit/service.ts';
import { openServiceDatabase } from '../../../testkit/service-database.ts';
import { until } from '../../../testkit/until.ts';
import { expectEachCompletedOnce, expectNoOrphans, type PatientClient, patientClient, untilFinal } from '../load.ts';

const ROLES = ['worker', 'api', 'gateway', 'postgres'] as const;
type Role = (typeof ROLES)[number];

export const killing = (given: () => Promise<TestService>) => () => {
  let service: TestService;
  let folder: string;
  let clients: PatientClient[];
  const sources: string[] = [];

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'airlock-chaos-'));
    service = await given();
    const other = await service.makeKey('--account', 'other');
    clients = [patientClient(service, service.key), patientClient(service, other.key)];
    const noise = ['-vf', 'noise=alls=30:allf=t', '-crf', '30'];
    const clip = await makeClip(join(folder, 'clip.mp4'), { seconds: 2, size: '160x90', args: noise });
    for (const { key } of clients) sources.push((await upload({ ...service, ...withKey(service, key) }, clip)).fileUrl);
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  const LOAD = [
    { outputFormat: 'mp4', options: [{ option: '-preset', argument: 'slow' }] },
    { outputFormat: 'wav' },
    { outputFormat: 'jpg' },
  ];

  /** Creates jobs in both accounts. Some jobs take seconds, and the others much less. */
  function create(bodies: object[]): Promise<string>[][] {
    return clients.map((client, index) =>
      bodies.map((body) => client.create({ inputs: [{ url: sources[index] }], ...body })),
    );
  }

  // Roles that are killed together. `killed-workers.ts` and `slow-sources.ts` kill a worker alone.
  const scenarios: Record<string, Role[]> = {
    PostgreSQL: ['postgres'],
    'all four at once': [...ROLES],
  };

  it.each(Object.keys(scenarios))('loses no accepted job and completes no job twice: %s', async (name) => {
    const roles = scenarios[name]!;
    const db = await openServiceDatabase(service);
    db.on('error', () => {});
    const early = create(LOAD);
    await until(async () => (await countProcessing(db)) > 0, { what: 'a running job' });
    const before = roles.flatMap((role) => service.pids(role));
    expect(before).toHaveLength(roles.length);
    const killedAt = Date.now();
    for (const pid of before) process.kill(pid, 'SIGKILL');
    // Creates further jobs while the processes are down.
    const late = create(LOAD.slice(0, 1));
    await until(() => roles.every((role) => isNew(service.pids(role), before)), { what: 'new processes' });
    const ids = await Promise.all(clients.map((_, index) => Promise.all([...early[index]!, ...late[index]!])));
    const statuses = await Promise.all(clients.map((client, index) => untilFinal(client, ids[index]!)));
    expect(new Set(statuses.flat())).toEqual(new Set(['completed']));

    const fresh = roles.includes('postgres') ? await openServiceDatabase(service) : db;
    expect(ids.flat()).toHaveLength(8);
    await expectEachCompletedOnce(fresh, ids.flat());
    await expectNoOrphans(fresh, service);
    const recovery = await recoveryOf(fresh, ids.flat(), new Date(killedAt));
    console.info(`${name}: ${JSON.stringify(recovery)}`);
    // The limit is far below the sum of all waits for lost heartbeats, but high enough for a busy machine.
    expect(recovery.firstEndMs).toBeLessThan(60_000);
    if (roles.includes('worker')) {
      expect(recovery.lost).toBeGreaterThan(0);
      expect(recovery.restartMs).toBeLessThan(60_000);
    }
    await fresh.end();
    if (fresh !== db) await db.end().catch(() => {});
  });

  it('does not prevent a repeated confirm of an upload whose first confirm was interrupted', async () => {
    const path = await makeClip(join(folder, 'confirm.mp4'));
    const size = (await stat(path)).size;
    const worker = service.pids('worker');
    process.kill(worker[0]!, 'SIGSTOP');
    const uploading = upload(service, path).catch(() => null);
    const db = await openServiceDatabase(service);
    const name = await until(
      async () => {
        const { rows } = await db.query(`SELECT id FROM uploads WHERE state = 'confirming'`);
        return rows[0]?.id;
      },
      { what: 'a confirm that waits for its inspection' },
    );
    process.kill(worker[0]!, 'SIGKILL');
    const began = Date.now();
    expect(await uploading).toMatchObject({ fileUrl: expect.stringContaining('gs://') });
    expect(Date.now() - began).toBeLessThan(60_000);
    const { rows } = await db.query('SELECT state, declared_size FROM uploads WHERE id = $1', [name]);
    expect(rows).toEqual([{ state: 'confirmed', declared_size: size }]);
    await db.end();
  });
};

function withKey(service: TestService, key: string): Pick<TestService, 'call'> {
  const patient = patientClient(service, key);
  return { call: (method, path, body, headers) => patient.call(method, path, body, headers) };
}

async function countProcessing(db: Client): Promise<number> {
  const { rows } = await db.query(`SELECT count(*)::int AS n FROM jobs WHERE status = 'processing'`);
  return rows[0].n;
}

/**
 * Returns the effects of the kill: the number of lost attempts, and the milliseconds until the last of them restarted and until the first
 * job ended.
 */
async function recoveryOf(db: Client, ids: string[], killedAt: Date) {
  const { rows } = await db.query(
    `SELECT
       (SELECT count(*)::int FROM attempts WHERE job_id = ANY($1) AND state = 'lost') AS lost,
       (SELECT max(next.started_at) FROM attempts lost JOIN attempts next USING (job_id)
          WHERE job_id = ANY($1) AND lost.state = 'lost' AND next.number = lost.number + 1) AS restart,
       (SELECT min(created_at) FROM events
          WHERE job_id = ANY($1) AND type = 'transcode.completed' AND created_at > $2) AS first_end`,
    [ids, killedAt],
  );
  const since = (at: Date | null) => (at === null ? null : at.getTime() - killedAt.getTime());
  const { lost, restart, first_end } = rows[0];
  return { lost, restartMs: since(restart), firstEndMs: since(first_end) };
}

function isNew(pids: number[], before: number[]): boolean {
  return pids.length === 1 && !before.includes(pids[0]!);
}
